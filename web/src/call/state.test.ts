import { describe, expect, it } from "vitest";

import type { CallChanged, Caller } from "../realtime/pushes";
import { NOTHING_SEEN, others, plan, see, standing } from "./state";

function caller(participant: string, session: string, ...producers: string[]): Caller {
  return {
    participant,
    person: `person of ${participant}`,
    name: participant,
    session,
    producers: producers.map((id) => ({ id, kind: "video", source: "camera", paused: false })),
  };
}

function state(version: number, callers: Caller[] = [], epoch = "one"): CallChanged {
  return { type: "call.changed", room: "r", epoch, version, callers };
}

describe("see", () => {
  it("keeps the highest version of an epoch, in whatever order they come", () => {
    let seen = NOTHING_SEEN;
    for (const version of [2, 1, 4, 3, 4]) seen = see(seen, state(version));
    expect(seen.current?.version).toBe(4);
    expect(see(seen, state(4))).toBe(seen);
  });

  it("takes a new epoch whatever its version, and never goes back to an old one", () => {
    const before = see(NOTHING_SEEN, state(9));
    const after = see(before, state(1, [], "two"));
    expect(after.current?.epoch).toBe("two");
    expect(see(after, state(10))).toBe(after);
  });
});

describe("plan", () => {
  it("receives what others publish, and ends what they publish no more", () => {
    const now = state(1, [caller("me", "s", "mine"), caller("ravi", "t", "a", "b")]);
    const { consume, close } = plan(["b", "gone"], now, "me");
    expect(consume.map(({ producer }) => producer.id)).toEqual(["a"]);
    expect(consume[0]?.caller.participant).toBe("ravi");
    expect(close).toEqual(["gone"]);
  });

  it("has nothing to do when nothing changed", () => {
    expect(plan(["a"], state(1, [caller("ravi", "t", "a")]), "me")).toEqual({ consume: [], close: [] });
  });
});

describe("standing", () => {
  it("tells where my call goes on", () => {
    const now = state(1, [caller("me", "here")]);
    expect(standing(now, "me", "here")).toBe("here");
    expect(standing(now, "me", "older")).toBe("elsewhere");
    expect(standing(now, "other", "here")).toBe("nowhere");
  });
});

it("others leaves me out", () => {
  expect(others(state(1, [caller("me", "a"), caller("ravi", "b")]), "me").map(({ participant }) => participant)).toEqual(["ravi"]);
});
