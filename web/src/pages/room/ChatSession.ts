/** A room's conversation. No React: fetched by sequence, followed live, sent until it is acknowledged. */

import type { Retry } from "../../realtime/backoff";
import { type Message, readPush } from "../../realtime/pushes";
import { type Chat, hasGap, merge, NO_CHAT } from "./chatState";
import { Outbox, type Unsent } from "./Outbox";

/** The most messages that the server gives at once; long ones make it fewer. */
const PAGE = 200;

interface History {
  messages: Message[];
  last_seq: number;
}

export interface ChatSnapshot {
  readonly chat: Chat;
  /** What the server has not acknowledged. */
  readonly unsent: readonly Unsent[];
  /** Whether what was said before is here. */
  readonly loaded: boolean;
}

export interface ChatOptions {
  room: string;
  /** Call a method. Rejects with RpcError. */
  rpc: (method: string, params: object) => Promise<unknown>;
  storage?: Storage;
  retry?: Omit<Retry, "signal">;
}

export class ChatSession {
  readonly #options: ChatOptions;
  readonly #listeners = new Set<() => void>();
  readonly outbox: Outbox;
  #snapshot: ChatSnapshot;
  #fetching = false;

  constructor(options: ChatOptions) {
    const { room, rpc, ...rest } = options;
    this.#options = options;
    this.outbox = new Outbox({
      room,
      send: async (message) => (await rpc("chat.send", { room, ...message })) as Message,
      onSent: (message) => this.#take([message]),
      ...rest,
    });
    this.outbox.watch(() => this.#show({}));
    this.#snapshot = { chat: NO_CHAT, unsent: this.outbox.snapshot(), loaded: false };
  }

  readonly snapshot = (): ChatSnapshot => this.#snapshot;

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** A push of the room's channel came. */
  push(data: unknown): void {
    const push = readPush(data);
    if (push?.type === "chat.message") this.#take([push.message]);
  }

  /** Fetch what was said after what is known. What goes wrong is left to the next subscription, which asks again. */
  async resync(): Promise<void> {
    if (this.#fetching) return;
    this.#fetching = true;
    try {
      for (;;) {
        const after = this.#snapshot.chat.complete;
        const { messages, last_seq: last } = await this.#history(after);
        this.#show({ chat: merge(this.#snapshot.chat, messages) });
        const { complete } = this.#snapshot.chat;
        if (complete >= last || complete === after) break;
      }
      this.#show({ loaded: true });
    } catch {
      // As said above.
    } finally {
      this.#fetching = false;
    }
  }

  async #history(after: number): Promise<History> {
    const { room, rpc } = this.#options;
    return (await rpc("chat.history", { room, after, limit: PAGE })) as History;
  }

  #take(messages: readonly Message[]): void {
    this.#show({ chat: merge(this.#snapshot.chat, messages) });
    if (hasGap(this.#snapshot.chat)) void this.resync();
  }

  #show(change: Partial<ChatSnapshot>): void {
    const next = { ...this.#snapshot, ...change };
    // A push may bring a message before the answer to sending it does.
    const known = new Set(next.chat.messages.map(({ key }) => key));
    const unsent = this.outbox.snapshot().filter(({ key }) => !known.has(key));
    this.#snapshot = { ...next, unsent };
    for (const listener of [...this.#listeners]) listener();
  }
}
