/** What the REST API says and hears, as `/api/v1/openapi.json` describes it. Ids are UUIDs, times RFC 3339. */

export type Role = "client" | "practitioner" | "assistant" | "owner" | "platform_admin" | "guest";

export interface Named {
  id: string;
  name: string;
}

export interface Organisation extends Named {
  time_zone: string;
}

export interface Person extends Named {
  email: string;
  locale: string;
  time_zone: string;
  roles: Role[];
  organisation: Organisation;
}

/** An access token, and the second from which it is none. */
export interface Grant {
  access_token: string;
  expires_at: string;
}

export interface SignedIn extends Grant {
  person: Person;
}

export interface GuestGrant extends Grant {
  room: string;
  person: Named;
  appointment: { id: string; start: string; end: string; service_name: string; practitioner: Named };
}

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export interface Price {
  /** In minor units of `currency`. */
  amount: number;
  currency: string;
}

export interface Service extends Named {
  description: string;
  duration_minutes: number;
  price: Price;
}

export interface Practitioner extends Named {
  title: string;
  bio: string;
  specialities: string[];
  languages: string[];
  time_zone: string;
  next_open: string | null;
}

export interface PractitionerDetail extends Practitioner {
  services: Service[];
}

export interface Slot {
  start: string;
  end: string;
  state: "open" | "held";
}

export interface Slots {
  practitioner_id: string;
  service_id: string;
  time_zone: string;
  version: number;
  slots: Slot[];
}

export interface Hold {
  id: string;
  practitioner_id: string;
  service_id: string;
  start: string;
  end: string;
  expires_at: string;
}

export type AppointmentStatus = "held" | "booked" | "cancelled" | "completed";

/** The appointment as pushes carry it; the API adds the note and when the room opens. */
export interface Appointment {
  id: string;
  status: AppointmentStatus;
  start: string;
  end: string;
  service_id: string;
  service_name: string;
  practitioner: Named;
  client: Named;
  time_zone: string;
  note?: string | null;
  join_opens_at?: string | null;
}

export interface JoinLink {
  url: string;
  expires_at: string;
}

export interface CalendarHold {
  id: string;
  start: string;
  end: string;
  expires_at: string;
}

export interface CalendarRange {
  version: number;
  appointments: Appointment[];
  holds: CalendarHold[];
}

/** `weekday` is ISO's: 1 is Monday. `start` and `end` are wall-clock times in the availability's zone. */
export interface AvailabilityRule {
  weekday: number;
  start: string;
  end: string;
}

export interface Availability {
  time_zone: string;
  version: number;
  rules: AvailabilityRule[];
}
