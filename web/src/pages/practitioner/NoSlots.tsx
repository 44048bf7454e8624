import { useQuery } from "@tanstack/react-query";
import { CalendarSearch } from "lucide-react";
import type { Slots } from "../../api/types";
import { slotsKey } from "../../booking/useSlots";
import { Button } from "../../components/Button";
import { useText } from "../../messages/useText";
import { useApi } from "../../session/context";
import { useTimes } from "../../time/useTimes";
import { addDays, dayOf } from "../../time/zones";

/** As far as one question may look. */
const AHEAD = 31;

interface Props {
  practitioner: string;
  service: string;
  day: string;
  week: string[];
  onGo: (day: string) => void;
}

/** Nothing open on this day: says so, and finds the next day that has something. */
export function NoSlots({ practitioner, service, day, week, onGo }: Props) {
  const text = useText();
  const times = useTimes();
  const api = useApi();
  const from = addDays(day, 1);
  const ahead = useQuery({
    queryKey: [...slotsKey(practitioner), service, from, times.zone, "ahead"],
    queryFn: ({ signal }) => {
      const query = { service, from, days: AHEAD, time_zone: times.zone };
      return api.get<Slots>(`/practitioners/${practitioner}/slots`, { query, signal });
    },
  });
  const next = ahead.data?.slots.find((slot) => slot.state === "open");
  return (
    <div className="grid animate-fade justify-items-center gap-3 rounded-card border border-dashed border-line-strong/50 px-4 py-8 text-center">
      <CalendarSearch aria-hidden className="size-6 text-muted" />
      <p className="text-muted">{text("book.none.day", { day: times.day(day).full })}</p>
      {next !== undefined && (
        <Button onClick={() => onGo(dayOf(next.start, times.zone))}>
          {text("book.none.next", { when: times.shortDate(next.start) })}
        </Button>
      )}
      {ahead.isSuccess && next === undefined && (
        <Button onClick={() => onGo(addDays(week[0] ?? day, AHEAD))}>{text("book.none.later")}</Button>
      )}
    </div>
  );
}
