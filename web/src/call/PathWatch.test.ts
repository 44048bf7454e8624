import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { PathWatch } from "./PathWatch";

const restart = vi.fn(() => Promise.resolve());
const onLost = vi.fn();
const onRefused = vi.fn();
let watch: PathWatch;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  watch = new PathWatch({ restart, onLost, onRefused, patience: 1000, deadline: 5000 });
});
afterEach(() => void vi.useRealTimers());

describe("PathWatch", () => {
  it("waits a moment before it does something about a disturbance", () => {
    watch.changed("disconnected");
    vi.advanceTimersByTime(999);
    watch.changed("connected");
    vi.advanceTimersByTime(60_000);
    expect(restart).not.toHaveBeenCalled();
  });

  it("looks for a new path, and is content when one is found", async () => {
    watch.changed("disconnected");
    vi.advanceTimersByTime(1000);
    await vi.advanceTimersByTimeAsync(0);
    watch.changed("disconnected"); // while it looks
    watch.changed("connecting");
    watch.changed("connected");
    await vi.advanceTimersByTimeAsync(60_000);
    expect([restart.mock.calls.length, onLost.mock.calls.length]).toEqual([1, 0]);
  });

  it("gives up when none is found in time, or the new one fails too", async () => {
    watch.changed("failed");
    await vi.advanceTimersByTimeAsync(5000);
    expect(onLost).toHaveBeenCalledTimes(1);

    watch = new PathWatch({ restart, onLost, onRefused });
    watch.changed("failed");
    watch.changed("failed");
    expect(onLost).toHaveBeenCalledTimes(2);
  });

  it("tells when the server will not, and nothing once it is closed", async () => {
    const error = new Error("no such transport");
    restart.mockRejectedValueOnce(error);
    watch.changed("failed");
    await vi.advanceTimersByTimeAsync(0);
    expect(onRefused).toHaveBeenCalledWith(error);

    watch = new PathWatch({ restart, onLost, onRefused });
    restart.mockRejectedValueOnce(error);
    watch.changed("failed");
    watch.close();
    watch.changed("failed");
    await vi.advanceTimersByTimeAsync(60_000);
    expect([onRefused.mock.calls.length, onLost.mock.calls.length]).toEqual([1, 0]);
  });
});
