import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LiveStore, RECOVERED_FOR } from "./live";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("LiveStore", () => {
  it("is live at once the first time, and says that it is back the next times", () => {
    const store = new LiveStore();
    const words: string[] = [store.snapshot()];
    store.watch(() => words.push(store.snapshot()));
    store.connected();
    store.connecting();
    store.connected();
    vi.advanceTimersByTime(RECOVERED_FOR);
    store.offline();
    expect(words).toEqual(["connecting", "live", "connecting", "recovered", "live", "offline"]);
  });

  it("tells nobody twice, and nobody who stopped listening", () => {
    const store = new LiveStore();
    const told = vi.fn();
    const stop = store.watch(told);
    store.connecting();
    expect(told).not.toHaveBeenCalled();
    stop();
    store.connected();
    expect(told).not.toHaveBeenCalled();
  });

  it("does not say live of a connection that broke in between", () => {
    const store = new LiveStore();
    store.connected();
    store.connecting();
    store.connected();
    store.connecting();
    vi.advanceTimersByTime(RECOVERED_FOR * 2);
    expect(store.snapshot()).toBe("connecting");
  });
});
