import { describe, expect, it } from "vitest";

import { readPush, readTyping } from "./pushes";

describe("readPush", () => {
  it("knows the pushes of protocol/pushes.py by their type", () => {
    const push = { type: "room.changed", room: "r", status: "live" };
    expect(readPush(push)).toBe(push);
  });

  it.each([null, 7, "room.changed", {}, { type: 3 }, { type: "of.tomorrow" }])("has no word for %j", (data) => {
    expect(readPush(data)).toBeNull();
  });
});

describe("readTyping", () => {
  it("takes a signal, and nothing else of what another page may send", () => {
    expect(readTyping({ type: "typing", participant: "p", on: true, more: 1 })).toEqual({ type: "typing", participant: "p", on: true });
    for (const data of [null, "typing", { type: "typing" }, { type: "typing", participant: 1, on: true }, { type: "typing", participant: "p", on: "yes" }, { type: "other", participant: "p", on: true }]) {
      expect(readTyping(data)).toBeNull();
    }
  });
});
