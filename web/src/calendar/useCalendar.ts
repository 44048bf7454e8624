import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef } from "react";
import type { CalendarRange } from "../api/types";
import { useSpread } from "../booking/useSpread";
import { useChannel } from "../realtime";
import { channels } from "../realtime/channels";
import { readPush } from "../realtime/pushes";
import { useApi } from "../session/context";
import { type CalendarPush, applyPush, replayPushes } from "./merge";
import { availabilityKey } from "./useAvailability";

/** Pushes kept for a fetch that is under way. */
const KEPT = 100;

/** Few people watch one calendar: they may ask soon. */
const SPREAD_MS = 300;

export function calendarKey(practitioner: string): readonly string[] {
  return ["calendar", practitioner];
}

/** A stretch of a practitioner's calendar, live: subscribed first, fetched then, newer pushes put on top. */
export function useCalendar(practitioner: string, window: { from: string; to: string }) {
  const api = useApi();
  const recent = useLivePushes(practitioner);
  return useQuery({
    queryKey: [...calendarKey(practitioner), window.from, window.to],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const path = `/practitioners/${practitioner}/calendar`;
      return replayPushes(await api.get<CalendarRange>(path, { query: window, signal }), recent.current);
    },
  });
}

function useLivePushes(practitioner: string) {
  const queries = useQueryClient();
  const recent = useRef<CalendarPush[]>([]);
  const fetchAnew = useSpread(
    useCallback(
      () => void queries.invalidateQueries({ queryKey: calendarKey(practitioner) }),
      [queries, practitioner],
    ),
    SPREAD_MS,
  );
  useEffect(() => {
    recent.current = [];
  }, [practitioner]);
  useChannel(channels.calendar(practitioner), {
    onPublication(data) {
      const push = readPush(data);
      if (push?.type !== "appointment.changed" && push?.type !== "calendar.changed") return;
      recent.current = [...recent.current, push].slice(-KEPT);
      queries.setQueriesData<CalendarRange>(
        { queryKey: calendarKey(practitioner) },
        (view) => view && applyPush(view, push),
      );
      if (push.type === "calendar.changed" && push.start === null) {
        void queries.invalidateQueries({ queryKey: availabilityKey(practitioner) });
      }
      fetchAnew(); // for what a push does not carry: notes, and when the room opens
    },
    onResync() {
      void queries.invalidateQueries({ queryKey: calendarKey(practitioner) });
      void queries.invalidateQueries({ queryKey: availabilityKey(practitioner) });
    },
  });
  return recent;
}
