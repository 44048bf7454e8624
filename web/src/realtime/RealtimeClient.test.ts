import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { FakeHub } from "./fakeHub";
import { RealtimeClient } from "./RealtimeClient";
import { eventually } from "../testing/eventually";

let hub: FakeHub;
let client: RealtimeClient;

function handlers() {
  return { onPublication: vi.fn(), onResync: vi.fn(), onClosed: vi.fn(), onPresence: vi.fn() };
}

function connect(getToken: (() => Promise<string | null>) | null = () => Promise.resolve("a-token")): void {
  client = new RealtimeClient("ws://test/connection/websocket", getToken && { getToken }, {
    websocket: hub.socket,
    minReconnectDelay: 1,
  });
  client.connect();
}

beforeEach(() => {
  hub = new FakeHub();
});
afterEach(() => client.close());

describe("RealtimeClient", () => {
  it("connects with the session's token, or without one", async () => {
    connect();
    await eventually(() => expect(client.live.snapshot()).toBe("live"));
    client.close();
    connect(null);
    await eventually(() => expect(client.live.snapshot()).toBe("live"));
    expect(hub.of("connect").map(({ token }) => token ?? "")).toEqual(["a-token", ""]);
  });

  it("stays away once the session is over", async () => {
    connect(() => Promise.resolve(null));
    await eventually(() => expect(client.live.snapshot()).toBe("offline"));
    expect(hub.of("connect")).toEqual([]);
  });

  it("shares a subscription between all who listen, and ends it with the last", async () => {
    connect();
    const [one, other] = [handlers(), handlers()];
    const stopOne = client.subscribe("room:1", one);
    await eventually(() => expect(one.onResync).toHaveBeenCalledTimes(1));
    const stopOther = client.subscribe("room:1", other);
    await eventually(() => expect(other.onResync).toHaveBeenCalledTimes(1));
    hub.publish("room:1", { n: 1 });
    await eventually(() => expect(other.onPublication).toHaveBeenCalledTimes(1));
    stopOne();
    hub.publish("room:1", { n: 2 });
    await eventually(() => expect(other.onPublication).toHaveBeenCalledTimes(2));
    stopOther();
    await eventually(() => expect(hub.of("unsubscribe")).toEqual([{ channel: "room:1" }]));
    expect(hub.of("subscribe")).toHaveLength(1);
    expect(one.onPublication.mock.calls).toEqual([[{ n: 1 }]]);
    expect(other.onPublication.mock.calls).toEqual([[{ n: 1 }], [{ n: 2 }]]);
  });

  it("does not call somebody who left before his turn came", async () => {
    connect();
    const one = handlers();
    client.subscribe("room:1", one);
    await eventually(() => expect(one.onResync).toHaveBeenCalled());
    const late = handlers();
    client.subscribe("room:1", late)();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(late.onResync).not.toHaveBeenCalled();
  });

  it.each([
    [true, 1],
    [false, 2],
  ])("asks to fetch anew after a break exactly where something was missed (recovered: %s)", async (recovers, times) => {
    hub.recovers = recovers;
    connect();
    const one = handlers();
    client.subscribe("room:1", one);
    await eventually(() => expect(one.onResync).toHaveBeenCalledTimes(1));
    const connections = vi.fn();
    client.watchConnections(connections);
    hub.drop();
    await eventually(() => expect(hub.of("subscribe")).toHaveLength(2));
    await eventually(() => expect(client.live.snapshot()).toBe("recovered"));
    await eventually(() => expect(one.onPresence).toHaveBeenCalledTimes(2));
    expect(one.onResync).toHaveBeenCalledTimes(times);
    expect([client.connectionNumber(), connections.mock.calls.length]).toEqual([2, 1]);
  });

  it("listens to what the server subscribed it to, without asking", async () => {
    hub.serverSide = ["user:me"];
    connect();
    const early = handlers();
    client.subscribe("user:me", early);
    await eventually(() => expect(early.onResync).toHaveBeenCalledTimes(1));
    const late = handlers();
    client.subscribe("user:me", late);
    await eventually(() => expect(late.onResync).toHaveBeenCalledTimes(1));
    hub.publish("user:me", { n: 1 });
    await eventually(() => expect(early.onPublication).toHaveBeenCalledWith({ n: 1 }));
    expect(late.onPublication).toHaveBeenCalledWith({ n: 1 });
    expect(hub.of("subscribe")).toEqual([]);
  });

  it("tells when the server ends a subscription, or refuses it", async () => {
    hub.refuse["room:2"] = { code: 103, message: "permission denied" };
    connect();
    const [ended, refused] = [handlers(), handlers()];
    client.subscribe("room:1", ended);
    client.subscribe("room:2", refused);
    await eventually(() => expect(refused.onClosed).toHaveBeenCalledWith(103));
    hub.unsubscribe("room:1", 2000);
    await eventually(() => expect(ended.onClosed).toHaveBeenCalledWith(2000));
  });

  it("calls methods, and types their refusals", async () => {
    hub.answers["room.enter"] = { id: "r" };
    hub.refuse["chat.send"] = { code: 1107, message: "Slow down.", temporary: true };
    connect();
    expect(await client.rpc("room.enter", { room: "r" })).toEqual({ id: "r" });
    await expect(client.rpc("chat.send", {})).rejects.toMatchObject({ slug: "chat-too-fast", temporary: true });
  });

  it("counts people, not tabs, and hears of comings", async () => {
    hub.present = { a: { client: "a", user: "ana" }, b: { client: "b", user: "ana" }, c: { client: "c", user: "ravi" } };
    connect();
    const one = handlers();
    client.subscribe("room:1", one);
    await eventually(() => expect(one.onPresence).toHaveBeenCalledTimes(1));
    expect(await client.present("room:1")).toEqual(new Set(["ana", "ravi"]));
    hub.join("room:1", "mei");
    await eventually(() => expect(one.onPresence).toHaveBeenCalledTimes(2));
  });

  it("asks for the newest publication, where there is one", async () => {
    connect();
    expect(await client.newest("call:1")).toBeNull();
    hub.newest = { epoch: "e" };
    expect(await client.newest("call:1")).toEqual({ epoch: "e" });
  });

  it("publishes signals while connected, and forgets them otherwise", async () => {
    connect();
    client.publish("signals:1", { lost: true });
    await eventually(() => expect(client.live.snapshot()).toBe("live"));
    client.publish("signals:1", { type: "typing" });
    await eventually(() => expect(hub.of("publish")).toEqual([{ channel: "signals:1", data: { type: "typing" } }]));
  });

  it("says offline where there is no network to try over", async () => {
    connect();
    await eventually(() => expect(client.live.snapshot()).toBe("live"));
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    const words: string[] = [];
    client.live.watch(() => words.push(client.live.snapshot()));
    hub.drop();
    await eventually(() => expect(words).toContain("recovered"));
    expect(words[0]).toBe("offline");
  });
});
