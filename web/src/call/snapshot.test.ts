import { describe, expect, it } from "vitest";

import { FakeTrack } from "./fakeTrack";
import { pathOf, remotesOf } from "./snapshot";

describe("remotesOf", () => {
  it("shows each other person with what is received of him, by source", () => {
    const { asTrack: track } = new FakeTrack("audio");
    const callers = [
      { participant: "me", person: "p", name: "Me", session: "s", producers: [] },
      {
        participant: "ravi",
        person: "q",
        name: "Ravi",
        session: "t",
        producers: [
          { id: "mic", kind: "audio" as const, source: "microphone" as const, paused: true },
          { id: "cam", kind: "video" as const, source: "camera" as const, paused: false },
        ],
      },
      { participant: "mei", person: "m", name: "Mei", session: "u", producers: [] },
    ];
    const state = { type: "call.changed" as const, room: "r", epoch: "e", version: 1, callers };
    expect(remotesOf(state, "me", (id) => (id === "mic" ? track : undefined))).toEqual([
      { participant: "ravi", name: "Ravi", publishes: true, tracks: { microphone: { track, paused: true } } },
      { participant: "mei", name: "Mei", publishes: false, tracks: {} },
    ]);
    expect(remotesOf(null, "me", () => undefined)).toEqual([]);
  });
});

describe("pathOf", () => {
  it.each([
    [[], "new"],
    [["new", "new"], "new"],
    [["connected", "new"], "connected"],
    [["connected", "connecting"], "connecting"],
    [["connected", "disconnected"], "interrupted"],
    [["failed", "connecting"], "interrupted"],
  ])("of %j is %s: the worse one counts", (states, path) => {
    expect(pathOf(states)).toBe(path);
  });
});
