/** Where one's own picture may lie. Pure. */

export type Corner = "top-left" | "top-right" | "bottom-left" | "bottom-right";

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The corner of `around` that the middle of `box` is nearest to. */
export function nearestCorner(box: Box, around: Box): Corner {
  const x = box.left + box.width / 2 - around.left;
  const y = box.top + box.height / 2 - around.top;
  return named(y > around.height / 2, x > around.width / 2);
}

/** The corner that an arrow key leads to; null for other keys. */
export function cornerByKey(corner: Corner, key: string): Corner | null {
  const low = corner.startsWith("bottom");
  const right = corner.endsWith("right");
  switch (key) {
    case "ArrowUp":
      return named(false, right);
    case "ArrowDown":
      return named(true, right);
    case "ArrowLeft":
      return named(low, false);
    case "ArrowRight":
      return named(low, true);
    default:
      return null;
  }
}

function named(low: boolean, right: boolean): Corner {
  return `${low ? "bottom" : "top"}-${right ? "right" : "left"}`;
}
