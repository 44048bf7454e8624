/** For tests: the server's side of a call, in memory. */

import { testFakeParameters } from "mediasoup-client";

import { RpcError } from "../realtime/errors";
import type { CallChanged, Caller, PublishedTrack, Source } from "../realtime/pushes";
import type { Signalling } from "./shapes";

type Params = Record<string, unknown> & { session?: string };

export class FakeSwitchboard implements Signalling {
  readonly calls: { method: string; params: Params }[] = [];
  /** Thrown by the next call of a method, in this order. */
  readonly failures = new Map<string, RpcError[]>();
  /** Told of every change, as the channel does. */
  onState: (state: CallChanged) => void = () => undefined;
  published = true;
  #epoch = "one";
  #version = 0;
  #callers: Caller[] = [];
  #made = 0;

  constructor(readonly me: string) {}

  rpc = async (method: string, params: object): Promise<unknown> => {
    const said = params as Params;
    this.calls.push({ method, params: said });
    await Promise.resolve();
    const failure = this.failures.get(method)?.shift();
    if (failure) throw failure;
    return this.#answer(method, said);
  };

  newest = (): Promise<unknown> => Promise.resolve(this.published ? this.state : null);

  get state(): CallChanged {
    return { type: "call.changed", room: "room", epoch: this.#epoch, version: this.#version, callers: this.#callers };
  }

  get session(): string {
    return this.#caller(this.me)?.session ?? "";
  }

  fail(method: string, code: number, temporary = false): void {
    this.failures.set(method, [...(this.failures.get(method) ?? []), new RpcError(code, "", temporary)]);
  }

  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** Another participant publishes these. */
  others(participant: string, ...producers: PublishedTrack[]): void {
    this.#put({ participant, person: participant, name: participant, session: "theirs", producers });
  }

  /** I opened the room somewhere else. */
  takeOver(): void {
    this.#put({ participant: this.me, person: "p", name: "Me", session: "another", producers: [] });
  }

  /** The server was restarted: nothing is left of the call. */
  restart(): void {
    this.#epoch = "two";
    this.#callers = [];
    this.#version = 0;
    this.published = false;
  }

  /** The server dropped us, for want of a connection. */
  dropMe(): void {
    this.#callers = this.#callers.filter(({ participant }) => participant !== this.me);
    this.#changed();
  }

  #answer(method: string, params: Params): unknown {
    switch (method) {
      case "call.join":
        return this.#join(params.session);
      case "call.transport":
        return { ...testFakeParameters.generateTransportRemoteParameters(), id: `transport-${(this.#made += 1)}` };
      case "call.restart":
        return { iceParameters: testFakeParameters.generateTransportRemoteParameters().iceParameters };
      case "call.produce":
        return { id: this.#produce(params) };
      case "call.consume":
        return this.#consume(params.producer as string);
      default:
        return {};
    }
  }

  #join(session: string | undefined): unknown {
    const adopted = session !== undefined && session === this.#caller(this.me)?.session;
    this.published = true;
    if (!adopted) {
      const session = `session-${(this.#made += 1)}`;
      this.#put({ participant: this.me, person: "p", name: "Me", session, producers: [] });
    }
    return {
      session: this.session,
      adopted,
      routerRtpCapabilities: testFakeParameters.generateRouterRtpCapabilities(),
      iceServers: [],
      state: this.state,
    };
  }

  #produce(params: Params): string {
    const id = `producer-${(this.#made += 1)}`;
    const mine = this.#caller(this.me);
    if (mine) {
      const kind = params.kind as "audio" | "video";
      const made = { id, kind, source: params.source as Source, paused: false };
      this.#put({ ...mine, producers: [...mine.producers, made] });
    }
    return id;
  }

  #consume(producer: string): unknown {
    const track = this.#callers.flatMap(({ producers }) => producers).find(({ id }) => id === producer);
    const codecMimeType = track?.kind === "audio" ? "audio/opus" : "video/VP8";
    const id = `consumer-${(this.#made += 1)}`;
    const { rtpParameters, kind } = testFakeParameters.generateConsumerRemoteParameters({ id, codecMimeType });
    return { id, producerId: producer, kind, rtpParameters };
  }

  #caller(participant: string): Caller | undefined {
    return this.#callers.find((caller) => caller.participant === participant);
  }

  #put(caller: Caller): void {
    this.#callers = [...this.#callers.filter(({ participant }) => participant !== caller.participant), caller];
    this.#changed();
  }

  #changed(): void {
    this.#version += 1;
    this.onState(this.state);
  }
}
