import type { EventInput } from "@fullcalendar/react";
import type { Appointment, AvailabilityRule, CalendarRange } from "../api/types";
import type { Span } from "./hours";

/** How something in the calendar looks. */
export type Kind = "booked" | "over" | "held";

/** What the calendar shows: appointments that stand or took place, and what is being booked right now. */
export function eventsOf(view: CalendarRange | undefined, now: Date, heldTitle: string): EventInput[] {
  if (view === undefined) return [];
  const appointments = view.appointments
    .filter((each) => each.status !== "cancelled")
    .map((each) => eventOf(each, new Date(each.end) > now && each.status === "booked" ? "booked" : "over"));
  const holds = view.holds
    .filter((hold) => new Date(hold.expires_at) > now)
    .map((hold): EventInput => ({ ...inputOf(hold, "held", ""), id: `hold ${hold.id}`, title: heldTitle, interactive: false }));
  return [...appointments, ...holds];
}

function eventOf(appointment: Appointment, kind: Kind): EventInput {
  const { id, client, service_name: service } = appointment;
  return { ...inputOf(appointment, kind, service), id, title: client.name, interactive: true };
}

/** What the calendar's own rendering of an event needs to know. Times are as the API tells them. */
export interface Shown {
  kind: Kind;
  service: string;
  from: string;
  to: string;
}

function inputOf({ start, end }: { start: string; end: string }, kind: Kind, service: string): EventInput {
  const extendedProps: Shown = { kind, service, from: start, to: end };
  return { start: new Date(start).toISOString(), end: new Date(end).toISOString(), extendedProps };
}

/** Working hours as FullCalendar takes them: its weekdays begin at Sunday, 0. */
export function businessHoursOf(rules: readonly AvailabilityRule[]) {
  return rules.map(({ weekday, start, end }) => ({ daysOfWeek: [weekday % 7], startTime: start, endTime: end }));
}

/** The wall-clock span of each appointment in a zone, to fit the shown hours around it. */
export function spansOf(view: CalendarRange | undefined, zone: string): Span[] {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return (view?.appointments ?? [])
    .filter((each) => each.status !== "cancelled")
    .map((each) => ({ start: clock.format(new Date(each.start)), end: clock.format(new Date(each.end)) }))
    .map(({ start, end }) => ({ start, end: end <= start ? "24:00" : end }));
}
