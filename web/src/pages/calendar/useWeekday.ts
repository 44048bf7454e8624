import { useCallback } from "react";
import { useIntl } from "react-intl";

/** Names of weekdays (ISO: 1 is Monday) in the reader's language. */
export function useWeekday(): (weekday: number, width?: "long" | "short") => string {
  const { locale } = useIntl();
  return useCallback(
    (weekday, width = "long") =>
      // 1 January 2024 was a Monday.
      new Intl.DateTimeFormat(locale, { weekday: width, timeZone: "UTC" }).format(Date.UTC(2024, 0, weekday, 12)),
    [locale],
  );
}
