import { useCallback, useEffect, useReducer, useRef } from "react";

import { ApiError } from "../../api/errors";
import { untilAnswered } from "../../realtime/backoff";
import { channels } from "../../realtime/channels";
import { useChannel, useConnectionNumber, useRealtime, useRpc } from "../../realtime";
import { readPush } from "../../realtime/pushes";
import { useApi } from "../../session/context";
import { entryOf } from "./entry";
import {
  entersByItself,
  type Phase,
  phaseOf,
  reduce,
  roleIn,
  type RoomState,
  type RoomView,
  UNKNOWN,
} from "./roomState";

export interface Room {
  readonly state: RoomState;
  readonly phase: Phase;
  /** Fetch anew. */
  load: () => Promise<void>;
  /** Go in, or to the waiting room. */
  enter: () => Promise<void>;
  /** Go. Never throws: whoever leaves is gone, whether the server heard it or not. */
  leave: () => Promise<void>;
  /** A push of one of the room's channels came. */
  push: (data: unknown) => void;
}

/** Until a practitioner is in, nothing pushes to him who waits. */
const LOBBY_POLL_MS = 5000;

/** The room that `person` sees: fetched, followed live, entered again after every reconnect. */
export function useRoom(id: string, person: string): Room {
  const api = useApi();
  const client = useRealtime();
  const rpc = useRpc();
  const connection = useConnectionNumber();
  const [state, dispatch] = useReducer(reduce, UNKNOWN);
  const phase = phaseOf(state);
  const pushes = useRef(0);
  const enteredOn = useRef(0);
  const mounted = useRef<AbortController>(new AbortController());
  useEffect(() => {
    const controller = new AbortController();
    mounted.current = controller;
    return () => controller.abort();
  }, [id]);

  const load = useCallback(async () => {
    const { signal } = mounted.current;
    try {
      let seen: number;
      do {
        // A push that came while we asked may be newer than the answer.
        seen = pushes.current;
        const view = await api.get<RoomView>(`/rooms/${id}`, { signal });
        dispatch({ type: "loaded", view, ahead: aheadOf(view) });
      } while (seen !== pushes.current);
    } catch (error) {
      if (!signal.aborted) dispatch({ type: "failed", error });
    }
  }, [api, id]);

  const enter = useCallback(async () => {
    const { signal } = mounted.current;
    try {
      const view = (await untilAnswered(() => rpc("room.enter", { room: id }), { signal })) as RoomView;
      if (signal.aborted) return;
      entryOf(id).remember();
      enteredOn.current = client.connectionNumber();
      dispatch({ type: "entered", view, ahead: aheadOf(view) });
    } catch (error) {
      if (signal.aborted) return;
      dispatch({ type: "refused", error });
      await load(); // It ended, or opens later than we thought: the view says which.
    }
  }, [client, rpc, id, load]);

  const leave = useCallback(async () => {
    entryOf(id).forget();
    dispatch({ type: "left" });
    await rpc("room.leave", { room: id }).catch(() => undefined);
  }, [rpc, id]);

  const push = useCallback((data: unknown) => {
    const push = readPush(data);
    if (push?.type !== "participant.changed" && push?.type !== "room.changed") return;
    pushes.current += 1;
    dispatch({ type: "pushed", push });
  }, []);

  useEffect(() => {
    void load();
  }, [load]);

  // Each new connection has to be told whose place in the room it stands for.
  const { entered, view } = state;
  useEffect(() => {
    if (entered && connection !== enteredOn.current) void enter();
  }, [entered, connection, enter]);

  const role = view ? roleIn(view, person) : null;
  const byItself =
    phase === "lobby" && view !== null && role !== null && (entersByItself(view, role) || entryOf(id).remembered());
  useEffect(() => {
    if (byItself && connection > 0) void enter();
  }, [byItself, connection, enter]);

  useEffect(() => {
    if (phase === "ended" || phase === "removed") entryOf(id).forget();
  }, [phase, id]);

  useEffect(() => {
    if (phase !== "lobby" || role !== "practitioner") return undefined;
    const timer = setInterval(() => void load(), LOBBY_POLL_MS);
    return () => clearInterval(timer);
  }, [phase, role, load]);

  const mine = entered ? view?.me?.id : undefined;
  useChannel(mine === undefined ? null : channels.participant(mine), {
    onPublication: push,
    onResync: () => void load(),
  });
  return { state, phase, load, enter, leave, push };
}

/** Whether a failure means that there is no such room for this person. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 403);
}

/** Milliseconds that the server's clock is ahead of this device's, as far as an answer that just came can tell. */
function aheadOf(view: RoomView): number {
  return Date.parse(view.server_time) - Date.now();
}
