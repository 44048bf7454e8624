/** What the socket refused, typed by code. The words are in the catalogue, under `rpc.<slug>`. */

const SLUGS: Readonly<Record<number, RpcSlug>> = {
  103: "forbidden",
  109: "token-expired",
  111: "too-many-requests",
  400: "bad-request",
  401: "unauthenticated",
  403: "forbidden",
  404: "not-found",
  409: "conflict",
  410: "gone",
  422: "bad-request",
  429: "too-many-requests",
  503: "unavailable",
  1100: "room-not-open",
  1101: "room-ended",
  1102: "not-admitted",
  1103: "removed",
  1104: "practitioner-only",
  1105: "illegal-step",
  1106: "invalid-text",
  1107: "chat-too-fast",
  1200: "call-session-replaced",
  1201: "call-not-admitted",
  1202: "call-unavailable",
  1203: "call-session-unknown",
  1204: "call-part-unknown",
  1205: "call-refused",
  1206: "call-refused",
  1299: "call-refused",
};

export type RpcSlug =
  | "bad-request"
  | "call-not-admitted"
  | "call-part-unknown"
  | "call-refused"
  | "call-session-replaced"
  | "call-session-unknown"
  | "call-unavailable"
  | "chat-too-fast"
  | "conflict"
  | "forbidden"
  | "gone"
  | "illegal-step"
  | "internal"
  | "invalid-text"
  | "not-admitted"
  | "not-found"
  | "offline"
  | "practitioner-only"
  | "removed"
  | "room-ended"
  | "room-not-open"
  | "token-expired"
  | "too-many-requests"
  | "unauthenticated"
  | "unavailable";

/** A refusal of the server, or a connection that was lost on the way (codes below 100 are the client library's). */
export class RpcError extends Error {
  readonly code: number;
  readonly temporary: boolean;

  constructor(code: number, message: string, temporary: boolean) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.temporary = temporary;
  }

  /** The stable word of the refusal: the catalogue's key is `rpc.<slug>`. */
  get slug(): RpcSlug {
    if (this.code < 100) return "offline";
    return SLUGS[this.code] ?? "internal";
  }
}

/** What the client library rejects with, as one of ours. */
export function toRpcError(reason: unknown): RpcError {
  if (reason instanceof RpcError) return reason;
  const { code, message, temporary } = (reason ?? {}) as Record<string, unknown>;
  const number = typeof code === "number" ? code : 0;
  return new RpcError(
    number,
    typeof message === "string" ? message : "",
    temporary === true || number < 100,
  );
}
