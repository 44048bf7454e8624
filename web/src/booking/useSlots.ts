import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import type { Slots } from "../api/types";
import { useChannel } from "../realtime";
import { channels } from "../realtime/channels";
import { type SlotsChanged, readPush } from "../realtime/pushes";
import { useApi } from "../session/context";
import { applyChange, replay } from "./slots";
import { useSpread } from "./useSpread";

/** Days fetched at once: what the strip shows. */
export const DAYS = 7;

/** Pushes kept for a fetch that is under way: as many as the hub keeps in a channel's history. */
const KEPT = 100;

/** After a push, everybody who looks fetches anew; spread over this time, so that they do not all come at once. */
const SPREAD_MS = 1500;

interface Wanted {
  practitioner: string;
  service: string | undefined;
  /** The first day, in `zone`. */
  from: string;
  zone: string;
}

/** A week of slots, live: subscribed first, fetched then, and pushes newer than what was fetched put on top. */
export function useSlots({ practitioner, service, from, zone }: Wanted) {
  const api = useApi();
  const recent = useLivePushes(practitioner);
  return useQuery({
    queryKey: [...slotsKey(practitioner), service, from, zone],
    enabled: service !== undefined,
    queryFn: async ({ signal }) => {
      const query = { service, from, days: DAYS, time_zone: zone };
      const fetched = await api.get<Slots>(`/practitioners/${practitioner}/slots`, { query, signal });
      return replay(fetched, recent.current);
    },
  });
}

export function slotsKey(practitioner: string): readonly string[] {
  return ["slots", practitioner];
}

function useLivePushes(practitioner: string) {
  const queries = useQueryClient();
  const recent = useRef<SlotsChanged[]>([]);
  const fetchAnew = useSpread(
    useCallback(() => void queries.invalidateQueries({ queryKey: slotsKey(practitioner) }), [queries, practitioner]),
    SPREAD_MS,
  );
  useEffect(() => {
    recent.current = [];
  }, [practitioner]);
  useChannel(channels.slots(practitioner), {
    onPublication(data) {
      const push = readPush(data);
      if (push?.type !== "slots.changed") return;
      recent.current = [...recent.current, push].slice(-KEPT);
      queries.setQueriesData<Slots>({ queryKey: slotsKey(practitioner) }, (view) => view && applyChange(view, push));
      fetchAnew();
    },
    onResync: () => void queries.invalidateQueries({ queryKey: slotsKey(practitioner) }),
  });
  return recent;
}
