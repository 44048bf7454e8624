import { useEffect, useMemo, useSyncExternalStore } from "react";

import { CallSession } from "../../call/CallSession";
import type { LocalSnapshot } from "../../call/LocalMedia";
import type { CallSnapshot } from "../../call/snapshot";
import { useChannel, useConnectionNumber, useRealtime } from "../../realtime";
import { channels } from "../../realtime/channels";
import { readPush } from "../../realtime/pushes";

export interface Call extends CallSnapshot {
  /** Take the call back to this page. */
  continueHere: () => void;
  leave: () => void;
  stats: () => ReturnType<CallSession["stats"]>;
}

/** This page's part in a room's call, while mounted. `participant`: my own. */
export function useCall(room: string, participant: string, local: LocalSnapshot): Call {
  const client = useRealtime();
  const channel = channels.call(room);
  const session = useMemo(
    () =>
      new CallSession({
        room,
        participant,
        signalling: {
          rpc: (method, params) => client.rpc(method, params),
          newest: () => client.newest(channel),
        },
      }),
    [client, channel, room, participant],
  );
  useEffect(() => {
    session.join();
    return () => session.close();
  }, [session]);

  useChannel(channel, {
    onPublication(data) {
      const push = readPush(data);
      if (push?.type === "call.changed") session.apply(push);
    },
    onResync: () => session.resync(),
  });

  const connection = useConnectionNumber();
  useEffect(() => {
    session.resync();
  }, [session, connection]);

  const { microphone, camera, quality } = local;
  useEffect(() => {
    session.setOutgoing("microphone", { track: microphone.track, on: microphone.on, quality });
  }, [session, microphone.track, microphone.on, quality]);
  useEffect(() => {
    session.setOutgoing("camera", { track: camera.track, on: camera.on, quality });
  }, [session, camera.track, camera.on, quality]);

  const snapshot = useSyncExternalStore(session.watch, session.snapshot);
  return useMemo(
    () => ({
      ...snapshot,
      continueHere: () => session.join(),
      leave: () => session.leave(),
      stats: () => session.stats(),
    }),
    [snapshot, session],
  );
}
