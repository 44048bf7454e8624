import { useIntl } from "react-intl";

import { useNow } from "../../time/useNow";

/** Milliseconds until an instant, by a clock that is `ahead` of this device's; renewed every second, never below 0. */
export function useRemaining(until: string, ahead: number): number {
  const now = useNow(1000);
  return Math.max(0, Date.parse(until) - (now.getTime() + ahead));
}

/** A span as people say it: `2 hr, 5 min` far away, `4:09` close by. */
export function useSpanText(): (ms: number) => string {
  const intl = useIntl();
  return (ms) => {
    const seconds = Math.ceil(ms / 1000);
    const unit = (value: number, unit: "day" | "hour" | "minute") =>
      intl.formatNumber(value, { style: "unit", unit, unitDisplay: "long" });
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
    const hours = Math.floor(minutes / 60);
    const parts =
      hours < 24 ? [unit(hours, "hour"), unit(minutes % 60, "minute")] : [unit(Math.floor(hours / 24), "day"), unit(hours % 24, "hour")];
    return intl.formatList(parts, { type: "unit" });
  };
}
