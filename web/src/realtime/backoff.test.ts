import { describe, expect, it } from "vitest";

import { delay, sleep, untilAnswered } from "./backoff";
import { RpcError } from "./errors";

const LOST = new RpcError(1, "timeout", true);
const REFUSED = new RpcError(1106, "no", false);
const now = () => Promise.resolve();

describe("delay", () => {
  it("doubles up to its bound, and spreads over the upper half", () => {
    expect([1, 2, 3, 9].map((attempt) => delay(attempt, 100, 1000, 1))).toEqual([100, 200, 400, 1000]);
    expect(delay(3, 100, 1000, 0)).toBe(200);
  });
});

describe("untilAnswered", () => {
  it("tries temporary failures again, until an answer comes", async () => {
    let calls = 0;
    const waits: number[] = [];
    const answer = await untilAnswered(
      () => (++calls < 4 ? Promise.reject(LOST) : Promise.resolve("yes")),
      { random: () => 1, sleep: (ms) => (waits.push(ms), now()) },
    );
    expect([answer, calls, waits]).toEqual(["yes", 4, [400, 800, 1600]]);
  });

  it("throws what is refused for good, and what is no refusal, at once", async () => {
    let calls = 0;
    const failing = (error: Error) => untilAnswered(() => (calls++, Promise.reject(error)), { sleep: now });
    await expect(failing(REFUSED)).rejects.toBe(REFUSED);
    await expect(failing(new TypeError("bug"))).rejects.toThrow("bug");
    expect(calls).toBe(2);
  });

  it("gives up after its attempts", async () => {
    let calls = 0;
    const call = () => (calls++, Promise.reject(LOST));
    await expect(untilAnswered(call, { attempts: 3, sleep: now })).rejects.toBe(LOST);
    expect(calls).toBe(3);
  });

  it("stops when told to, also while it waits", async () => {
    const stop = new AbortController();
    const trying = untilAnswered(() => Promise.reject(LOST), { signal: stop.signal, first: 60_000 });
    setTimeout(() => stop.abort(), 5);
    await expect(trying).rejects.toHaveProperty("name", "AbortError");
    await expect(untilAnswered(() => Promise.resolve(1), { signal: stop.signal })).rejects.toHaveProperty("name", "AbortError");
    await expect(sleep(1, stop.signal)).rejects.toHaveProperty("name", "AbortError");
  });

  it("sleeps in real time by default", async () => {
    await expect(sleep(1, new AbortController().signal)).resolves.toBeUndefined();
  });
});
