/** Which errors end a call, and how. */

import { RpcError } from "../realtime/errors";
import type { CallStatus } from "./snapshot";

/** The status that an error leaves us in for good; null where trying again may help. */
export function finalStatus(error: unknown): CallStatus | null {
  if (error instanceof Error && error.name === "UnsupportedError") return "unsupported";
  if (!(error instanceof RpcError) || error.temporary) return null;
  switch (error.slug) {
    case "call-session-replaced":
      return "replaced";
    case "call-not-admitted":
    case "forbidden":
    case "not-admitted":
    case "removed":
    case "room-ended":
    case "unauthenticated":
      return "refused";
    default:
      return null;
  }
}
