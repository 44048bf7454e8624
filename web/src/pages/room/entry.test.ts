import { beforeEach, describe, expect, it, vi } from "vitest";

import { entryOf, inputs, rememberInputs } from "./entry";

beforeEach(() => sessionStorage.clear());

describe("entryOf", () => {
  it("remembers by room, until it forgets", () => {
    entryOf("one").remember();
    expect([entryOf("one").remembered(), entryOf("two").remembered()]).toEqual([true, false]);
    entryOf("one").forget();
    expect(entryOf("one").remembered()).toBe(false);
  });
});

describe("inputs", () => {
  it("are on until they were turned off", () => {
    expect(inputs()).toEqual({ microphone: true, camera: true });
    rememberInputs({ microphone: false, camera: true });
    expect(inputs()).toEqual({ microphone: false, camera: true });
    sessionStorage.setItem("klear.inputs", "{");
    expect(inputs()).toEqual({ microphone: true, camera: true });
  });

  it("do without storage", () => {
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => { throw new Error("closed"); });
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => { throw new Error("closed"); });
    rememberInputs({ microphone: false, camera: false });
    entryOf("one").remember();
    expect([inputs(), entryOf("one").remembered()]).toEqual([{ microphone: true, camera: true }, false]);
  });
});
