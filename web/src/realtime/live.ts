/** How live a page is, in one word. */

export type Live = "live" | "connecting" | "recovered" | "offline";

/** Milliseconds for which "back, nothing missed" is shown. */
export const RECOVERED_FOR = 5000;

/** One word that others can watch (the shape that useSyncExternalStore takes). */
export class LiveStore {
  #live: Live = "connecting";
  #wasConnected = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();

  /** The connection stands: for the first time, or again. */
  connected(): void {
    const again = this.#wasConnected;
    this.#wasConnected = true;
    this.#set(again ? "recovered" : "live");
    if (again) this.#timer = setTimeout(() => this.#set("live"), RECOVERED_FOR);
  }

  /** The connection is being made. */
  connecting(): void {
    this.#set("connecting");
  }

  /** Nobody tries any more, or there is no network to try over. */
  offline(): void {
    this.#set("offline");
  }

  readonly snapshot = (): Live => this.#live;

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #set(live: Live): void {
    clearTimeout(this.#timer);
    if (live === this.#live) return;
    this.#live = live;
    for (const listener of [...this.#listeners]) listener();
  }
}
