import { CalendarCheck, Clock, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { useText } from "../../messages/useText";
import { useTimes } from "../../time/useTimes";

interface Props {
  service: string;
  practitioner: string;
  start: string;
  end: string;
  /** The practitioner's zone. */
  zone: string;
  /** What else is worth saying about the service, such as its price. */
  price?: string;
}

/** What is being booked, in one look: what, with whom, when; on both clocks where they differ. */
export function Summary({ service, practitioner, start, end, zone, price }: Props) {
  const text = useText();
  const times = useTimes();
  const there = times.there(start, zone);
  return (
    <ul className="grid gap-2.5 rounded-card border border-line bg-raised p-4">
      <Line icon={<CalendarCheck className="size-5" />}>
        <span className="font-medium">{service}</span>
        {price && <span className="text-muted"> · {price}</span>}
      </Line>
      <Line icon={<Clock className="size-5" />}>
        <time dateTime={start}>
          {times.date(start)}, <span className="font-medium">{times.span(start, end)}</span>
        </time>
        {there && (
          <span className="block text-sm text-muted">
            {text("book.zone.there", { time: times.span(start, end, zone), city: there.city })}
          </span>
        )}
      </Line>
      <Line icon={<UserRound className="size-5" />}>{text("book.with", { name: practitioner })}</Line>
    </ul>
  );
}

function Line({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <li className="flex items-start gap-3">
      <span aria-hidden className="mt-0.5 shrink-0 text-sage-ink">
        {icon}
      </span>
      <span className="min-w-0">{children}</span>
    </li>
  );
}
