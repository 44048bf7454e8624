/** The connection, as components use it. */

import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";

import type { ChannelHandlers } from "./RealtimeClient";
import { useRealtime } from "./context";
import type { Live } from "./live";

/** Listen to a channel while mounted; null: to none. The handlers may be new at each render. */
export function useChannel(channel: string | null, handlers: ChannelHandlers): void {
  const client = useRealtime();
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    if (channel === null) return undefined;
    return client.subscribe(channel, {
      onPublication: (data) => latest.current.onPublication(data),
      onResync: () => latest.current.onResync(),
      onClosed: (code) => latest.current.onClosed?.(code),
      onPresence: () => latest.current.onPresence?.(),
    });
  }, [client, channel]);
}

/** How live the page is, in one word. */
export function useLive(): Live {
  const { live } = useRealtime();
  return useSyncExternalStore(live.watch, live.snapshot);
}

/** A function that calls a method of the hub. It rejects with RpcError. */
export function useRpc(): (method: string, params: object) => Promise<unknown> {
  const client = useRealtime();
  return useCallback((method, params) => client.rpc(method, params), [client]);
}

/** How many connections were made so far: a change says that this is a new one, 0 that there was none yet. */
export function useConnectionNumber(): number {
  const client = useRealtime();
  return useSyncExternalStore(client.watchConnections, client.connectionNumber);
}

/** The people (not their tabs) in a channel that tells who comes and goes; null until it is known. */
export function usePresent(channel: string | null): ReadonlySet<string> | null {
  const client = useRealtime();
  const [present, setPresent] = useState<ReadonlySet<string> | null>(null);
  const asked = useRef(0);
  const ask = useCallback(() => {
    if (channel === null) return;
    const number = (asked.current += 1);
    client.present(channel).then(
      (people) => number === asked.current && setPresent(people),
      // Gone again before the answer came: the next subscription asks anew.
      () => undefined,
    );
  }, [client, channel]);
  useChannel(channel, { onPublication: ignore, onResync: ignore, onPresence: ask });
  return channel === null ? null : present;
}

function ignore(): void {
  // Presence needs no publications.
}
