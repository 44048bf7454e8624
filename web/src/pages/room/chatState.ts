/** A room's messages: by their sequence numbers, each once, however often and in whatever order they come. Pure. */

import type { Message } from "../../realtime/pushes";

export interface Chat {
  /** By `seq`, ascending. */
  readonly messages: readonly Message[];
  /** Everything up to this number is here: numbers count up by one from 1. */
  readonly complete: number;
}

export const NO_CHAT: Chat = { messages: [], complete: 0 };

/** Take messages in. The same object comes back when all were known. */
export function merge(chat: Chat, incoming: readonly Message[]): Chat {
  const bySeq = new Map(chat.messages.map((message) => [message.seq, message]));
  for (const message of incoming) if (!bySeq.has(message.seq)) bySeq.set(message.seq, message);
  if (bySeq.size === chat.messages.length) return chat;
  const messages = [...bySeq.values()].sort((one, other) => one.seq - other.seq);
  let { complete } = chat;
  for (const { seq } of messages) if (seq === complete + 1) complete = seq;
  return { messages, complete };
}

/** Whether a message is missing before the newest one: then the rest is to be fetched from `complete` on. */
export function hasGap({ messages, complete }: Chat): boolean {
  return (messages.at(-1)?.seq ?? 0) > complete;
}

/** Where the person's name stands above a message: not where he goes on speaking within a few minutes. */
export function startsGroup(message: Message, before: Message | undefined): boolean {
  if (before?.person !== message.person) return true;
  return Date.parse(message.at) - Date.parse(before.at) > GROUP_MS;
}

const GROUP_MS = 5 * 60_000;

/** The length of a text as the server counts it: in code points. */
export function lengthOf(text: string): number {
  return Array.from(text).length;
}
