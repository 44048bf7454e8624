import { describe, expect, it } from "vitest";

import { cornerByKey, nearestCorner } from "./corners";

const AROUND = { left: 100, top: 0, width: 1000, height: 600 };

describe("nearestCorner", () => {
  it.each([
    [{ left: 110, top: 10 }, "top-left"],
    [{ left: 800, top: 10 }, "top-right"],
    [{ left: 110, top: 400 }, "bottom-left"],
    [{ left: 551, top: 271 }, "bottom-right"],
  ])("of %j is %s", (place, corner) => {
    expect(nearestCorner({ ...place, width: 100, height: 60 }, AROUND)).toBe(corner);
  });
});

describe("cornerByKey", () => {
  it("goes where the arrow points, and stays where it is at the edge", () => {
    expect(cornerByKey("bottom-right", "ArrowUp")).toBe("top-right");
    expect(cornerByKey("top-right", "ArrowLeft")).toBe("top-left");
    expect(cornerByKey("top-left", "ArrowDown")).toBe("bottom-left");
    expect(cornerByKey("bottom-left", "ArrowRight")).toBe("bottom-right");
    expect(cornerByKey("top-left", "ArrowUp")).toBe("top-left");
    expect(cornerByKey("top-left", "Enter")).toBeNull();
  });
});
