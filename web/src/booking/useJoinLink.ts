import { useCallback, useMemo, useState } from "react";
import { ActionKeys } from "../api/actions";
import type { JoinLink } from "../api/types";
import { useApi } from "../session/context";

export interface Copy {
  busy: boolean;
  copied: boolean;
  /** The link, to copy by hand where the browser does not let us. */
  byHand: string | null;
  error: unknown;
  copy: () => Promise<boolean>;
}

/** Makes an appointment's join link and copies it. `true` if it is on the clipboard. */
export function useJoinLink(appointment: string): Copy {
  const api = useApi();
  const keys = useMemo(() => new ActionKeys(), []);
  const [state, setState] = useState<Omit<Copy, "copy">>(IDLE);
  const copy = useCallback(async () => {
    setState({ ...IDLE, busy: true });
    try {
      const path = `/appointments/${appointment}/join-link`;
      const { url } = await keys.run("link", path, (key) => api.post<JoinLink>(path, undefined, { key }));
      const copied = await intoClipboard(url);
      setState({ ...IDLE, copied, byHand: copied ? null : url });
      return copied;
    } catch (error) {
      setState({ ...IDLE, error });
      return false;
    }
  }, [api, appointment, keys]);
  return { ...state, copy };
}

const IDLE = { busy: false, copied: false, byHand: null, error: null };

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
