import { Copy, DoorOpen } from "lucide-react";
import type { Appointment, CalendarRange, Named } from "../../api/types";
import { Link } from "react-router";
import { isBetween, isNow, opensAt } from "../../appointments/list";
import { Button } from "../../components/Button";
import { useToast } from "../../components/Toaster";
import { buttonClass } from "../../components/buttonClass";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { usePerson } from "../../session/context";
import { useTimes } from "../../time/useTimes";
import { dayOf } from "../../time/zones";

interface Props {
  practitioner: Named;
  zone: string;
  now: Date;
  /** The calendar from today on. */
  data: CalendarRange | undefined;
  onPick: (id: string) => void;
}

/** The day's queue: who comes when, who is next, and the way into each room. */
export function DayPanel({ practitioner, zone, now, data, onPick }: Props) {
  const text = useText();
  const times = useTimes();
  const today = dayOf(now, zone);
  const queue = (data?.appointments ?? []).filter(
    (each) => each.status !== "cancelled" && dayOf(each.start, zone) === today,
  );
  const holding = (data?.holds ?? []).filter((each) => new Date(each.expires_at) > now).length;
  const coming = (data?.appointments ?? []).filter((each) => each.status === "booked" && new Date(each.end) > now);
  const next = queue.find((each) => each === coming[0]);
  const later = next === undefined ? coming[0] : undefined;
  return (
    <aside
      aria-label={text("day.title")}
      className="flex min-h-0 flex-col rounded-2xl border border-line bg-raised max-lg:order-first"
    >
      <header className="px-5 pb-3 pt-4">
        <h2 className="text-lg font-semibold">{text("day.title")}</h2>
        <p className="text-[15px] text-muted">
          {times.date(now, zone)} · {text("day.count", { count: queue.length })}
        </p>
        <p role="status" className="empty:hidden">
          {holding > 0 && (
            <span className="mt-2 flex animate-fade items-center gap-2 text-sm text-clay-ink">
              <span aria-hidden className="size-2 animate-breathe rounded-full bg-clay" />
              {text("day.holding", { count: holding })}
            </span>
          )}
        </p>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto border-t border-line">
        <ul>
          {queue.map((each) => (
            <Row key={each.id} appointment={each} zone={zone} now={now} next={each === next} onPick={onPick} />
          ))}
        </ul>
        {queue.length > 0 && next === undefined && (
          <p className="px-5 py-4 text-[15px] text-muted">{text("day.over")}</p>
        )}
        {data && queue.length === 0 && <Nobody practitioner={practitioner} />}
        {later && (
          <section className="border-t border-line pt-4">
            <h3 className="px-5 text-sm font-medium text-muted">
              {text("day.upcoming")} · {times.shortDate(later.start, zone)}
            </h3>
            <ul>
              <Row appointment={later} zone={zone} now={now} next={false} onPick={onPick} />
            </ul>
          </section>
        )}
      </div>
    </aside>
  );
}

interface RowProps {
  appointment: Appointment;
  zone: string;
  now: Date;
  next: boolean;
  onPick: (id: string) => void;
}

function Row({ appointment, zone, now, next, onPick }: RowProps) {
  const text = useText();
  const times = useTimes();
  const person = usePerson();
  const time = times.time(appointment.start, zone);
  const { name } = appointment.client;
  const over = appointment.status !== "booked" || new Date(appointment.end) <= now;
  return (
    <li className={classes("animate-enter border-b border-line last:border-0", next && "bg-sage-soft", over && "text-muted")}>
      <button
        type="button"
        onClick={() => onPick(appointment.id)}
        className="flex min-h-14 w-full items-start gap-3 px-5 py-3 text-left hover:bg-sunken/60"
      >
        <span className="w-13 shrink-0 pt-px text-[15px] tabular-nums text-muted">{time}</span>
        <span className="min-w-0 flex-1">
          <span className="flex items-center gap-2">
            <span className={classes("min-w-0 truncate", !over && "font-medium")}>{name}</span>
            {next && (
              <span className="rounded-full bg-raised px-2 text-xs font-medium leading-5 text-sage-ink">
                {text(isNow(appointment, now) ? "day.now" : "day.next")}
              </span>
            )}
          </span>
          <span className="block text-sm text-muted">{appointment.service_name}</span>
        </span>
      </button>
      {next && isBetween(appointment, person.id) && (
        <div className="px-5 pb-4">
          <Link
            to={`/rooms/${appointment.id}`}
            aria-label={text("day.roomOf", { name, time })}
            className={classes(buttonClass(opensAt(appointment) <= now ? "primary" : "plain"), "w-full")}
          >
            <DoorOpen aria-hidden className="size-4" />
            {text("day.room")}
          </Link>
        </div>
      )}
    </li>
  );
}

function Nobody({ practitioner }: { practitioner: Named }) {
  const text = useText();
  const say = useToast();
  const address = `${location.origin}/practitioners/${practitioner.id}`;
  const clipboard = (navigator as { clipboard?: Clipboard }).clipboard;
  return (
    <div className="grid gap-3 px-5 py-5 text-[15px] text-muted">
      <p>{text("day.empty")}</p>
      {clipboard && (
        <Button
          icon={<Copy aria-hidden className="size-4" />}
          onClick={() => void clipboard.writeText(address).then(() => say(text("day.copied")))}
        >
          {text("day.copy")}
        </Button>
      )}
    </div>
  );
}
