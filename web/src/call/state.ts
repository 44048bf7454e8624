/** Which state of a call counts, and what has to be done about it. Pure. */

import type { CallChanged, Caller, PublishedTrack } from "../realtime/pushes";

/** The states seen so far: the newest, and the epochs that are over. */
export interface Seen {
  readonly current: CallChanged | null;
  readonly past: ReadonlySet<string>;
}

export const NOTHING_SEEN: Seen = { current: null, past: new Set() };

/** Take a state in. The same object comes back when it is older than what is known. */
export function see(seen: Seen, state: CallChanged): Seen {
  const { current, past } = seen;
  if (past.has(state.epoch)) return seen;
  if (current === null) return { current: state, past };
  if (current.epoch !== state.epoch) {
    return { current: state, past: new Set([...past, current.epoch]) };
  }
  return state.version > current.version ? { current: state, past } : seen;
}

/** A track to receive, and whose it is. */
export interface Wanted {
  readonly caller: Caller;
  readonly producer: PublishedTrack;
}

export interface Plan {
  readonly consume: readonly Wanted[];
  /** Producers that are no more, of which something is still received. */
  readonly close: readonly string[];
}

/** What to begin and to end receiving, given the producers of which something is received now. */
export function plan(received: Iterable<string>, state: CallChanged, me: string): Plan {
  const wanted = new Map<string, Wanted>();
  for (const caller of others(state, me)) {
    for (const producer of caller.producers) wanted.set(producer.id, { caller, producer });
  }
  const have = new Set(received);
  return {
    consume: [...wanted.values()].filter(({ producer }) => !have.has(producer.id)),
    close: [...have].filter((id) => !wanted.has(id)),
  };
}

/** The callers besides me. */
export function others(state: CallChanged, me: string): Caller[] {
  return state.callers.filter((caller) => caller.participant !== me);
}

/** Whether the call goes on here, on another page of mine, or without me. */
export function standing(
  state: CallChanged,
  me: string,
  session: string,
): "here" | "elsewhere" | "nowhere" {
  const mine = state.callers.find((caller) => caller.participant === me);
  if (!mine) return "nowhere";
  return mine.session === session ? "here" : "elsewhere";
}
