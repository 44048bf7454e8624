import { ApiError, errorOf, networkError } from "./errors";
import type { Tokens } from "./tokens";

const BASE = "/api/v1";

/** Waits before the second and the third attempt, in milliseconds. More would keep a person waiting without a word. */
const BACKOFF_MS = [300, 900];

/** An unanswered request is given up after this: the server's own deadline is 10 s. */
const DEADLINE_MS = 15_000;

export interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  query?: Readonly<Record<string, string | number | null | undefined>>;
  /** The Idempotency-Key of an action: the same over all its retries, the person's own ones included. */
  key?: string;
  /** Sent without the access token (sign-in, join, refresh). */
  anonymous?: boolean;
  /** May outlive the page: for the word said on leaving it. */
  keepalive?: boolean;
  signal?: AbortSignal;
}

export interface ClientOptions {
  tokens: Tokens;
  fetch?: typeof fetch;
  wait?: (ms: number) => Promise<void>;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Speaks to the REST API. Reads and keyed writes are repeated when no answer comes; a 401 renews the token once. */
export class ApiClient {
  readonly tokens: Tokens;
  readonly #fetch: typeof fetch;
  readonly #wait: (ms: number) => Promise<void>;
  #skew = 0;

  constructor({ tokens, fetch = globalThis.fetch.bind(globalThis), wait = sleep }: ClientOptions) {
    this.tokens = tokens;
    this.#fetch = fetch;
    this.#wait = wait;
  }

  /** Milliseconds that the server's clock is ahead of this device's, to the second: what runs out there is counted by it. */
  get skew(): number {
    return this.#skew;
  }

  get<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.request<T>(path, options);
  }

  post<T>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return this.request<T>(path, { ...options, method: "POST", body });
  }

  put<T>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return this.request<T>(path, { ...options, method: "PUT", body });
  }

  delete(path: string, options: RequestOptions = {}): Promise<void> {
    return this.request(path, { ...options, method: "DELETE" });
  }

  /** The answer's JSON (`undefined` for 204), or a thrown `ApiError`. */
  async request<T>(path: string, options: RequestOptions): Promise<T> {
    const repeatable = options.key !== undefined || (options.method ?? "GET") !== "POST";
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#authorised<T>(path, options);
      } catch (error) {
        const pause = BACKOFF_MS[attempt];
        if (!repeatable || pause === undefined || !isUnanswered(error) || options.signal?.aborted) throw error;
        await this.#wait(pause);
      }
    }
  }

  async #authorised<T>(path: string, options: RequestOptions): Promise<T> {
    const token = options.anonymous ? null : await this.tokens.fresh();
    const response = await this.#send(path, options, token);
    if (response.status !== 401 || token === null) return resultOf<T>(response);
    const renewed = await this.tokens.renew();
    return resultOf<T>(renewed === null ? response : await this.#send(path, options, renewed));
  }

  async #send(path: string, options: RequestOptions, token: string | null): Promise<Response> {
    const headers = new Headers({ Accept: "application/json" });
    if (token !== null) headers.set("Authorization", `Bearer ${token}`);
    if (options.key !== undefined) headers.set("Idempotency-Key", options.key);
    if (options.body !== undefined) headers.set("Content-Type", "application/json");
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    try {
      const response = await this.#fetch(BASE + path + queryOf(options.query), {
        method: options.method ?? "GET",
        headers,
        credentials: "same-origin",
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        ...(options.keepalive ? { keepalive: true } : {}),
        signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
      });
      this.#skew = skewOf(response.headers.get("Date"), Date.now()) ?? this.#skew;
      return response;
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      throw networkError(cause);
    }
  }
}

/** A difference of a second or two is the header's coarseness and the way here, not a clock that is wrong. */
const NO_SKEW_MS = 2000;

function skewOf(header: string | null, now: number): number | null {
  const ahead = Date.parse(header ?? "") - now;
  if (Number.isNaN(ahead)) return null;
  return Math.abs(ahead) <= NO_SKEW_MS ? 0 : ahead;
}

/** Whether the server may never have seen the request, or said "again later" before it did anything. */
function isUnanswered(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 502 || error.status === 503);
}

async function resultOf<T>(response: Response): Promise<T> {
  if (!response.ok) throw await errorOf(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

function queryOf(query: RequestOptions["query"]): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined);
  const params = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]));
  return pairs.length === 0 ? "" : `?${params.toString()}`;
}
