import { useMemo } from "react";
import { useIntl } from "react-intl";
import { useSession } from "../session/context";
import { type Instant, cityOf, dateOf, dayOf, knownZone, noonOf, zonesDiffer } from "./zones";

/** Times as this person reads them: in his own zone, by his locale. */
export interface Times {
  zone: string;
  /** `09:30`, or `9:30 AM` where that is how times are written. */
  time(instant: Instant, zone?: string): string;
  /** `10:30 – 11:00`. */
  span(start: Instant, end: Instant, zone?: string): string;
  /** `Monday 24 November`. */
  date(instant: Instant, zone?: string): string;
  /** `Mon 24 Nov`. */
  shortDate(instant: Instant, zone?: string): string;
  /** The parts of a day (`YYYY-MM-DD`) in a strip: `Mon`, `24`, `Monday 24 November`. */
  day(day: string): { weekday: string; number: string; month: string; full: string };
  /** `Today`, `Tomorrow`, or the date. */
  nearDate(instant: Instant, now: Date): string;
  /** `11:30 in London` where the other side's clock shows something else, or null. */
  there(instant: Instant, zone: string): { time: string; city: string } | null;
}

export function useTimes(): Times {
  const intl = useIntl();
  const { session } = useSession();
  const own = session.state === "signed-in" ? session.person.time_zone : null;
  return useMemo(() => {
    const zone = knownZone(own);
    const format = (instant: Instant, options: Intl.DateTimeFormatOptions, where = zone) =>
      new Intl.DateTimeFormat(intl.locale, { timeZone: where, ...options }).format(dateOf(instant));
    const date = (instant: Instant, where = zone) =>
      format(instant, { weekday: "long", day: "numeric", month: "long" }, where);
    return {
      zone,
      time: (instant, where) => format(instant, CLOCK, where),
      span: (start, end, where = zone) =>
        new Intl.DateTimeFormat(intl.locale, { timeZone: where, ...CLOCK }).formatRange(dateOf(start), dateOf(end)),
      date,
      shortDate: (instant, where) => format(instant, { weekday: "short", day: "numeric", month: "short" }, where),
      day: (day) => ({
        weekday: format(noonOf(day), { weekday: "short" }, "UTC"),
        number: format(noonOf(day), { day: "numeric" }, "UTC"),
        month: format(noonOf(day), { month: "long", year: "numeric" }, "UTC"),
        full: date(noonOf(day), "UTC"),
      }),
      nearDate(instant, now) {
        const ahead = (Date.parse(dayOf(instant, zone)) - Date.parse(dayOf(now, zone))) / 86_400_000;
        if (ahead !== 0 && ahead !== 1) return date(instant);
        const word = new Intl.RelativeTimeFormat(intl.locale, { numeric: "auto" }).format(ahead, "day");
        return word.charAt(0).toLocaleUpperCase(intl.locale) + word.slice(1);
      },
      there: (instant, other) => {
        const where = knownZone(other);
        if (!zonesDiffer(instant, zone, where)) return null;
        return { time: format(instant, CLOCK, where), city: cityOf(where) };
      },
    } satisfies Times;
  }, [intl.locale, own]);
}

const CLOCK = { timeStyle: "short" } as const;
