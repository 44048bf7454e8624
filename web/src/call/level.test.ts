import { describe, expect, it, vi } from "vitest";

import { FakeTrack } from "./fakeTrack";
import { loudness, watchLevel } from "./level";

describe("loudness", () => {
  it("is nothing in silence, full at a shout, and in between as the ear has it", () => {
    expect(loudness(new Float32Array(64))).toBe(0);
    expect(loudness(new Float32Array(64).fill(1))).toBe(1);
    expect(loudness(new Float32Array(64).fill(0.01))).toBeCloseTo(0.4);
    expect(loudness(new Float32Array(64).fill(0.0001))).toBe(0);
  });
});

it("says nothing where the browser has no Web Audio", () => {
  const tell = vi.fn();
  watchLevel(new FakeTrack("audio").asTrack, tell)();
  expect(tell).not.toHaveBeenCalled();
});
