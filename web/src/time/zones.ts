/** Days and zones. An instant is RFC 3339 text or a Date; a day is `YYYY-MM-DD` in some zone. */

export type Instant = string | Date;

export function dateOf(instant: Instant): Date {
  return typeof instant === "string" ? new Date(instant) : instant;
}

/** The device's own zone. */
export function deviceZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** A zone that this browser knows: the wanted one, or the device's where it does not know it. */
export function knownZone(wanted: string | null | undefined): string {
  if (!wanted) return deviceZone();
  try {
    return new Intl.DateTimeFormat("en", { timeZone: wanted }).resolvedOptions().timeZone;
  } catch {
    return deviceZone();
  }
}

const dayFormats = new Map<string, Intl.DateTimeFormat>();

/** The day of an instant in a zone: `2025-11-24`. */
export function dayOf(instant: Instant, zone: string): string {
  let format = dayFormats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
    dayFormats.set(zone, format);
  }
  return format.format(dateOf(instant));
}

/** The day `count` days later. Pure calendar: no zone, no clock change can shift it. */
export function addDays(day: string, count: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/** `count` days from `first` on. */
export function daysFrom(first: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => addDays(first, index));
}

/** An instant in the middle of a day as UTC has it: to format a day with `timeZone: "UTC"`. */
export function noonOf(day: string): Date {
  return new Date(`${day}T12:00:00Z`);
}

/** Minutes that a zone is ahead of UTC at an instant. */
export function offsetAt(instant: Instant, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  }).formatToParts(dateOf(instant));
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const wall = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"));
  return Math.round((wall - dateOf(instant).getTime()) / 60_000);
}

/** Whether the clocks of two zones show different times at an instant. Names alone do not tell. */
export function zonesDiffer(instant: Instant, one: string, other: string): boolean {
  return one !== other && offsetAt(instant, one) !== offsetAt(instant, other);
}

/** What people call a zone: its city. `America/Argentina/Buenos_Aires` is Buenos Aires. */
export function cityOf(zone: string): string {
  return (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
}
