import { useState } from "react";

import type { Chat } from "./chatState";

/** How many messages of others came since the chat was last open. What was there at first counts as read. */
export function useUnread({ messages, complete }: Chat, loaded: boolean, open: boolean, me: string): number {
  const [read, setRead] = useState<number | null>(null);
  const seen = open || read === null;
  if (loaded && seen && read !== complete) setRead(complete);
  if (read === null || open) return 0;
  return messages.filter(({ seq, person }) => seq > read && person !== me).length;
}
