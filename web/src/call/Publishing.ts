/** What one joined call sends: a producer for each input that has been on. */

import type { types } from "mediasoup-client";

import type { Source } from "../realtime/pushes";
import { sending } from "./constraints";
import type { InputKind, VideoQuality } from "./preferences";
import type { Ask } from "./shapes";

/** What is to be sent of an input: the track, and whether it may be heard or seen. */
export interface Outgoing {
  readonly track: MediaStreamTrack | null;
  readonly on: boolean;
  readonly quality: VideoQuality;
}

export class Publishing {
  readonly #transport: types.Transport;
  readonly #ask: Ask;
  readonly #producers = new Map<InputKind, types.Producer>();

  constructor(transport: types.Transport, ask: Ask) {
    this.#transport = transport;
    this.#ask = ask;
  }

  /** Bring what is sent of an input in line with what is wanted. One call after another. */
  async send(kind: InputKind, wanted: Outgoing): Promise<void> {
    const producer = this.#producers.get(kind);
    if (producer) return this.#change(producer, wanted);
    const { track, on, quality } = wanted;
    if (!track || !on) return; // Nothing to be heard or seen yet: it is produced when there is.
    const source: Source = kind;
    const made = await this.#transport.produce({
      track,
      ...sending(kind, quality),
      stopTracks: false,
      appData: { source, paused: false },
    });
    this.#producers.set(kind, made);
  }

  async #change(producer: types.Producer, { track, on, quality }: Outgoing): Promise<void> {
    const audible = on && track !== null;
    const wasPaused = producer.paused;
    if (!audible) producer.pause();
    // A stopped track stays in its sender until another comes: it sends nothing.
    if (track && producer.track !== track) await producer.replaceTrack({ track });
    if (track && producer.kind === "video") await limit(producer, quality);
    if (audible && wasPaused) {
      producer.resume();
      await this.#ask("call.resume", { producer: producer.id });
    } else if (!audible && !wasPaused) {
      await this.#ask("call.pause", { producer: producer.id });
    }
  }
}

/** Bits per second by quality: a change of quality must not need a new producer. */
async function limit(producer: types.Producer, quality: VideoQuality): Promise<void> {
  const maxBitrate = sending("camera", quality).encodings?.[0]?.maxBitrate;
  if (maxBitrate !== undefined) await producer.setRtpEncodingParameters({ maxBitrate });
}
