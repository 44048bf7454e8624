import { DoorOpen } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import type { Appointment } from "../../api/types";
import { isBetween } from "../../appointments/list";
import { Sheet } from "../../components/Dialog";
import { buttonClass } from "../../components/buttonClass";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { usePerson } from "../../session/context";
import { useTimes } from "../../time/useTimes";
import { AppointmentMenu } from "../appointments/AppointmentMenu";
import { CancelDialog } from "../appointments/CancelDialog";

interface Props {
  appointment: Appointment | null;
  zone: string;
  now: Date;
  onClose: () => void;
}

/** One appointment, looked at from the calendar. */
export function AppointmentSheet({ appointment, zone, now, onClose }: Props) {
  const [asked, setAsked] = useState<Appointment | null>(null);
  return (
    <>
      <Sheet
        open={appointment !== null && asked === null}
        onOpenChange={(open) => !open && onClose()}
        title={appointment?.client.name ?? ""}
      >
        {appointment && (
          <Details appointment={appointment} zone={zone} now={now} onCancel={() => setAsked(appointment)} />
        )}
      </Sheet>
      <CancelDialog appointment={asked} onCancelling={() => undefined} onClose={() => setAsked(null)} />
    </>
  );
}

interface DetailsProps {
  appointment: Appointment;
  zone: string;
  now: Date;
  onCancel: () => void;
}

function Details({ appointment, zone, now, onCancel }: DetailsProps) {
  const text = useText();
  const times = useTimes();
  const person = usePerson();
  const { client, note, service_name: service, start, end, status } = appointment;
  const ahead = status === "booked" && new Date(end) > now;
  return (
    <div className="grid gap-5">
      <dl className="grid gap-4">
        <Fact name={text("appointment.when")}>
          {times.date(start, zone)}, {times.span(start, end, zone)}
        </Fact>
        <Fact name={text("appointment.service")}>{service}</Fact>
        <Fact name={text("appointment.state")}>{text(`appointment.state.${status}`)}</Fact>
        {note && (
          <Fact name={text("appointment.note", { name: client.name })}>
            <span className="whitespace-pre-wrap">{note}</span>
          </Fact>
        )}
      </dl>
      {ahead && (
        <div className="flex gap-2">
          {isBetween(appointment, person.id) && (
            <Link to={`/rooms/${appointment.id}`} className={classes(buttonClass("primary"), "flex-1")}>
              <DoorOpen aria-hidden className="size-4" />
              {text("day.room")}
            </Link>
          )}
          <AppointmentMenu appointment={appointment} now={now} onCancel={onCancel} />
        </div>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-sm text-muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
