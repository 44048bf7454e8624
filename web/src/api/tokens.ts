import type { Grant } from "./types";

/** Asks for a new grant: by the refresh cookie, or for a guest by his join link. `null`: there is none to be had. */
export type Renew = () => Promise<Grant | null>;

/** A token with less than this left is renewed before it is used, so that no request sets out with one that dies on the way. */
const MARGIN_MS = 30_000;

/**
 * The access token, in memory only: nothing that a script could find later is stored. Renewals are single-flight; a
 * renewal that fails for want of a session signs out, one that fails for want of a network leaves the token be.
 */
export class Tokens {
  readonly #now: () => number;
  #renew: Renew | null = null;
  #token: string | null = null;
  #expires = 0;
  #renewing: Promise<string | null> | null = null;
  #lost: () => void = () => undefined;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Calls `lost` once the session is over and no renewal can bring it back. */
  onLost(lost: () => void): void {
    this.#lost = lost;
  }

  /** Takes a grant and the way to its successor. */
  set(grant: Grant, renew: Renew): void {
    this.#renew = renew;
    this.#take(grant);
  }

  clear(): void {
    this.#token = null;
    this.#renew = null;
    this.#renewing = null;
  }

  /** The token as it stands, even if it has run out. */
  get current(): string | null {
    return this.#token;
  }

  /** A token with life in it, renewed if need be; `null` when nobody is signed in. Throws when no answer comes. */
  async fresh(): Promise<string | null> {
    if (this.#token === null) return null;
    return this.#now() < this.#expires - MARGIN_MS ? this.#token : this.renew();
  }

  /** A new token whatever the old one's age; `null` when the session is over. */
  renew(): Promise<string | null> {
    this.#renewing ??= this.#ask().finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  async #ask(): Promise<string | null> {
    const renew = this.#renew;
    if (renew === null) return null;
    const grant = await renew();
    if (renew !== this.#renew) return this.#token; // signed out, or in as someone else, meanwhile
    if (grant === null) {
      this.clear();
      this.#lost();
      return null;
    }
    this.#take(grant);
    return this.#token;
  }

  #take(grant: Grant): void {
    this.#token = grant.access_token;
    this.#expires = Date.parse(grant.expires_at);
  }
}
