import { Device, FakeHandler, testFakeParameters, type types } from "mediasoup-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { PublishedTrack } from "../realtime/pushes";
import { CallSession } from "./CallSession";
import { FakeSwitchboard } from "./fakeSwitchboard";
import { FakeTrack } from "./fakeTrack";
import { eventually } from "../testing/eventually";

const CAMERA: PublishedTrack = { id: "cam", kind: "video", source: "camera", paused: false };
const MICROPHONE: PublishedTrack = { id: "mic", kind: "audio", source: "microphone", paused: false };

let server: FakeSwitchboard;
let session: CallSession;
/** The browser's side of each transport, in the order in which they were made. */
let handlers: FakeHandler[];

function createDevice(): types.Device {
  const make = FakeHandler.createFactory(testFakeParameters);
  const handlerFactory: types.HandlerFactory = {
    ...make,
    factory: (options) => {
      const handler = make.factory(options);
      if (handler instanceof FakeHandler) handlers.push(handler);
      // The library's own types name the interface as a class.
      // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
      return handler;
    },
  };
  return new Device({ handlerFactory });
}

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  handlers = [];
  server = new FakeSwitchboard("me");
  session = new CallSession({ room: "room", participant: "me", signalling: server, createDevice });
  server.onState = (state) => session.apply(state);
});
afterEach(() => session.close());

const status = () => session.snapshot().status;
const joined = () => eventually(() => expect(status()).toBe("joined"));

async function join(): Promise<void> {
  session.join();
  await joined();
  for (const handler of handlers) handler.setConnectionState("connected");
}

const sending = (kind: "audio" | "video" = "video") => {
  const track = new FakeTrack(kind);
  const input = kind === "audio" ? ("microphone" as const) : ("camera" as const);
  const set = (on: boolean, other = track) =>
    session.setOutgoing(input, { track: on || kind === "audio" ? other.asTrack : null, on, quality: "standard" });
  return { track, set };
};

const received = () => session.snapshot().remotes.flatMap(({ tracks }) => Object.keys(tracks)).sort();
const rpcs = (...methods: string[]) => server.calls.filter(({ method }) => methods.includes(method)).map(({ method }) => method);

describe("joining", () => {
  it("makes one transport each way, and receives what is there already", async () => {
    server.others("ravi", CAMERA, MICROPHONE);
    await join();
    await eventually(() => expect(received()).toEqual(["camera", "microphone"]));
    expect(server.calls.filter(({ method }) => method === "call.transport").map(({ params }) => params.direction)).toEqual([
      "send",
      "recv",
    ]);
    await eventually(() => expect(server.count("call.resume")).toBe(2));
    expect(session.snapshot().path).toBe("connected");
  });

  it("keeps trying while calls are not available", async () => {
    server.fail("call.join", 1202, true);
    server.fail("call.transport", 1202, true);
    await join();
    expect(server.count("call.join")).toBe(3);
  });

  it("stops where it will not be let in", async () => {
    server.fail("call.join", 1201);
    session.join();
    await eventually(() => expect(status()).toBe("refused"));
    expect(server.count("call.join")).toBe(1);
  });

  it("says so in a browser that cannot", async () => {
    const unable = Object.assign(new Error("no handler"), { name: "UnsupportedError" });
    session = new CallSession({ room: "room", participant: "me", signalling: server, createDevice: () => { throw unable; } });
    session.join();
    await eventually(() => expect(status()).toBe("unsupported"));
  });
});

describe("receiving", () => {
  it("follows who publishes what", async () => {
    await join();
    server.others("ravi", MICROPHONE);
    await eventually(() => expect(received()).toEqual(["microphone"]));
    server.others("ravi", { ...MICROPHONE, paused: true }, CAMERA);
    await eventually(() => expect(received()).toEqual(["camera", "microphone"]));
    expect(session.snapshot().remotes[0]?.tracks.microphone?.paused).toBe(true);
    server.others("ravi");
    await eventually(() => expect(received()).toEqual([]));
    expect(server.count("call.consume")).toBe(2);
  });

  it("takes no notice of a track that ended before it could be had", async () => {
    await join();
    server.fail("call.consume", 1204);
    server.others("ravi", CAMERA);
    await eventually(() => expect(server.count("call.consume")).toBe(1));
    server.others("ravi", MICROPHONE);
    await eventually(() => expect(received()).toEqual(["microphone"]));
    expect(server.count("call.join")).toBe(1);
  });

  it("ignores states that are older than what it knows", async () => {
    await join();
    const old = server.state;
    server.others("ravi", CAMERA);
    await eventually(() => expect(received()).toEqual(["camera"]));
    session.apply(old);
    expect(received()).toEqual(["camera"]);
  });
});

describe("sending", () => {
  it("publishes when there is something to be seen, and pauses when it is turned off", async () => {
    const camera = sending();
    camera.set(false);
    await join();
    camera.set(true);
    await eventually(() => expect(server.count("call.produce")).toBe(1));
    camera.set(false);
    await eventually(() => expect(server.count("call.pause")).toBe(1));
    camera.set(false);
    camera.set(true, new FakeTrack("video"));
    await eventually(() => expect(server.count("call.resume")).toBe(1));
    expect(rpcs("call.produce", "call.pause", "call.resume")).toEqual(["call.produce", "call.pause", "call.resume"]);
    const produced = server.calls.find(({ method }) => method === "call.produce");
    expect(produced?.params).toMatchObject({ kind: "video", source: "camera", paused: false });
  });

  it("mutes the sound, and changes the device without a word to the server", async () => {
    const microphone = sending("audio");
    microphone.set(true);
    await join();
    await eventually(() => expect(server.count("call.produce")).toBe(1));
    microphone.set(true, new FakeTrack("audio"));
    microphone.set(false);
    await eventually(() => expect(server.count("call.pause")).toBe(1));
    expect(rpcs("call.produce", "call.resume")).toEqual(["call.produce"]);
  });

  it("joins anew when the server knows the session no more", async () => {
    await join();
    server.fail("call.produce", 1203);
    sending().set(true);
    await eventually(() => expect(server.count("call.join")).toBe(2));
    await eventually(() => expect(server.count("call.produce")).toBe(2));
    await joined();
  });
});

describe("one call a person", () => {
  it("gives way to another page of mine, and takes the call back when asked to", async () => {
    await join();
    server.takeOver();
    await eventually(() => expect(status()).toBe("replaced"));
    session.resync();
    expect(server.count("call.join")).toBe(1);
    session.join();
    await joined();
    expect(server.session).not.toBe("another");
  });

  it("learns it from a refusal, too", async () => {
    await join();
    server.fail("call.produce", 1200);
    sending().set(true);
    await eventually(() => expect(status()).toBe("replaced"));
  });

  it("does not take the call from another page because its own connection came back", async () => {
    await join();
    server.onState = () => undefined; // nothing is heard while the connection is down
    server.takeOver();
    session.resync();
    await eventually(() => expect(status()).toBe("replaced"));
    expect(server.count("call.join")).toBe(1);
  });

  it("nor because its path was lost meanwhile", async () => {
    await join();
    server.onState = () => undefined;
    server.takeOver();
    server.fail("call.restart", 1203);
    handlers[0]?.setConnectionState("failed");
    await eventually(() => expect(status()).toBe("replaced"));
  });
});

describe("coming back", () => {
  it("goes on with the session that still stands: nothing is built anew", async () => {
    await join();
    const { session: before } = server;
    session.resync();
    session.resync();
    await eventually(() => expect(server.count("call.join")).toBe(2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([server.session, server.count("call.transport"), server.count("call.join")]).toEqual([before, 2, 2]);
    expect(status()).toBe("joined");
  });

  it("builds everything anew after a restart of the server, sending what it sent", async () => {
    sending().set(true);
    await join();
    await eventually(() => expect(server.count("call.produce")).toBe(1));
    server.restart();
    session.resync();
    await eventually(() => expect(server.count("call.produce")).toBe(2));
    await joined();
    expect(server.count("call.transport")).toBe(4);
    expect(handlers).toHaveLength(4);
  });

  it("joins anew when it is missing from the call", async () => {
    await join();
    server.dropMe();
    await eventually(() => expect(server.count("call.join")).toBe(2));
    await joined();
  });

  it("looks for a new path when one is lost", async () => {
    await join();
    handlers[1]?.setConnectionState("failed");
    expect(session.snapshot().path).toBe("interrupted");
    await eventually(() => expect(server.count("call.restart")).toBe(1));
    handlers[1]?.setConnectionState("connected");
    expect(session.snapshot().path).toBe("connected");
    expect(server.count("call.join")).toBe(1);
  });

  it("joins anew when the new path fails, too", async () => {
    await join();
    handlers[1]?.setConnectionState("failed");
    handlers[1]?.setConnectionState("connecting");
    handlers[1]?.setConnectionState("failed");
    await eventually(() => expect(server.count("call.join")).toBe(2));
    await joined();
  });
});

describe("the end", () => {
  it("tells the server, and leaves the tracks alone", async () => {
    const camera = sending();
    camera.set(true);
    await join();
    await eventually(() => expect(server.count("call.produce")).toBe(1));
    session.leave();
    expect(server.count("call.leave")).toBe(1);
    expect([status(), camera.track.readyState]).toEqual(["left", "live"]);
    expect(await session.stats()).toBeNull();
  });

  it("comes to nothing while it is still on the way in, and can begin again", async () => {
    server.fail("call.join", 1202, true);
    session.join();
    session.close();
    expect(status()).toBe("left");
    await join();
    expect(status()).toBe("joined");
  });

  it("has figures of both directions while it runs", async () => {
    await join();
    const stats = await session.stats();
    expect([stats?.sent.size, stats?.received.size]).toEqual([0, 0]);
  });
});
