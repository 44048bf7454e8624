import type { Appointment } from "../../api/types";
import { isNow, opensAt } from "../../appointments/list";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { useTimes } from "../../time/useTimes";

interface Props {
  appointment: Appointment;
  now: Date;
  next: boolean;
}

/** How an appointment stands, in a word or two. */
export function Standing({ appointment, now, next }: Props) {
  const text = useText();
  const times = useTimes();
  const { status } = appointment;
  if (status === "cancelled") return <Tag tone="bg-red-soft text-red">{text("appointments.cancelled")}</Tag>;
  if (isNow(appointment, now)) return <Tag tone="bg-clay-soft text-clay-ink">{text("appointments.now")}</Tag>;
  if (status !== "booked" || new Date(appointment.end) <= now) {
    return <Tag tone="bg-sunken text-muted">{text("appointments.completed")}</Tag>;
  }
  if (!next) return null;
  const opens = opensAt(appointment);
  const today = opens.getTime() - now.getTime() < 12 * 3_600_000;
  const words = opens > now && today ? text("appointments.opens", { time: times.time(opens) }) : text("appointments.next");
  return <Tag tone="bg-raised text-sage-ink">{words}</Tag>;
}

function Tag({ tone, children }: { tone: string; children: string }) {
  return <span className={classes("rounded-full px-2.5 py-0.5 text-sm font-medium", tone)}>{children}</span>;
}
