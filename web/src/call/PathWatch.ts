/** Watches one transport's connection: asks for a new path when it is lost, and gives up when none is found in time. */

export interface PathOptions {
  /** Restart ICE. Resolves when both sides look for a path again; rejects when the server will not. */
  restart(): Promise<void>;
  /** No path was found: the transport is of no use any more. */
  onLost(): void;
  onRefused(error: unknown): void;
  /** Milliseconds that a connection may be disturbed before something is done: most come back by themselves. */
  patience?: number;
  /** Milliseconds in which a restart must have worked. */
  deadline?: number;
}

export class PathWatch {
  readonly #options: PathOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #restarting = false;
  #closed = false;

  constructor(options: PathOptions) {
    this.#options = options;
  }

  /** The transport is in another state now. */
  changed(state: string): void {
    if (this.#closed) return;
    switch (state) {
      case "connected":
        this.#restarting = false;
        clearTimeout(this.#timer);
        break;
      case "disconnected":
        if (!this.#restarting) this.#after(this.#options.patience ?? 2000, () => this.#restart());
        break;
      case "failed":
        if (this.#restarting) this.#lost();
        else this.#restart();
        break;
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #restart(): void {
    clearTimeout(this.#timer);
    this.#restarting = true;
    this.#options.restart().then(
      () => this.#restarting && this.#after(this.#options.deadline ?? 10_000, () => this.#lost()),
      (error: unknown) => {
        if (this.#closed) return;
        this.close();
        this.#options.onRefused(error);
      },
    );
  }

  #lost(): void {
    this.close();
    this.#options.onLost();
  }

  #after(ms: number, act: () => void): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(act, ms);
  }
}
