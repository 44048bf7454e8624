import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ApiClient } from "../api/client";
import type { Appointment, Page } from "../api/types";
import { useChannel } from "../realtime";
import { channels } from "../realtime/channels";
import { readPush } from "../realtime/pushes";
import { useApi, usePerson } from "../session/context";
import { withChange } from "./list";

const DAY_MS = 86_400_000;

/** How far back is looked at first, and then with each "earlier". */
const BACK_DAYS = [60, 400, 4000];

/** Pages of one answer at most: 1,000 appointments are more than anybody scrolls through. */
const MOST_PAGES = 10;

export const appointmentsKey = ["appointments"] as const;

/** My appointments, live. `onLive` hears what changed elsewhere: the appointment, and how it was known before. */
export function useAppointments(onLive: (changed: Appointment, known: Appointment | undefined) => void) {
  const api = useApi();
  const person = usePerson();
  const queries = useQueryClient();
  const [reach, setReach] = useState(0);
  const found = useQuery({
    queryKey: [...appointmentsKey, reach],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => allSince(api, BACK_DAYS[reach] ?? 0, signal),
  });
  const fetchAnew = () => void queries.invalidateQueries({ queryKey: appointmentsKey });
  useChannel(channels.user(person.id), {
    onPublication(data) {
      const push = readPush(data);
      if (push?.type !== "appointment.changed") return;
      const { appointment } = push;
      onLive(
        appointment,
        found.data?.find((each) => each.id === appointment.id),
      );
      queries.setQueriesData<Appointment[]>(
        { queryKey: appointmentsKey },
        (list) => list && withChange(list, appointment),
      );
      fetchAnew(); // for what a push does not carry, and for a fetch that was under way when it came
    },
    onResync: fetchAnew,
  });
  return { ...found, earlier: reach < BACK_DAYS.length - 1 ? () => setReach(reach + 1) : null };
}

async function allSince(api: ApiClient, days: number, signal: AbortSignal): Promise<Appointment[]> {
  const from = new Date(Date.now() - days * DAY_MS).toISOString();
  const all: Appointment[] = [];
  let cursor: string | null = null;
  for (let count = 0; count < MOST_PAGES; count++) {
    const page: Page<Appointment> = await api.get("/appointments", { query: { from, cursor, limit: 100 }, signal });
    all.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return all;
}
