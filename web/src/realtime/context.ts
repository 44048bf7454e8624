/** Where the pages find the one connection. */

import { createContext, useContext } from "react";

import type { RealtimeClient } from "./RealtimeClient";

export const RealtimeContext = createContext<RealtimeClient | null>(null);

/** The connection; it changes when somebody else signs in. */
export function useRealtime(): RealtimeClient {
  const client = useContext(RealtimeContext);
  if (!client) throw new Error("useRealtime needs a RealtimeProvider above it");
  return client;
}
