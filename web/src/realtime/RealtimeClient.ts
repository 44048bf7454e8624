/** One connection to the hub, shared by every page: the Centrifuge client, with shared subscriptions and typed errors. */

import { Centrifuge, State, type Subscription, UnauthorizedError } from "centrifuge";

import { isServerSide } from "./channels";
import { toRpcError } from "./errors";
import { LiveStore } from "./live";

/** Who connects: `getToken` resolves to an access token, or null when the session is over. */
export interface Credentials {
  getToken(): Promise<string | null>;
}

export interface ChannelHandlers {
  onPublication(data: unknown): void;
  /** Subscribed for the first time, or again with something missed: fetch, and merge. */
  onResync(): void;
  /** The server ended the subscription or refused it. It does not come back by itself. */
  onClosed?(code: number): void;
  /** Someone joined or left, where the channel tells. */
  onPresence?(): void;
}

interface Shared {
  /** Null for a channel that the server subscribed us to. */
  subscription: Subscription | null;
  subscribed: boolean;
  readonly listeners: Set<ChannelHandlers>;
}

/** The options that tests change. */
export interface ClientOptions {
  websocket?: unknown;
  minReconnectDelay?: number;
}

export class RealtimeClient {
  readonly live = new LiveStore();
  readonly #centrifuge: Centrifuge;
  readonly #channels = new Map<string, Shared>();
  readonly #connections = new Set<() => void>();
  /** Server-side channels that stand on this connection. */
  readonly #given = new Set<string>();
  #number = 0;

  constructor(url: string, credentials: Credentials | null, options: ClientOptions = {}) {
    this.#centrifuge = new Centrifuge(url, {
      minReconnectDelay: 300,
      maxReconnectDelay: 5000,
      name: "web",
      ...(credentials ? { getToken: () => tokenOf(credentials) } : {}),
      ...options,
    });
    this.#listen();
  }

  /** Begin; it reconnects by itself until `close`. */
  connect(): void {
    this.#centrifuge.connect();
  }

  /** End for good. */
  close(): void {
    this.#centrifuge.disconnect();
  }

  /** Counts the connections made so far: 0 before the first. */
  readonly connectionNumber = (): number => this.#number;

  readonly watchConnections = (listener: () => void): (() => void) => {
    this.#connections.add(listener);
    return () => this.#connections.delete(listener);
  };

  /** Listen to a channel until the returned function is called. Subscriptions are shared and counted. */
  subscribe(channel: string, handlers: ChannelHandlers): () => void {
    const shared = this.#channels.get(channel) ?? this.#open(channel);
    shared.listeners.add(handlers);
    if (shared.subscribed) queueMicrotask(() => shared.listeners.has(handlers) && handlers.onResync());
    return () => this.#release(channel, shared, handlers);
  }

  /** Call a method. Rejects with RpcError. */
  async rpc(method: string, params: object): Promise<unknown> {
    try {
      return (await this.#centrifuge.rpc(method, params)).data as unknown;
    } catch (reason) {
      throw toRpcError(reason);
    }
  }

  /** Publish what the next one replaces. A lost one is not missed, so nothing is thrown. */
  publish(channel: string, data: object): void {
    if (this.#centrifuge.state !== State.Connected) return;
    this.#centrifuge.publish(channel, data).catch(() => undefined);
  }

  /** The people in a channel, each once however many pages he has open. Rejects with RpcError. */
  async present(channel: string): Promise<ReadonlySet<string>> {
    try {
      const { clients } = await this.#centrifuge.presence(channel);
      return new Set(Object.values(clients).map((info) => info.user));
    } catch (reason) {
      throw toRpcError(reason);
    }
  }

  /** The newest publication of a channel that keeps one, or null. Rejects with RpcError. */
  async newest(channel: string): Promise<unknown> {
    try {
      const { publications } = await this.#centrifuge.history(channel, { limit: 1, reverse: true });
      return (publications[0]?.data as unknown) ?? null;
    } catch (reason) {
      throw toRpcError(reason);
    }
  }

  #listen(): void {
    const centrifuge = this.#centrifuge;
    centrifuge.on("connected", () => this.#connected());
    centrifuge.on("connecting", () => this.#connecting());
    centrifuge.on("disconnected", () => this.live.offline());
    centrifuge.on("subscribed", ({ channel, wasRecovering, recovered }) => {
      this.#given.add(channel);
      const shared = this.#channels.get(channel);
      if (shared) subscribed(shared, wasRecovering && recovered);
    });
    centrifuge.on("subscribing", ({ channel }) => this.#given.delete(channel));
    centrifuge.on("unsubscribed", ({ channel }) => this.#given.delete(channel));
    centrifuge.on("publication", ({ channel, data }) => {
      for (const each of listeners(this.#channels.get(channel))) each.onPublication(data as unknown);
    });
  }

  #connected(): void {
    this.#number += 1;
    this.live.connected();
    for (const listener of [...this.#connections]) listener();
  }

  #connecting(): void {
    if (navigator.onLine) this.live.connecting();
    else this.live.offline();
  }

  #open(channel: string): Shared {
    const shared: Shared = {
      subscription: isServerSide(channel) ? null : this.#subscription(channel),
      subscribed: this.#given.has(channel),
      listeners: new Set(),
    };
    this.#channels.set(channel, shared);
    if (shared.subscription) {
      listen(shared, shared.subscription);
      shared.subscription.subscribe();
    }
    return shared;
  }

  #subscription(channel: string): Subscription {
    return this.#centrifuge.newSubscription(channel, { minResubscribeDelay: 300 });
  }

  #release(channel: string, shared: Shared, handlers: ChannelHandlers): void {
    shared.listeners.delete(handlers);
    if (shared.listeners.size > 0 || this.#channels.get(channel) !== shared) return;
    this.#channels.delete(channel);
    if (!shared.subscription) return;
    this.#centrifuge.removeSubscription(shared.subscription);
  }
}

async function tokenOf(credentials: Credentials): Promise<string> {
  const token = await credentials.getToken();
  if (token === null) throw new UnauthorizedError("the session is over");
  return token;
}

function listen(shared: Shared, subscription: Subscription): void {
  subscription.on("subscribed", ({ wasRecovering, recovered }) => {
    subscribed(shared, wasRecovering && recovered);
  });
  subscription.on("subscribing", () => (shared.subscribed = false));
  subscription.on("publication", ({ data }) => {
    for (const each of listeners(shared)) each.onPublication(data as unknown);
  });
  subscription.on("join", () => listeners(shared).forEach((each) => each.onPresence?.()));
  subscription.on("leave", () => listeners(shared).forEach((each) => each.onPresence?.()));
  subscription.on("unsubscribed", ({ code }) => {
    shared.subscribed = false;
    listeners(shared).forEach((each) => each.onClosed?.(code));
  });
}

function subscribed(shared: Shared, nothingMissed: boolean): void {
  shared.subscribed = true;
  for (const each of listeners(shared)) {
    if (!nothingMissed) each.onResync();
    each.onPresence?.();
  }
}

function listeners(shared: Shared | undefined): ChannelHandlers[] {
  return [...(shared?.listeners ?? [])];
}

