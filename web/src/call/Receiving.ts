/** What one joined call receives: a consumer for each track of the others. */

import type { types } from "mediasoup-client";

import { RpcError } from "../realtime/errors";
import type { CallChanged } from "../realtime/pushes";
import type { Ask, Consumed } from "./shapes";
import { plan, type Wanted } from "./state";

export interface ReceivingOptions {
  transport: types.Transport;
  rtpCapabilities: types.RtpCapabilities;
  /** My own participant id: nothing of mine is received. */
  participant: string;
  ask: Ask;
  /** Another track came. */
  onTrack: () => void;
}

const SKIPPED: ReadonlySet<string> = new Set(["call-part-unknown", "call-refused"]);

export class Receiving {
  readonly #options: ReceivingOptions;
  /** By producer. */
  readonly #consumers = new Map<string, types.Consumer>();

  constructor(options: ReceivingOptions) {
    this.#options = options;
  }

  /** What is received of a producer. */
  track(producer: string): MediaStreamTrack | undefined {
    return this.#consumers.get(producer)?.track;
  }

  /** Begin and end what this state asks for. */
  async follow(state: CallChanged): Promise<void> {
    const { consume, close } = plan(this.#consumers.keys(), state, this.#options.participant);
    for (const id of close) this.#end(id);
    await Promise.all(consume.map((wanted) => this.#begin(wanted)));
  }

  async #begin({ caller, producer }: Wanted): Promise<void> {
    const { transport, rtpCapabilities, ask, onTrack } = this.#options;
    try {
      const wanted = { transport: transport.id, producer: producer.id, rtpCapabilities };
      const consumed = (await ask("call.consume", wanted)) as Consumed;
      const consumer = await transport.consume({ ...consumed, streamId: caller.participant });
      this.#consumers.set(producer.id, consumer);
      onTrack();
      // It began paused, so that no packet came before the browser knew what to do with it.
      await ask("call.resume", { consumer: consumed.id });
    } catch (error) {
      // It ended in the meantime (the next state says so), or it is nothing that this browser can receive.
      if (!(error instanceof RpcError && SKIPPED.has(error.slug))) throw error;
      this.#end(producer.id);
    }
  }

  #end(producer: string): void {
    this.#consumers.get(producer)?.close();
    this.#consumers.delete(producer);
  }
}
