import type { Appointment } from "../../api/types";
import { AppointmentCard } from "./AppointmentCard";

interface Props {
  appointments: Appointment[];
  now: Date;
  onCancel: (appointment: Appointment) => void;
  /** The first one is next: it stands out. */
  highlight?: boolean;
}

export function AppointmentList({ appointments, now, onCancel, highlight = false }: Props) {
  return (
    <ul className="grid gap-3">
      {appointments.map((each, index) => (
        <AppointmentCard
          key={each.id}
          appointment={each}
          now={now}
          next={highlight && index === 0}
          onCancel={() => onCancel(each)}
        />
      ))}
    </ul>
  );
}
