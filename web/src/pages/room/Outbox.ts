/**
 * Messages on their way: sent one after another in the order they were written, each again until the server has it. Their
 * keys make "again" safe. They outlive a reload of the page.
 */

import { newKey } from "../../api/actions";
import { untilAnswered, type Retry } from "../../realtime/backoff";
import type { Message } from "../../realtime/pushes";

export interface Unsent {
  readonly key: string;
  readonly text: string;
  /** Milliseconds, of this device's clock. */
  readonly at: number;
  /** Refused for good; null while it is on its way. */
  readonly error: unknown;
}

export interface OutboxOptions {
  room: string;
  send: (message: { text: string; key: string }) => Promise<Message>;
  /** The server has it. */
  onSent: (message: Message) => void;
  storage?: Storage;
  now?: () => number;
  retry?: Omit<Retry, "signal">;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #listeners = new Set<() => void>();
  #stopped = new AbortController();
  readonly #storageKey: string;
  #unsent: readonly Unsent[];
  #sending = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#storageKey = `klear.outbox.${options.room}`;
    this.#unsent = this.#stored();
  }

  readonly snapshot = (): readonly Unsent[] => this.#unsent;

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Send what is there, first of all what was left from before the page was loaded. */
  start(): void {
    this.#stopped = new AbortController();
    void this.#drain();
  }

  /** Stop sending. What is unsent is kept for the next time. */
  stop(): void {
    this.#stopped.abort();
    this.#sending = false;
  }

  add(text: string): void {
    const { now = Date.now } = this.#options;
    this.#set([...this.#unsent, { key: newKey(), text, at: now(), error: null }]);
    void this.#drain();
  }

  /** Try a refused one once more. */
  again(key: string): void {
    this.#set(this.#unsent.map((each) => (each.key === key ? { ...each, error: null } : each)));
    void this.#drain();
  }

  discard(key: string): void {
    this.#set(this.#unsent.filter((each) => each.key !== key));
  }

  async #drain(): Promise<void> {
    const { signal } = this.#stopped;
    const stopped = () => signal.aborted;
    if (this.#sending || stopped()) return;
    this.#sending = true;
    for (;;) {
      const next = this.#next();
      if (stopped()) return; // whoever starts it again drains anew
      if (!next) break;
      await this.#send(next, signal);
    }
    this.#sending = false;
  }

  async #send({ key, text }: Unsent, signal: AbortSignal): Promise<void> {
    const { send, onSent, retry } = this.#options;
    try {
      const message = await untilAnswered(() => send({ text, key }), { ...retry, signal });
      if (signal.aborted) return;
      this.discard(key);
      onSent(message);
    } catch (error) {
      if (signal.aborted) return;
      this.#set(this.#unsent.map((each) => (each.key === key ? { ...each, error } : each)));
    }
  }

  #next(): Unsent | undefined {
    return this.#unsent.find(({ error }) => error === null);
  }

  #set(unsent: readonly Unsent[]): void {
    this.#unsent = unsent;
    try {
      const kept = unsent.map(({ key, text, at }) => ({ key, text, at }));
      if (kept.length > 0) this.#storage.setItem(this.#storageKey, JSON.stringify(kept));
      else this.#storage.removeItem(this.#storageKey);
    } catch {
      // No storage (private window, or full): then a reload loses what was not sent yet.
    }
    for (const listener of [...this.#listeners]) listener();
  }

  #stored(): readonly Unsent[] {
    try {
      const kept = JSON.parse(this.#storage.getItem(this.#storageKey) ?? "[]") as Unsent[];
      return kept.map(({ key, text, at }) => ({ key, text, at, error: null }));
    } catch {
      return [];
    }
  }

  get #storage(): Storage {
    return this.#options.storage ?? sessionStorage;
  }
}
