import { beforeEach, describe, expect, it, vi } from "vitest";

import { RpcError } from "../../realtime/errors";
import type { Message } from "../../realtime/pushes";
import { ChatSession } from "./ChatSession";
import { eventually } from "../../testing/eventually";

/** The server's side: stores, numbers, and answers history in pages. */
class Room {
  readonly stored: Message[] = [];
  failures = 0;
  /** The most messages that fit into one answer, however many were asked for. */
  fit = Infinity;

  say(text: string, key = `key-${text}`): Message {
    const known = this.stored.find((message) => message.key === key);
    if (known) return known;
    const seq = this.stored.length + 1;
    const made = { id: key, room: "room", seq, participant: "p", person: "ana", name: "Ana", text, key, at: "" };
    this.stored.push(made);
    return made;
  }

  rpc = async (method: string, params: object): Promise<unknown> => {
    await Promise.resolve();
    const said = params as { after: number; limit: number; text: string; key: string };
    const stored = method === "chat.send" ? this.say(said.text, said.key) : null;
    if (this.failures > 0) {
      this.failures -= 1;
      throw new RpcError(1, "the answer was lost", true);
    }
    return stored ?? { messages: this.stored.filter(({ seq }) => seq > said.after).slice(0, Math.min(said.limit, this.fit)), last_seq: this.stored.length };
  };
}

let room: Room;
let chat: ChatSession;
const shown = () => chat.snapshot().chat.messages.map(({ text }) => text);
const unsent = () => chat.snapshot().unsent.map(({ text }) => text);
const push = (message: Message) => chat.push({ type: "chat.message", message });

beforeEach(() => {
  sessionStorage.clear();
  room = new Room();
  chat = new ChatSession({ room: "room", rpc: room.rpc, retry: { sleep: () => Promise.resolve() } });
  chat.outbox.start();
});

describe("ChatSession", () => {
  it("fetches what was said, page by page", async () => {
    for (let n = 1; n <= 450; n += 1) room.say(`${n}`);
    expect(chat.snapshot().loaded).toBe(false);
    await chat.resync();
    expect([shown().length, shown().at(-1), chat.snapshot().loaded]).toEqual([450, "450", true]);
  });

  it("goes on until the last one, though long messages make a page shorter than asked for", async () => {
    for (let n = 1; n <= 10; n += 1) room.say(`${n}`);
    room.fit = 3;
    await chat.resync();
    expect([shown().length, shown().at(-1), chat.snapshot().loaded]).toEqual([10, "10", true]);
  });

  it("asks no further where nothing more comes", async () => {
    room.say("one");
    room.fit = 0;
    await chat.resync();
    expect([shown(), chat.snapshot().loaded]).toEqual([[], true]);
  });

  it("follows pushes, and fills a gap that they leave", async () => {
    await chat.resync();
    push(room.say("one"));
    room.say("missed");
    push(room.say("three"));
    await eventually(() => expect(shown()).toEqual(["one", "missed", "three"]));
    chat.push({ type: "of.tomorrow" });
  });

  it("stores a message once though its acknowledgement was lost, and shows it once though it came twice", async () => {
    room.failures = 2;
    chat.outbox.add("hello");
    expect(unsent()).toEqual(["hello"]);
    await eventually(() => expect(unsent()).toEqual([]));
    const [stored] = room.stored;
    if (stored) push(stored);
    expect([room.stored.length, shown()]).toEqual([1, ["hello"]]);
  });

  it("shows no copy of what the push brought before the answer did", () => {
    chat.outbox.stop();
    chat.outbox.add("fast");
    const key = chat.snapshot().unsent[0]?.key ?? "";
    push(room.say("fast", key));
    expect([shown(), unsent()]).toEqual([["fast"], []]);
  });

  it("has everything once, in order, after a break", async () => {
    await chat.resync();
    push(room.say("one"));
    room.say("two"); // while the page was away
    room.failures = 1;
    await chat.resync(); // fails: the connection was gone again
    await Promise.all([chat.resync(), chat.resync()]);
    chat.outbox.add("three");
    await eventually(() => expect(shown()).toEqual(["one", "two", "three"]));
  });

  it("tells whoever watches", async () => {
    const told = vi.fn();
    const stop = chat.watch(told);
    push(room.say("one"));
    expect(told).toHaveBeenCalledTimes(1);
    stop();
    await chat.resync();
    expect(told).toHaveBeenCalledTimes(1);
  });
});
