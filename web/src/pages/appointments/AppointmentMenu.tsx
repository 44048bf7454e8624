import { CalendarX, Copy, Ellipsis } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { Appointment } from "../../api/types";
import { itemClass, menuClass } from "../../app/menu";
import { canCancel, isBetween, otherOf } from "../../appointments/list";
import { useJoinLink } from "../../booking/useJoinLink";
import { CopyField } from "../../components/CopyField";
import { Dialog } from "../../components/Dialog";
import { useToast } from "../../components/Toaster";
import { buttonClass } from "../../components/buttonClass";
import { classes } from "../../components/classes";
import { useErrorText } from "../../messages/useErrorText";
import { useText } from "../../messages/useText";
import { usePerson } from "../../session/context";
import { useTimes } from "../../time/useTimes";

interface Props {
  appointment: Appointment;
  now: Date;
  onCancel: () => void;
}

/** What else this person can do with an appointment, if there is anything. */
export function AppointmentMenu({ appointment, now, onCancel }: Props) {
  const text = useText();
  const times = useTimes();
  const person = usePerson();
  const link = useCopying(appointment);
  const mine = appointment.client.id === person.id;
  const other = otherOf(appointment, person.id);
  const linked = isBetween(appointment, person.id);
  const cancellable = canCancel(appointment, now);
  const when = `${times.shortDate(appointment.start)}, ${times.time(appointment.start)}`;
  if (!linked && !cancellable) return null;
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger
          className={buttonClass("plain", "icon")}
          aria-label={text("appointments.more", { service: appointment.service_name, name: other.name, when })}
        >
          <Ellipsis aria-hidden className="size-5" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content align="end" sideOffset={6} className={menuClass}>
            {linked && (
              <DropdownMenu.Item className={itemClass} onSelect={link.copy}>
                <Copy aria-hidden className="size-4 text-muted" />
                {mine ? text("appointments.copy") : text("appointments.copyFor", { name: other.name })}
              </DropdownMenu.Item>
            )}
            {cancellable && (
              <DropdownMenu.Item className={classes(itemClass, "text-red")} onSelect={onCancel}>
                <CalendarX aria-hidden className="size-4" />
                {text("appointments.cancel")}
              </DropdownMenu.Item>
            )}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {link.byHand}
    </>
  );
}

function useCopying(appointment: Appointment) {
  const text = useText();
  const say = useToast();
  const errorText = useErrorText();
  const link = useJoinLink(appointment.id);
  const copy = () => {
    void link.copy().then((outcome) => {
      if (outcome.state === "copied") say(text("appointments.copied"));
      if (outcome.state === "failed") say(errorText(outcome.error), "note");
    });
  };
  const byHand = link.byHand !== null && (
    <Dialog open onOpenChange={link.reset} title={text("book.done.linkField")}>
      <CopyField label={text("book.done.linkHelp")} value={link.byHand} />
    </Dialog>
  );
  return { copy, byHand };
}
