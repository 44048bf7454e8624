import { useCallback, useMemo, useState } from "react";
import { ActionKeys } from "../api/actions";
import type { JoinLink } from "../api/types";
import { useApi } from "../session/context";

type Outcome =
  | { state: "idle" }
  | { state: "busy" }
  | { state: "copied" }
  /** The browser does not let us: the link is to be copied by hand. */
  | { state: "shown"; url: string }
  | { state: "failed"; error: unknown };

/** Makes an appointment's join link and puts it on the clipboard. */
export function useJoinLink(appointment: string) {
  const api = useApi();
  const keys = useMemo(() => new ActionKeys(), []);
  const [outcome, setOutcome] = useState<Outcome>({ state: "idle" });
  const make = useCallback(async (): Promise<Outcome> => {
    const path = `/appointments/${appointment}/join-link`;
    try {
      const { url } = await keys.run("link", path, (key) => api.post<JoinLink>(path, undefined, { key }));
      return (await intoClipboard(url)) ? { state: "copied" } : { state: "shown", url };
    } catch (error) {
      return { state: "failed", error };
    }
  }, [api, appointment, keys]);
  const copy = useCallback(async () => {
    setOutcome({ state: "busy" });
    const now = await make();
    setOutcome(now);
    return now;
  }, [make]);
  const reset = useCallback(() => setOutcome({ state: "idle" }), []);
  return { outcome, copy, reset, byHand: outcome.state === "shown" ? outcome.url : null };
}

async function intoClipboard(text: string): Promise<boolean> {
  // Missing where the page is no secure context, such as an address of the local network.
  const clipboard = (navigator as { clipboard?: Clipboard }).clipboard;
  try {
    await clipboard?.writeText(text);
    return clipboard !== undefined;
  } catch {
    return false;
  }
}
