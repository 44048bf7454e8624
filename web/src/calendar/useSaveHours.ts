import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../api/errors";
import type { Availability } from "../api/types";
import { useApi } from "../session/context";
import { availabilityKey } from "./useAvailability";

export type Saving =
  | { state: "idle" }
  | { state: "busy" }
  | { state: "failed"; error: unknown }
  /** Somebody else saved in between: these are his hours. */
  | { state: "conflict"; theirs: Availability };

/** Saves weekly hours. Nobody's are overwritten unseen: a conflict brings the other's, and the person decides. */
export function useSaveHours(practitioner: string) {
  const api = useApi();
  const queries = useQueryClient();
  const [saving, setSaving] = useState<Saving>({ state: "idle" });
  const path = `/practitioners/${practitioner}/availability`;
  const keep = (hours: Availability) => queries.setQueryData(availabilityKey(practitioner), hours);

  async function attempt(hours: Availability): Promise<Saving> {
    try {
      keep(await api.put<Availability>(path, hours));
      return { state: "idle" };
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== "version-conflict") return { state: "failed", error };
    }
    try {
      const theirs = await api.get<Availability>(path);
      keep(theirs);
      return { state: "conflict", theirs };
    } catch (error) {
      return { state: "failed", error };
    }
  }

  /** `true` once they are saved. */
  async function save(hours: Availability): Promise<boolean> {
    setSaving({ state: "busy" });
    const outcome = await attempt(hours);
    setSaving(outcome);
    return outcome.state === "idle";
  }
  return { saving, save, reset: () => setSaving({ state: "idle" }) };
}
