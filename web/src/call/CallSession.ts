/**
 * One page's part in a room's call. No React: it speaks `call.*` over the realtime connection and mediasoup-client to the
 * browser, and shows a snapshot.
 *
 * Steps run one after another. Whatever fails for a reason that may pass (a lost connection, a restarted server, a path
 * that does not come back) ends in joining anew: `call.join` replaces what the server had of us, so nothing is left over.
 */

import { Device, type types } from "mediasoup-client";

import { delay, sleep, untilAnswered } from "../realtime/backoff";
import { RpcError } from "../realtime/errors";
import type { CallChanged, Source } from "../realtime/pushes";
import { sending } from "./constraints";
import { PathWatch } from "./PathWatch";
import type { InputKind, VideoQuality } from "./preferences";
import type { Consumed, Joined, Produced, Restarted, Signalling, TransportOffer } from "./shapes";
import { type CallSnapshot, type CallStatus, IDLE, pathOf, remotesOf } from "./snapshot";
import { NOTHING_SEEN, plan, type Seen, see, standing, type Wanted } from "./state";

export interface CallOptions {
  room: string;
  /** My own participant id. */
  participant: string;
  signalling: Signalling;
  createDevice?: () => types.Device;
}

/** What is to be sent of an input: the track, and whether it may be heard or seen. */
export interface Outgoing {
  readonly track: MediaStreamTrack | null;
  readonly on: boolean;
  readonly quality: VideoQuality;
}

/** A joined call: everything that goes when it is rebuilt. */
interface Link {
  readonly session: string;
  /** The state that joining answered: it may be older than our own place in the call. */
  readonly joinedAt: CallChanged;
  readonly device: types.Device;
  readonly send: types.Transport;
  readonly receive: types.Transport;
  readonly producers: Map<InputKind, types.Producer>;
  /** By producer. */
  readonly consumers: Map<string, types.Consumer>;
  readonly watches: readonly PathWatch[];
  readonly over: AbortController;
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
    const link = this.#link;
    if (!link) return null;
    const [sent, received] = await Promise.all([link.send.getStats(), link.receive.getStats()]);
    return { sent, received };
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
        if (!link.over.signal.aborted) this.#failed(error);
      }
    });
    return this.#last;
  }

  /** Whether the call is still here; if it is, the server is told that this connection stands for it now. */
  async #check(link: Link): Promise<void> {
    const { room } = this.#options;
    const { session } = link;
    const { signal } = link.over;
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
        if (signal.aborted) discard(link);
        else this.#link = link;
        return signal.aborted ? "left" : "joined";
      } catch (error) {
        const final = signal.aborted ? "left" : finalStatus(error);
        if (final) return final;
      }
    }
  }

  async #build(signal: AbortSignal): Promise<Link> {
    const { room, createDevice = () => new Device() } = this.#options;
    const device = createDevice();
    this.#session = null;
    const joined = (await untilAnswered(() => this.#rpc("call.join", { room }), {
      signal,
    })) as Joined;
    const { session, iceServers } = joined;
    this.#session = session;
    this.#seen = see(this.#seen, joined.state);
    await device.load({ routerRtpCapabilities: joined.routerRtpCapabilities });
    const over = new AbortController();
    const [send, receive] = await Promise.all([
      this.#transport(device, session, "send", iceServers),
      this.#transport(device, session, "recv", iceServers),
    ]);
    const watches = [send, receive].map((transport) => this.#guard(transport, session, over.signal));
    const kept = {
      producers: new Map<InputKind, types.Producer>(),
      consumers: new Map<string, types.Consumer>(),
    };
    return { session, joinedAt: joined.state, device, send, receive, ...kept, watches, over };
  }

  async #transport(
    device: types.Device,
    session: string,
    direction: "send" | "recv",
    iceServers: RTCIceServer[],
  ): Promise<types.Transport> {
    const { room } = this.#options;
    const offer = (await this.#rpc("call.transport", { room, session, direction })) as TransportOffer;
    const options = { ...offer, iceServers };
    const transport =
      direction === "send" ? device.createSendTransport(options) : device.createRecvTransport(options);
    const of = { room, session, transport: transport.id };
    transport.on("connect", ({ dtlsParameters }, done, failed) => {
      this.#rpc("call.connect", { ...of, dtlsParameters }).then(() => done(), failed);
    });
    transport.on("produce", ({ kind, rtpParameters, appData }, done, failed) => {
      this.#rpc("call.produce", { ...of, kind, rtpParameters, ...appData }).then(
        (produced) => done({ id: (produced as Produced).id }),
        failed,
      );
    });
    return transport;
  }

  /** Look for a new path when one is lost, and join anew when there is none. */
  #guard(transport: types.Transport, session: string, over: AbortSignal): PathWatch {
    const { room } = this.#options;
    const watch = new PathWatch({
      restart: async () => {
        const params = { room, session, transport: transport.id };
        const answer = await untilAnswered(() => this.#rpc("call.restart", params), { signal: over });
        await transport.restartIce({ iceParameters: (answer as Restarted).iceParameters });
      },
      onLost: () => !over.aborted && this.#rebuild(),
      onRefused: (error) => !over.aborted && this.#failed(error),
    });
    transport.on("connectionstatechange", (state) => {
      if (over.aborted) return;
      if (state === "connected") this.#again = 0;
      watch.changed(state);
      this.#show();
    });
    return watch;
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
        await this.#receive(link, state);
    }
  }

  async #receive(link: Link, state: CallChanged): Promise<void> {
    const { consume, close } = plan(link.consumers.keys(), state, this.#options.participant);
    for (const id of close) this.#endConsumer(link, id);
    await Promise.all(consume.map((wanted) => this.#consume(link, wanted)));
    this.#show();
  }

  async #consume(link: Link, { caller, producer }: Wanted): Promise<void> {
    const of = { room: this.#options.room, session: link.session };
    try {
      const consumed = (await this.#rpc("call.consume", {
        ...of,
        transport: link.receive.id,
        producer: producer.id,
        rtpCapabilities: link.device.recvRtpCapabilities,
      })) as Consumed;
      const consumer = await link.receive.consume({ ...consumed, streamId: caller.participant });
      link.consumers.set(producer.id, consumer);
      this.#show();
      // It began paused, so that no packet came before the browser knew what to do with it.
      await this.#rpc("call.resume", { ...of, consumer: consumed.id });
    } catch (error) {
      // It ended in the meantime (the next state says so), or it is nothing that this browser can receive.
      if (!(error instanceof RpcError && SKIPPED.has(error.slug))) throw error;
      this.#endConsumer(link, producer.id);
    }
  }

  #endConsumer(link: Link, producer: string): void {
    link.consumers.get(producer)?.close();
    link.consumers.delete(producer);
  }

  /** Bring what is sent of an input in line with what is wanted. */
  async #publish(link: Link, kind: InputKind): Promise<void> {
    const wanted = this.#outgoing.get(kind);
    if (!wanted) return;
    const producer = link.producers.get(kind);
    if (producer) return this.#change(link, producer, wanted);
    const { track, on, quality } = wanted;
    if (!track || !on) return; // Nothing to be heard or seen yet: it is produced when there is.
    const source: Source = kind;
    const made = await link.send.produce({
      track,
      ...sending(kind, quality),
      stopTracks: false,
      appData: { source, paused: false },
    });
    link.producers.set(kind, made);
  }

  async #change(link: Link, producer: types.Producer, wanted: Outgoing): Promise<void> {
    const { track, on, quality } = wanted;
    const of = { room: this.#options.room, session: link.session, producer: producer.id };
    const audible = on && track !== null;
    const wasPaused = producer.paused;
    if (!audible) producer.pause();
    // A stopped track stays in its sender until another comes: it sends nothing.
    if (track && producer.track !== track) await producer.replaceTrack({ track });
    if (track && producer.kind === "video") await limit(producer, quality);
    if (audible && wasPaused) {
      producer.resume();
      await this.#rpc("call.resume", of);
    } else if (!audible && !wasPaused) {
      await this.#rpc("call.pause", of);
    }
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
    discard(link);
    this.#show();
  }

  #rpc(method: string, params: object): Promise<unknown> {
    return this.#options.signalling.rpc(method, params);
  }

  // The snapshot

  #show(): void {
    const link = this.#link;
    const { participant } = this.#options;
    const states = link ? [link.send.connectionState, link.receive.connectionState] : [];
    this.#set({
      path: pathOf(states),
      remotes: remotesOf(this.#seen.current, participant, (id) => link?.consumers.get(id)?.track),
    });
  }

  #set(change: Partial<CallSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

function discard(link: Link): void {
  link.over.abort();
  for (const watch of link.watches) watch.close();
  link.send.close();
  link.receive.close();
}

const SKIPPED: ReadonlySet<string> = new Set(["call-part-unknown", "call-refused"]);

/** Bits per second by quality: a change of quality must not need a new producer. */
async function limit(producer: types.Producer, quality: VideoQuality): Promise<void> {
  const maxBitrate = sending("camera", quality).encodings?.[0]?.maxBitrate;
  if (maxBitrate !== undefined) await producer.setRtpEncodingParameters({ maxBitrate });
}

/** The status that an error leaves us in for good; null where trying again may help. */
function finalStatus(error: unknown): CallStatus | null {
  if (error instanceof Error && error.name === "UnsupportedError") return "unsupported";
  if (!(error instanceof RpcError) || error.temporary) return null;
  switch (error.slug) {
    case "call-session-replaced":
      return "replaced";
    case "call-not-admitted":
    case "forbidden":
    case "not-admitted":
    case "removed":
    case "room-ended":
    case "unauthenticated":
      return "refused";
    default:
      return null;
  }
}
