/** The page's one connection to the hub. */

export { RealtimeProvider } from "./RealtimeProvider";
export { useChannel, useConnectionNumber, useLive, usePresent, useRpc } from "./hooks";
export { useRealtime } from "./context";
export type { Live } from "./live";
