import { useEffect, useMemo, useSyncExternalStore } from "react";

import { useRealtime } from "../../realtime";
import { ChatSession, type ChatSnapshot } from "./ChatSession";

export interface Conversation extends ChatSnapshot {
  readonly session: ChatSession;
}

/** A room's chat, while mounted. */
export function useChat(room: string): Conversation {
  const client = useRealtime();
  const session = useMemo(
    () => new ChatSession({ room, rpc: (method, params) => client.rpc(method, params) }),
    [client, room],
  );
  useEffect(() => {
    session.outbox.start();
    return () => session.outbox.stop();
  }, [session]);
  const snapshot = useSyncExternalStore(session.watch, session.snapshot);
  return { ...snapshot, session };
}
