import type { Availability, AvailabilityRule } from "../api/types";

/** From and to, on the wall clock: `09:00`, `17:00`. An end of `24:00` is midnight. */
export interface Span {
  start: string;
  end: string;
}

/** A week of working hours: seven lists of spans, Monday first. */
export type Week = readonly (readonly Span[])[];

export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;

export function weekOf(rules: readonly AvailabilityRule[]): Week {
  return WEEKDAYS.map((weekday) =>
    rules
      .filter((rule) => rule.weekday === weekday)
      .map(({ start, end }) => ({ start, end }))
      .sort((one, other) => one.start.localeCompare(other.start)),
  );
}

export function rulesOf(week: Week): AvailabilityRule[] {
  return week.flatMap((spans, index) => spans.map((span) => ({ weekday: index + 1, ...span })));
}

/** The week with another day in it. */
export function withDay(week: Week, weekday: number, spans: readonly Span[]): Week {
  return week.map((each, index) => (index === weekday - 1 ? spans : each));
}

export type SpanProblem = "order" | "overlap" | "missing";

/** What does not work out, by day and span, in the order of the form. */
export function problemsOf(week: Week): Map<string, SpanProblem> {
  const problems = new Map<string, SpanProblem>();
  week.forEach((spans, day) => {
    spans.forEach((span, index) => {
      const problem = problemOf(span, spans.slice(0, index));
      if (problem !== null) problems.set(spanKey(day + 1, index), problem);
    });
  });
  return problems;
}

export function spanKey(weekday: number, index: number): string {
  return `${weekday}-${index}`;
}

function problemOf(span: Span, before: readonly Span[]): SpanProblem | null {
  if (span.start === "" || span.end === "") return "missing";
  if (span.start >= span.end) return "order";
  return before.some((other) => span.start < other.end && other.start < span.end) ? "overlap" : null;
}

/** The next span to offer on a day: after the last one, or the usual hours. */
export function nextSpan(spans: readonly Span[]): Span | null {
  const last = spans.at(-1);
  if (last === undefined) return { start: "09:00", end: "17:00" };
  const hour = Number(last.end.slice(0, 2)) + 1;
  return hour < 23 ? { start: `${pad(hour)}:00`, end: `${pad(Math.min(hour + 2, 24))}:00` } : null;
}

/** Days with the same hours, together: `[{days: [1,2,3,4,5], spans: [...]}, ...]`. Closed days are left out. */
export function grouped(week: Week): { days: number[]; spans: readonly Span[] }[] {
  const groups: { days: number[]; spans: readonly Span[] }[] = [];
  week.forEach((spans, index) => {
    if (spans.length === 0) return;
    const same = groups.at(-1);
    if (same?.days.at(-1) === index && JSON.stringify(same.spans) === JSON.stringify(spans)) same.days.push(index + 1);
    else groups.push({ days: [index + 1], spans });
  });
  return groups;
}

export function sameHours(one: Pick<Availability, "time_zone" | "rules">, other: typeof one): boolean {
  const plain = (each: typeof one) => JSON.stringify([each.time_zone, weekOf(each.rules)]);
  return plain(one) === plain(other);
}

/** The hours that a day's column shows: work, what is booked, and a little around, never less than 8 to 18. */
export function hoursShown(rules: readonly AvailabilityRule[], booked: readonly Span[]): { from: string; to: string } {
  const all = [...rules, ...booked];
  const from = Math.min(8, ...all.map((span) => Number(span.start.slice(0, 2))));
  const to = Math.max(18, ...all.map((span) => Math.ceil(minutesOf(span.end) / 60)));
  return { from: `${pad(from)}:00:00`, to: `${pad(Math.min(to, 24))}:00:00` };
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

function pad(hour: number): string {
  return String(hour).padStart(2, "0");
}
