import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ActionKeys } from "../api/actions";
import type { ApiClient } from "../api/client";
import { ApiError } from "../api/errors";
import type { Appointment, Hold } from "../api/types";
import { useApi } from "../session/context";

export type Step =
  | { name: "choose" }
  | { name: "details"; hold: Hold }
  | { name: "confirmed"; appointment: Appointment };

interface Wanted {
  practitioner: string;
  service: string;
}

export interface Booking {
  step: Step;
  /** The start that is being held or booked. */
  busy: string | null;
  /** Why the last action was refused. */
  refusal: ApiError | null;
  hold: (start: string, wanted: Wanted) => Promise<void>;
  book: (note: string) => Promise<void>;
  /** Back to choosing; lets the held slot go. */
  release: () => void;
}

/** The three steps of a booking: choose a time, which is then held; give details; done. */
export function useBooking(): Booking {
  const api = useApi();
  const keys = useMemo(() => new ActionKeys(), []);
  const [step, setStep] = useState<Step>({ name: "choose" });
  const [busy, setBusy] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<ApiError | null>(null);
  useReleaseOnLeave(api, step);

  const run = useCallback(async (start: string, act: () => Promise<Step>) => {
    setBusy(start);
    setRefusal(null);
    try {
      setStep(await act());
    } catch (error) {
      setRefusal(error instanceof ApiError ? error : new ApiError({ status: 0, code: "unknown", detail: "" }));
    } finally {
      setBusy(null);
    }
  }, []);

  const hold = useCallback(
    (start: string, wanted: Wanted) =>
      run(start, async () => ({ name: "details", hold: await holdSlot(api, keys, start, wanted) })),
    [api, keys, run],
  );

  const book = useCallback(
    async (note: string) => {
      if (step.name !== "details") return;
      const body = { hold_id: step.hold.id, note };
      await run(step.hold.start, async () => {
        const appointment = await keys.run("book", body, (key) => api.post<Appointment>("/appointments", body, { key }));
        return { name: "confirmed", appointment };
      });
    },
    [api, keys, run, step],
  );

  const release = useCallback(() => {
    if (step.name === "details") letGo(api, step.hold);
    setRefusal(null);
    setStep({ name: "choose" });
  }, [api, step]);

  return { step, busy, refusal, hold, book, release };
}

/** Holds a slot. One that this person holds already (in a tab that was closed) is let go and held anew, for its whole time. */
async function holdSlot(api: ApiClient, keys: ActionKeys, start: string, wanted: Wanted): Promise<Hold> {
  const body = { practitioner_id: wanted.practitioner, service_id: wanted.service, start };
  const ask = () => keys.run("hold", body, (key) => api.post<Hold>("/holds", body, { key }));
  try {
    return await ask();
  } catch (error) {
    const own = error instanceof ApiError ? error.fields.your_hold : undefined;
    if (typeof own !== "string") throw error;
    await api.delete(`/holds/${own}`);
    return ask();
  }
}

function letGo(api: ApiClient, hold: Hold): void {
  // A hold that cannot be let go (it ran out, or nothing answers) ends by itself.
  api.delete(`/holds/${hold.id}`, { keepalive: true }).catch(() => undefined);
}

/** Whoever walks away from the details gives the slot back to the others, instead of letting it stand for minutes. */
function useReleaseOnLeave(api: ApiClient, step: Step): void {
  const held = useRef<Hold | null>(null);
  useEffect(() => {
    held.current = step.name === "details" ? step.hold : null;
  }, [step]);
  useEffect(() => {
    const leave = () => {
      if (held.current !== null) letGo(api, held.current);
      held.current = null;
    };
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, [api]);
}
