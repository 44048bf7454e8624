/** A joined call's two transports, and what goes over them: all that goes when the call is rebuilt. */

import type { types } from "mediasoup-client";

import { untilAnswered } from "../realtime/backoff";
import type { CallChanged } from "../realtime/pushes";
import { PathWatch } from "./PathWatch";
import { Publishing } from "./Publishing";
import { Receiving } from "./Receiving";
import type { Ask, Joined, Produced, Restarted, TransportOffer } from "./shapes";

export interface LinkOptions {
  device: types.Device;
  joined: Joined;
  /** My own participant id. */
  participant: string;
  ask: Ask;
  /** There is something else to show: a track, or how the packets fare. */
  onChange: () => void;
  /** A path was found. */
  onConnected: () => void;
  /** No path is found any more. */
  onLost: () => void;
  /** The server will not look for another path. */
  onRefused: (error: unknown) => void;
}

interface Transports {
  readonly send: types.Transport;
  readonly receive: types.Transport;
}

export class Link {
  readonly session: string;
  /** The state that joining answered: it may be older than our own place in the call. */
  readonly joinedAt: CallChanged;
  readonly publishing: Publishing;
  readonly receiving: Receiving;
  readonly #options: LinkOptions;
  readonly #transports: Transports;
  readonly #watches: readonly PathWatch[];
  readonly #over = new AbortController();

  /** Build what a call that was joined needs. Rejects with RpcError, or with the library's own errors. */
  static async build(options: LinkOptions): Promise<Link> {
    const { device, joined } = options;
    await device.load({ routerRtpCapabilities: joined.routerRtpCapabilities });
    const [send, receive] = await Promise.all([transport(options, "send"), transport(options, "recv")]);
    return new Link(options, { send, receive });
  }

  private constructor(options: LinkOptions, transports: Transports) {
    const { device, joined, participant, ask, onChange } = options;
    const { send, receive } = transports;
    this.session = joined.session;
    this.joinedAt = joined.state;
    this.publishing = new Publishing(send, ask);
    const { recvRtpCapabilities: rtpCapabilities } = device;
    this.receiving = new Receiving({ transport: receive, rtpCapabilities, participant, ask, onTrack: onChange });
    this.#options = options;
    this.#transports = transports;
    this.#watches = [this.#guard(send), this.#guard(receive)];
  }

  /** Aborted once it is closed. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** How each transport is connected. */
  get states(): string[] {
    const { send, receive } = this.#transports;
    return [send.connectionState, receive.connectionState];
  }

  /** Figures of both directions. */
  async stats(): Promise<{ sent: RTCStatsReport; received: RTCStatsReport }> {
    const { send, receive } = this.#transports;
    const [sent, received] = await Promise.all([send.getStats(), receive.getStats()]);
    return { sent, received };
  }

  /** Let go of everything but the tracks that were handed in. */
  close(): void {
    this.#over.abort();
    for (const watch of this.#watches) watch.close();
    this.#transports.send.close();
    this.#transports.receive.close();
  }

  /** Look for a new path when one is lost, and say so when there is none. */
  #guard(transport: types.Transport): PathWatch {
    const { ask, onChange, onConnected, onLost, onRefused } = this.#options;
    const { over } = this;
    const watch = new PathWatch({
      restart: async () => {
        const asked = () => ask("call.restart", { transport: transport.id });
        const { iceParameters } = (await untilAnswered(asked, { signal: over })) as Restarted;
        await transport.restartIce({ iceParameters });
      },
      onLost: () => !over.aborted && onLost(),
      onRefused: (error) => !over.aborted && onRefused(error),
    });
    transport.on("connectionstatechange", (state) => {
      if (over.aborted) return;
      if (state === "connected") onConnected();
      watch.changed(state);
      onChange();
    });
    return watch;
  }
}

/** One direction's transport: the server offers it, and is told what the browser answers. */
async function transport(
  { device, joined, ask }: LinkOptions,
  direction: "send" | "recv",
): Promise<types.Transport> {
  const offer = (await ask("call.transport", { direction })) as TransportOffer;
  const options = { ...offer, iceServers: joined.iceServers };
  const made = direction === "send" ? device.createSendTransport(options) : device.createRecvTransport(options);
  const of = { transport: made.id };
  made.on("connect", ({ dtlsParameters }, done, failed) => {
    ask("call.connect", { ...of, dtlsParameters }).then(() => done(), failed);
  });
  made.on("produce", ({ kind, rtpParameters, appData }, done, failed) => {
    ask("call.produce", { ...of, kind, rtpParameters, ...appData }).then(
      (produced) => done({ id: (produced as Produced).id }),
      failed,
    );
  });
  return made;
}
