/** A call, as a page shows it. */

import type { CallChanged, Source } from "../realtime/pushes";
import { others } from "./state";

export type CallStatus =
  /** Not begun. */
  | "idle"
  /** On the way in, or back in. */
  | "joining"
  | "joined"
  /** Another page of mine has it now. */
  | "replaced"
  /** The server will not have us: not admitted, or over. */
  | "refused"
  /** This browser cannot make calls. */
  | "unsupported"
  | "left";

/** How the packets fare: `interrupted` while a path is looked for again. */
export type Path = "new" | "connecting" | "connected" | "interrupted";

export interface RemoteTrack {
  readonly track: MediaStreamTrack;
  readonly paused: boolean;
}

/** Another participant, with what is received of him. */
export interface Remote {
  readonly participant: string;
  readonly name: string;
  /** Whether he publishes anything at all, received yet or not. */
  readonly publishes: boolean;
  readonly tracks: Readonly<Partial<Record<Source, RemoteTrack>>>;
}

export interface CallSnapshot {
  readonly status: CallStatus;
  readonly path: Path;
  readonly remotes: readonly Remote[];
}

export const IDLE: CallSnapshot = { status: "idle", path: "new", remotes: [] };

/** The others, with the tracks that are received already. */
export function remotesOf(
  state: CallChanged | null,
  me: string,
  trackOf: (producer: string) => MediaStreamTrack | undefined,
): Remote[] {
  if (!state) return [];
  return others(state, me).map(({ participant, name, producers }) => {
    const tracks: Partial<Record<Source, RemoteTrack>> = {};
    for (const { id, source, paused } of producers) {
      const track = trackOf(id);
      if (track) tracks[source] = { track, paused };
    }
    return { participant, name, publishes: producers.length > 0, tracks };
  });
}

/** One word for two transports: the worse one counts. */
export function pathOf(states: readonly string[]): Path {
  if (states.some((state) => ["disconnected", "failed", "closed"].includes(state))) return "interrupted";
  if (states.includes("connecting")) return "connecting";
  return states.includes("connected") ? "connected" : "new";
}
