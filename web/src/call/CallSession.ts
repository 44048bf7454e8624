/**
 * One page's part in a room's call. No React: it speaks `call.*` over the realtime connection and mediasoup-client to the
 * browser, and shows a snapshot.
 *
 * Steps run one after another. Whatever fails for a reason that may pass (a lost connection, a restarted server, a path
 * that does not come back) ends in joining anew: `call.join` replaces what the server had of us, so nothing is left over.
 */

import { Device, type types } from "mediasoup-client";

import { delay, sleep, untilAnswered } from "../realtime/backoff";
import type { CallChanged } from "../realtime/pushes";
import { finalStatus } from "./endings";
import { Link } from "./Link";
import type { InputKind } from "./preferences";
import type { Outgoing } from "./Publishing";
import type { Joined, Signalling } from "./shapes";
import { type CallSnapshot, type CallStatus, IDLE, pathOf, remotesOf } from "./snapshot";
import { NOTHING_SEEN, type Seen, see, standing } from "./state";

export interface CallOptions {
  room: string;
  /** My own participant id. */
  participant: string;
  signalling: Signalling;
  createDevice?: () => types.Device;
}

export class CallSession {
  readonly #options: CallOptions;
  readonly #listeners = new Set<() => void>();
  #closed = new AbortController();
  readonly #outgoing = new Map<InputKind, Outgoing>();
  #snapshot: CallSnapshot = IDLE;
  #seen: Seen = NOTHING_SEEN;
  #link: Link | null = null;
  /** The steps so far: the next one waits for it. */
  #last: Promise<void> = Promise.resolve();
  #rebuilding = false;
  #checking = false;
  /** The last session that the server answered with; null while nobody knows. */
  #session: string | null = null;
  /** How often it was joined in a row without a path being found: the next time waits longer. */
  #again = 0;

  constructor(options: CallOptions) {
    this.#options = options;
  }

  readonly snapshot = (): CallSnapshot => this.#snapshot;

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Join, or take the call over from another page of mine. */
  join(): void {
    if (this.#closed.signal.aborted) this.#closed = new AbortController();
    this.#again = 0;
    this.#session = null;
    this.#rebuild();
  }

  /** A state was published. */
  apply(state: CallChanged): void {
    const seen = see(this.#seen, state);
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#show();
    void this.#step(() => this.#follow());
  }

  /** The connection is a new one, or something was missed on it: go on with the session if it still stands. */
  resync(): void {
    if (this.#checking || !this.#link) return;
    this.#checking = true;
    void this.#step((link) => this.#check(link)).finally(() => (this.#checking = false));
  }

  /** Send this of the microphone or the camera from now on. */
  setOutgoing(kind: InputKind, outgoing: Outgoing): void {
    this.#outgoing.set(kind, outgoing);
    void this.#step((link) => this.#publish(link, kind));
  }

  /** Leave for good, and tell the server. */
  leave(): void {
    const session = this.#link?.session;
    const { room, signalling } = this.#options;
    this.close();
    // A page that leaves does not wait: the server notices by itself when this is lost.
    if (session) signalling.rpc("call.leave", { room, session }).catch(() => undefined);
  }

  /** Stop, and let go of everything but the tracks that were handed in. */
  close(): void {
    this.#closed.abort();
    this.#teardown();
    this.#rebuilding = false;
    this.#set({ status: "left" });
  }

  /** Figures of both directions; null while there is no call. */
  async stats(): Promise<{ sent: RTCStatsReport; received: RTCStatsReport } | null> {
    return (await this.#link?.stats()) ?? null;
  }

  // Steps

  /** Run after the steps before it, unless the call is over by then. What fails for now ends in joining anew. */
  #step(work: (link: Link) => Promise<void>): Promise<void> {
    this.#last = this.#last.then(async () => {
      const link = this.#link;
      if (!link) return;
      try {
        await work(link);
      } catch (error) {
        if (!link.over.aborted) this.#failed(error);
      }
    });
    return this.#last;
  }

  /** Whether the call is still here; if it is, the server is told that this connection stands for it now. */
  async #check(link: Link): Promise<void> {
    const { room } = this.#options;
    const { session, over: signal } = link;
    if (await this.#isElsewhere(session, signal)) {
      this.#stop("replaced");
      return;
    }
    const joined = (await untilAnswered(() => this.#rpc("call.join", { room, session }), {
      signal,
    })) as Joined;
    this.#session = joined.session;
    this.#seen = see(this.#seen, joined.state);
    if (joined.adopted) await this.#follow();
    else this.#rebuild();
  }

  /** Whether another page of mine has the call now. Asked before joining unbidden: that would take it from there. */
  async #isElsewhere(session: string, signal: AbortSignal): Promise<boolean> {
    const { participant, signalling } = this.#options;
    const newest = (await untilAnswered(() => signalling.newest(), { signal })) as CallChanged | null;
    if (newest) this.#seen = see(this.#seen, newest);
    const state = this.#seen.current;
    return state !== null && standing(state, participant, session) === "elsewhere";
  }

  #failed(error: unknown): void {
    const final = finalStatus(error);
    if (final) this.#stop(final);
    else this.#rebuild();
  }

  #rebuild(): void {
    if (this.#rebuilding || this.#closed.signal.aborted) return;
    this.#rebuilding = true;
    this.#teardown();
    this.#set({ status: "joining" });
    const { signal } = this.#closed;
    this.#last = this.#last.then(() => this.#establish(signal));
  }

  async #establish(signal: AbortSignal): Promise<void> {
    const outcome = await this.#untilBuilt(signal);
    if (outcome === "left") return;
    this.#rebuilding = false;
    if (outcome === "joined") {
      this.#set({ status: "joined" });
      void this.#step(() => this.#follow());
      for (const kind of this.#outgoing.keys()) void this.#step((link) => this.#publish(link, kind));
    } else {
      this.#stop(outcome);
    }
  }

  /** Build the link, however often it takes. Returns what came of it. */
  async #untilBuilt(signal: AbortSignal): Promise<CallStatus> {
    for (;;) {
      try {
        if (this.#again > 0) await sleep(delay(this.#again, 500, 8000, Math.random()), signal);
        this.#again += 1;
        const session = this.#session;
        if (session !== null && (await this.#isElsewhere(session, signal))) return "replaced";
        const link = await this.#build(signal);
        if (signal.aborted) link.close();
        else this.#link = link;
        return signal.aborted ? "left" : "joined";
      } catch (error) {
        const final = signal.aborted ? "left" : finalStatus(error);
        if (final) return final;
      }
    }
  }

  async #build(signal: AbortSignal): Promise<Link> {
    const { room, participant, createDevice = () => new Device() } = this.#options;
    const device = createDevice();
    this.#session = null;
    const joined = (await untilAnswered(() => this.#rpc("call.join", { room }), { signal })) as Joined;
    const { session } = joined;
    this.#session = session;
    this.#seen = see(this.#seen, joined.state);
    return Link.build({
      device,
      joined,
      participant,
      ask: (method, params) => this.#rpc(method, { room, session, ...params }),
      onChange: () => this.#show(),
      onConnected: () => (this.#again = 0),
      onLost: () => this.#rebuild(),
      onRefused: (error) => this.#failed(error),
    });
  }

  /** Do what the newest state asks for: is the call still here, what is there to receive? */
  async #follow(): Promise<void> {
    const link = this.#link;
    const state = this.#seen.current;
    if (!link || !state) return;
    this.#show();
    switch (standing(state, this.#options.participant, link.session)) {
      case "elsewhere":
        this.#stop("replaced");
        break;
      case "nowhere":
        if (state !== link.joinedAt) this.#rebuild();
        break;
      case "here":
        await link.receiving.follow(state);
        this.#show();
    }
  }

  async #publish(link: Link, kind: InputKind): Promise<void> {
    const wanted = this.#outgoing.get(kind);
    if (wanted) await link.publishing.send(kind, wanted);
  }

  // The end

  #stop(status: CallStatus): void {
    this.#teardown();
    this.#set({ status });
  }

  #teardown(): void {
    const link = this.#link;
    if (!link) return;
    this.#link = null;
    link.close();
    this.#show();
  }

  #rpc(method: string, params: object): Promise<unknown> {
    return this.#options.signalling.rpc(method, params);
  }

  // The snapshot

  #show(): void {
    const link = this.#link;
    const { participant } = this.#options;
    this.#set({
      path: pathOf(link?.states ?? []),
      remotes: remotesOf(this.#seen.current, participant, (id) => link?.receiving.track(id)),
    });
  }

  #set(change: Partial<CallSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}
