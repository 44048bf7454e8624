import { addDays } from "../time/zones";

export type View = "week" | "day" | "list";

export const VIEWS = ["week", "day", "list"] as const;

/** Days that a view shows. `firstDay` of the week is ISO's: 1 is Monday. */
export function daysShown(view: View, day: string, firstDay: number): { first: string; count: number } {
  return view === "day" ? { first: day, count: 1 } : { first: weekStart(day, firstDay), count: 7 };
}

/** The day to show after one step on or back. */
export function stepped(view: View, day: string, by: 1 | -1): string {
  return addDays(day, by * (view === "day" ? 1 : 7));
}

/** The same or the last `firstDay` before. */
export function weekStart(day: string, firstDay: number): string {
  return addDays(day, -((weekdayOf(day) - firstDay + 7) % 7));
}

/** ISO: 1 is Monday. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
}

/** What to fetch for some days, wide enough for any zone: the next view's edges come with it. */
export function windowOf({ first, count }: { first: string; count: number }): { from: string; to: string } {
  return { from: `${addDays(first, -1)}T00:00:00Z`, to: `${addDays(first, count + 1)}T00:00:00Z` };
}

/** On which day this locale's weeks begin (ISO). Browsers that cannot tell get Monday. */
export function firstDayOf(locale: string): number {
  const info = new Intl.Locale(locale) as Intl.Locale & { getWeekInfo?: () => { firstDay: number } };
  return info.getWeekInfo?.().firstDay ?? 1;
}
