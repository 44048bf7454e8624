import type { Appointment, AppointmentStatus, Named } from "../api/types";

/**
 * How final a state is. My appointments are of many practitioners, each with a version of his own, so versions do not
 * order them; but an appointment only ever goes forward, and a push that would take it back is an old one.
 */
const FINALITY: Record<AppointmentStatus, number> = { held: 0, booked: 1, cancelled: 2, completed: 2 };

/** The list with a changed or new appointment in it, by start. What a push does not carry (the note) stays. */
export function withChange(list: readonly Appointment[], changed: Appointment): Appointment[] {
  const known = list.find((each) => each.id === changed.id);
  if (known !== undefined && FINALITY[changed.status] < FINALITY[known.status]) return [...list];
  const others = list.filter((each) => each.id !== changed.id);
  return [...others, { ...known, ...changed }].sort(byStart);
}

/** What lies ahead (the nearest first; a session that runs is ahead until it ends), and what is over or called off (the latest first). */
export function split(list: readonly Appointment[], now: Date): { upcoming: Appointment[]; past: Appointment[] } {
  const ahead = (each: Appointment) => each.status === "booked" && new Date(each.end) > now;
  return {
    upcoming: list.filter(ahead).sort(byStart),
    past: list.filter((each) => !ahead(each)).sort((one, other) => byStart(other, one)),
  };
}

function byStart(one: Appointment, other: Appointment): number {
  return Date.parse(one.start) - Date.parse(other.start) || one.id.localeCompare(other.id);
}

/** The other side, as this person sees it. Who runs the practice sees its clients. */
export function otherOf(appointment: Appointment, person: string): Named {
  return appointment.client.id === person ? appointment.practitioner : appointment.client;
}

/** Whether this person is one of the two whom it is between: only they have the way into its room. */
export function isBetween(appointment: Appointment, person: string): boolean {
  return appointment.client.id === person || appointment.practitioner.id === person;
}

/** The room opens this long before, where a push did not say when. */
const OPENS_BEFORE_MS = 15 * 60_000;

export function opensAt(appointment: Appointment): Date {
  const told = appointment.join_opens_at;
  return told ? new Date(told) : new Date(Date.parse(appointment.start) - OPENS_BEFORE_MS);
}

export function canCancel(appointment: Appointment, now: Date): boolean {
  return appointment.status === "booked" && new Date(appointment.start) > now;
}

/** Whether the session is under way. */
export function isNow(appointment: Appointment, now: Date): boolean {
  return appointment.status === "booked" && new Date(appointment.start) <= now && now < new Date(appointment.end);
}
