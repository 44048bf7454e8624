import { describe, expect, it } from "vitest";

import type { Message } from "../../realtime/pushes";
import { hasGap, lengthOf, merge, NO_CHAT, startsGroup } from "./chatState";

function message(seq: number, change: Partial<Message> = {}): Message {
  const at = new Date(Date.UTC(2026, 10, 23, 9, seq)).toISOString();
  return { id: `id-${seq}`, room: "r", seq, participant: "p", person: "ana", name: "Ana", text: `${seq}`, key: `k-${seq}`, at, ...change };
}

describe("merge", () => {
  it("orders by sequence and keeps each once, in whatever order and however often they come", () => {
    let chat = NO_CHAT;
    for (const seq of [3, 1, 1, 5, 2, 4, 3]) chat = merge(chat, [message(seq)]);
    expect(chat.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(chat.complete).toBe(5);
  });

  it("gives the same object back where all was known", () => {
    const chat = merge(NO_CHAT, [message(1), message(2)]);
    expect(merge(chat, [message(2)])).toBe(chat);
    expect(merge(chat, [])).toBe(chat);
  });

  it("knows up to where nothing is missing", () => {
    const chat = merge(merge(NO_CHAT, [message(1), message(2)]), [message(5)]);
    expect([chat.complete, hasGap(chat)]).toEqual([2, true]);
    const filled = merge(chat, [message(3), message(4)]);
    expect([filled.complete, hasGap(filled), hasGap(NO_CHAT)]).toEqual([5, false, false]);
  });
});

describe("startsGroup", () => {
  it("names whoever speaks, again after another spoke or a while has passed", () => {
    expect(startsGroup(message(1), undefined)).toBe(true);
    expect(startsGroup(message(2), message(1))).toBe(false);
    expect(startsGroup(message(2, { person: "ravi" }), message(1))).toBe(true);
    expect(startsGroup(message(9), message(1))).toBe(true);
  });
});

it("lengthOf counts as the server does", () => {
  expect(lengthOf("a🙂é")).toBe(3);
});
