import { beforeEach, describe, expect, it, vi } from "vitest";

import { RpcError } from "../../realtime/errors";
import type { Message } from "../../realtime/pushes";
import { Outbox, type OutboxOptions } from "./Outbox";
import { eventually } from "../../testing/eventually";

const LOST = new RpcError(1, "timeout", true);
const REFUSED = new RpcError(1106, "no", false);

let sent: string[];
let acknowledged: string[];
let answers: (RpcError | null)[];

function outbox(change: Partial<OutboxOptions> = {}): Outbox {
  return new Outbox({
    room: "room",
    send: ({ text, key }) => {
      sent.push(text);
      const error = answers.shift();
      return error ? Promise.reject(error) : Promise.resolve({ text, key } as Message);
    },
    onSent: ({ text }) => acknowledged.push(text),
    now: () => 7,
    retry: { sleep: () => Promise.resolve() },
    ...change,
  });
}

const texts = (box: Outbox) => box.snapshot().map(({ text, error }) => [text, error === null ? "pending" : "failed"]);

beforeEach(() => {
  sessionStorage.clear();
  [sent, acknowledged, answers] = [[], [], []];
});

describe("Outbox", () => {
  it("sends again until the server has it, in the order in which it was written", async () => {
    answers = [LOST, LOST, null, null];
    const box = outbox();
    box.add("one");
    box.add("two");
    expect(texts(box)).toEqual([["one", "pending"], ["two", "pending"]]);
    await eventually(() => expect(acknowledged).toEqual(["one", "two"]));
    expect(sent).toEqual(["one", "one", "one", "two"]);
    expect(texts(box)).toEqual([]);
  });

  it("sends a message under one key however often it is tried", async () => {
    const keys = new Set<string>();
    answers = [LOST];
    const box = outbox({
      send: ({ key, text }) => {
        keys.add(key);
        const error = answers.shift();
        return error ? Promise.reject(error) : Promise.resolve({ key, text } as Message);
      },
    });
    box.add("one");
    await eventually(() => expect(acknowledged).toEqual(["one"]));
    expect(keys.size).toBe(1);
  });

  it("keeps what was refused until somebody decides, and goes on with the next", async () => {
    answers = [REFUSED, null, null];
    const box = outbox();
    box.add("bad");
    box.add("good");
    await eventually(() => expect(acknowledged).toEqual(["good"]));
    expect(texts(box)).toEqual([["bad", "failed"]]);
    box.again(box.snapshot()[0]?.key ?? "");
    await eventually(() => expect(acknowledged).toEqual(["good", "bad"]));
    answers = [REFUSED];
    box.add("worse");
    await eventually(() => expect(texts(box)).toEqual([["worse", "failed"]]));
    box.discard(box.snapshot()[0]?.key ?? "");
    expect(texts(box)).toEqual([]);
  });

  it("outlives a reload of the page, key and all", async () => {
    const never = outbox({ send: () => new Promise(() => undefined) });
    never.add("on its way");
    const [before] = never.snapshot();
    never.stop();

    const box = outbox();
    expect(box.snapshot()).toEqual([before]);
    box.start();
    await eventually(() => expect(acknowledged).toEqual(["on its way"]));
    expect(sessionStorage.length).toBe(0);
  });

  it("sends nothing while it is stopped, and all of it once it is started again", async () => {
    const box = outbox();
    box.stop();
    box.add("later");
    await Promise.resolve();
    expect(sent).toEqual([]);
    box.start();
    await eventually(() => expect(acknowledged).toEqual(["later"]));
  });

  it("leaves alone what comes after it was stopped", async () => {
    let answer: (message: Message) => void = () => undefined;
    const box = outbox({ send: () => new Promise((resolve) => (answer = resolve)) });
    const told = vi.fn();
    box.add("one");
    box.watch(told);
    box.stop();
    answer({ text: "one" } as Message);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([acknowledged, told.mock.calls.length]).toEqual([[], 0]);
  });

  it("works without storage, and with what another version left there", () => {
    sessionStorage.setItem("klear.outbox.room", "{not json");
    expect(outbox().snapshot()).toEqual([]);
    const closed = { getItem: () => { throw new Error("closed"); } } as unknown as Storage;
    const box = outbox({ storage: closed });
    box.add("one");
    expect(texts(box)).toEqual([["one", "pending"]]);
  });
});
