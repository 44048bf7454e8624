import type { Appointment, CalendarHold, CalendarRange } from "../api/types";
import type { AppointmentChanged, CalendarChanged } from "../realtime/pushes";

export type CalendarPush = AppointmentChanged | CalendarChanged;

/** A stretch of a calendar after a push. What it knew already changes nothing, so pushes may come twice or late. */
export function applyPush(view: CalendarRange, push: CalendarPush): CalendarRange {
  return push.type === "appointment.changed" ? withAppointment(view, push) : withHold(view, push);
}

/** After several pushes, in their order: those that came while the stretch was being fetched. */
export function replayPushes(view: CalendarRange, pushes: readonly CalendarPush[]): CalendarRange {
  return [...pushes].sort((one, other) => one.version - other.version).reduce(applyPush, view);
}

/** An equal version may still be news: an appointment that took place counts nothing up. */
function withAppointment(view: CalendarRange, { version, appointment }: AppointmentChanged): CalendarRange {
  if (version < view.version) return view;
  const known = view.appointments.find((each) => each.id === appointment.id);
  const others = view.appointments.filter((each) => each.id !== appointment.id);
  return {
    version,
    appointments: [...others, { ...known, ...appointment }].sort(byStart),
    // A hold that was booked is this appointment now, with the same id; a pushed hold has none, but its time.
    holds: view.holds.filter((hold) => hold.id !== appointment.id && !sameTime(hold, appointment)),
  };
}

function withHold(view: CalendarRange, { version, state, start, end, until }: CalendarChanged): CalendarRange {
  if (version <= view.version) return view;
  if (start === null || end === null) return { ...view, version };
  const others = view.holds.filter((hold) => !sameTime(hold, { start, end }));
  if (state !== "held") return { ...view, version, holds: others };
  return { ...view, version, holds: [...others, { id: `${start} ${end}`, start, end, expires_at: until ?? end }] };
}

function sameTime(one: CalendarHold, other: { start: string; end: string }): boolean {
  return Date.parse(one.start) === Date.parse(other.start) && Date.parse(one.end) === Date.parse(other.end);
}

function byStart(one: Appointment, other: Appointment): number {
  return Date.parse(one.start) - Date.parse(other.start);
}
