import { describe, expect, it } from "vitest";

import { constraints, sending } from "./constraints";
import { problemOf } from "./problems";

describe("constraints", () => {
  it("wishes for a size, and demands only the device that was chosen", () => {
    expect(constraints("camera", "", "standard")).toEqual({
      width: { ideal: 640 },
      height: { ideal: 480 },
      frameRate: { ideal: 30, max: 30 },
      facingMode: "user",
    });
    expect(constraints("camera", "cam-2", "low")).toMatchObject({ deviceId: { exact: "cam-2" }, width: { ideal: 320 } });
    expect(constraints("microphone", "mic-2", "low")).toMatchObject({ deviceId: { exact: "mic-2" }, echoCancellation: true });
  });
});

describe("sending", () => {
  it("bounds the picture's bitrate, and protects the sound", () => {
    expect(sending("camera", "standard").encodings).toEqual([{ maxBitrate: 1_500_000 }]);
    expect(sending("camera", "low").encodings).toEqual([{ maxBitrate: 300_000 }]);
    expect(sending("microphone", "low").codecOptions?.opusFec).toBe(true);
  });
});

describe("problemOf", () => {
  it.each([
    ["NotAllowedError", "denied"],
    ["SecurityError", "denied"],
    ["NotFoundError", "missing"],
    ["OverconstrainedError", "missing"],
    ["NotReadableError", "busy"],
    ["AbortError", "busy"],
    ["TypeError", "failed"],
  ])("%s is %s", (name, problem) => {
    expect(problemOf({ name })).toBe(problem);
  });
  it("takes anything else for a failure", () => {
    expect([problemOf(null), problemOf("x")]).toEqual(["failed", "failed"]);
  });
});
