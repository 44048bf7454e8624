import { Popover } from "radix-ui";

import type { Grade, Quality } from "../../call/quality";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { bubbleClass } from "./bubbleClass";

const BARS: Record<Grade, number> = { good: 3, fair: 2, poor: 1, unknown: 0 };
const TINTS: Record<Grade, string> = { good: "bg-sage", fair: "bg-amber", poor: "bg-red", unknown: "bg-line-strong" };
const HEIGHTS = ["h-1.5", "h-2.5", "h-3.5"] as const;

/** The connection as three bars; a tap says it in words, with what helps. */
export function QualityMeter({ quality }: { quality: Quality }) {
  const text = useText();
  const { grade, reason } = quality;
  return (
    <Popover.Root>
      <Popover.Trigger
        aria-label={text(`quality.label.${grade}`)}
        title={text(`quality.label.${grade}`)}
        className="inline-flex size-11 items-center justify-center rounded-full hover:bg-sunken/70"
      >
        <span aria-hidden className="flex items-end gap-0.75">
          {HEIGHTS.map((height, index) => (
            <span
              key={height}
              className={classes("w-1 rounded-full", height, index < BARS[grade] ? TINTS[grade] : "bg-line-strong/60")}
            />
          ))}
        </span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content sideOffset={6} collisionPadding={12} className={bubbleClass}>
          <p className="font-semibold">{text(`quality.label.${grade}`)}</p>
          <p className="mt-1 text-muted">{text(`quality.${reason}`)}</p>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
