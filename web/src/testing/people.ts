import type { Appointment, Person, PractitionerDetail, SignedIn, Slot } from "../api/types";

/** For tests: the people and things that they are about. */

export const HOUSE = { id: "0a5e0000-0000-4000-8000-000000000001", name: "Stillwater Wellness", time_zone: "Europe/London" };

export const ANA: Person = {
  id: "a0000000-0000-4000-8000-000000000001",
  name: "Ana Lindqvist",
  email: "ana@demo.example",
  locale: "en-GB",
  time_zone: "Europe/Stockholm",
  roles: ["client"],
  organisation: HOUSE,
};

export const RAVI: Person = {
  ...ANA,
  id: "b0000000-0000-4000-8000-000000000002",
  name: "Dr. Ravi Menon",
  email: "ravi@demo.example",
  time_zone: "Europe/London",
  roles: ["practitioner"],
};

export const OLGA: Person = { ...RAVI, id: "c0000000-0000-4000-8000-000000000003", name: "Olga Castellanos", roles: ["owner"] };

export function grantFor(person: Person, token = "token-1"): SignedIn {
  return { access_token: token, expires_at: new Date(Date.now() + 300_000).toISOString(), person };
}

export const SERVICE = "50000000-0000-4000-8000-000000000005";

export const PROFILE: PractitionerDetail = {
  id: RAVI.id,
  name: RAVI.name,
  title: "Clinical psychologist",
  bio: "Twelve years with people who sleep badly.",
  specialities: ["Sleep"],
  languages: ["en", "ml"],
  time_zone: "Europe/London",
  next_open: null,
  services: [
    { id: SERVICE, name: "First conversation", description: "", duration_minutes: 30, price: { amount: 0, currency: "GBP" } },
    { id: "50000000-0000-4000-8000-000000000006", name: "Therapy", description: "", duration_minutes: 50, price: { amount: 8500, currency: "GBP" } },
  ],
};

/** The appointment as a push carries it. */
export function pushed(full: Appointment): Appointment {
  const copy = { ...full };
  delete copy.note;
  delete copy.join_opens_at;
  return copy;
}

/** A slot of half an hour. */
export function slot(start: string, state: Slot["state"] = "open"): Slot {
  return { start, end: new Date(Date.parse(start) + 1_800_000).toISOString(), state };
}

export function appointment(id: string, start: string, more: Partial<Appointment> = {}): Appointment {
  return {
    id,
    status: "booked",
    start,
    end: new Date(Date.parse(start) + 1_800_000).toISOString(),
    service_id: SERVICE,
    service_name: "First conversation",
    practitioner: { id: RAVI.id, name: RAVI.name },
    client: { id: ANA.id, name: ANA.name },
    time_zone: "Europe/London",
    note: "",
    ...more,
  };
}
