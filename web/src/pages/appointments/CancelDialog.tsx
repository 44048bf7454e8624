import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ActionKeys } from "../../api/actions";
import type { Appointment } from "../../api/types";
import { otherOf, withChange } from "../../appointments/list";
import { appointmentsKey } from "../../appointments/useAppointments";
import { Button } from "../../components/Button";
import { ConfirmDialog } from "../../components/Dialog";
import { ErrorNote } from "../../components/ErrorNote";
import { useToast } from "../../components/Toaster";
import { useText } from "../../messages/useText";
import { useApi, usePerson } from "../../session/context";
import { useTimes } from "../../time/useTimes";

interface Props {
  /** The one that is asked about; null: nothing is asked. */
  appointment: Appointment | null;
  onCancelling: (id: string) => void;
  onClose: () => void;
}

/** Asks before an appointment is called off. */
export function CancelDialog({ appointment, onCancelling, onClose }: Props) {
  const text = useText();
  const times = useTimes();
  const person = usePerson();
  const { busy, error, cancel, forget } = useCancel(onCancelling, onClose);
  const close = () => {
    forget();
    onClose();
  };
  if (appointment === null) return null;
  const when = `${times.date(appointment.start)}, ${times.time(appointment.start)}`;
  const values = { service: appointment.service_name, name: otherOf(appointment, person.id).name, when };
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && !busy && close()}
      title={text("cancel.title")}
      description={text("cancel.body", values)}
      keep={<Button disabled={busy}>{text("cancel.keep")}</Button>}
      confirm={
        <Button tone="danger" busy={busy} onClick={() => void cancel(appointment)}>
          {text(busy ? "cancel.submitting" : "cancel.submit")}
        </Button>
      }
    >
      {error !== null && <ErrorNote error={error} className="mt-4" />}
    </ConfirmDialog>
  );
}

function useCancel(onCancelling: (id: string) => void, onDone: () => void) {
  const text = useText();
  const say = useToast();
  const api = useApi();
  const queries = useQueryClient();
  const keys = useMemo(() => new ActionKeys(), []);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function cancel({ id }: Appointment) {
    setBusy(true);
    setError(null);
    onCancelling(id);
    try {
      const path = `/appointments/${id}/cancel`;
      const cancelled = await keys.run("cancel", id, (key) => api.post<Appointment>(path, {}, { key }));
      queries.setQueriesData<Appointment[]>(
        { queryKey: appointmentsKey },
        (list) => list && withChange(list, cancelled),
      );
      say(text("cancel.done"));
      onDone();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setBusy(false);
    }
  }
  return { busy, error, cancel, forget: () => setError(null) };
}
