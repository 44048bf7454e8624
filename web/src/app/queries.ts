import { QueryClient } from "@tanstack/react-query";

/** What was fetched stays fresh for this long unless a push says otherwise. */
const FRESH_MS = 30_000;

/** The client retries by itself where that is safe (see api/client.ts), so nothing is retried a second time here. */
export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: FRESH_MS }, mutations: { retry: false } },
  });
}
