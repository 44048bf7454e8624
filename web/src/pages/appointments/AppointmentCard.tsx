import { DoorOpen } from "lucide-react";
import { Link } from "react-router";
import type { Appointment } from "../../api/types";
import { isNow, opensAt, otherOf } from "../../appointments/list";
import { Avatar } from "../../components/Avatar";
import { buttonClass } from "../../components/buttonClass";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { usePerson } from "../../session/context";
import { useTimes } from "../../time/useTimes";
import { AppointmentMenu } from "./AppointmentMenu";
import { Standing } from "./Standing";

interface Props {
  appointment: Appointment;
  now: Date;
  next: boolean;
  onCancel: () => void;
}

/** One appointment: when, what, with whom, and the way in. */
export function AppointmentCard({ appointment, now, next, onCancel }: Props) {
  const text = useText();
  const times = useTimes();
  const person = usePerson();
  const other = otherOf(appointment, person.id);
  const there = times.there(appointment.start, appointment.time_zone);
  const ahead = appointment.status === "booked" && new Date(appointment.end) > now;
  return (
    <li
      className={classes(
        "grid animate-enter gap-4 rounded-2xl border p-4 sm:flex sm:items-center sm:p-5",
        next ? "border-sage bg-sage-soft" : "border-line bg-raised",
        !ahead && "text-muted",
      )}
    >
      <div className="flex min-w-0 flex-1 items-start gap-4">
        <Avatar name={other.name} className={classes("max-[23rem]:hidden", next && "!bg-raised")} />
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <time dateTime={appointment.start} className={classes("font-semibold", !ahead && "font-medium")}>
              {times.nearDate(appointment.start, now)}, {times.span(appointment.start, appointment.end)}
            </time>
            <Standing appointment={appointment} now={now} next={next} />
          </p>
          {there && <p className="text-sm text-muted">{text("book.zone.there", { ...there })}</p>}
          <p className="text-[15px]">{text("appointments.with", { service: appointment.service_name, name: other.name })}</p>
          {appointment.note && <p className="mt-1 line-clamp-2 text-sm text-muted">“{appointment.note}”</p>}
        </div>
      </div>
      {ahead && <Actions appointment={appointment} now={now} next={next} onCancel={onCancel} />}
    </li>
  );
}

function Actions({ appointment, now, next, onCancel }: Props) {
  const text = useText();
  const times = useTimes();
  const person = usePerson();
  const open = opensAt(appointment) <= now;
  const values = {
    service: appointment.service_name,
    name: otherOf(appointment, person.id).name,
    when: `${times.shortDate(appointment.start)}, ${times.time(appointment.start)}`,
  };
  const label = text(open ? "appointments.joinOf" : "appointments.roomOf", values);
  return (
    <div className="flex items-center gap-2">
      <Link
        to={`/rooms/${appointment.id}`}
        aria-label={label}
        className={classes(
          buttonClass(open && (next || isNow(appointment, now)) ? "primary" : "plain"),
          "flex-1 sm:flex-none",
        )}
      >
        <DoorOpen aria-hidden className="size-4" />
        {text(open ? "appointments.join" : "appointments.room")}
      </Link>
      <AppointmentMenu appointment={appointment} now={now} onCancel={onCancel} />
    </div>
  );
}
