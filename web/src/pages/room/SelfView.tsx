import { MicOff, VideoOff } from "lucide-react";
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";

import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { type Corner, cornerByKey, nearestCorner } from "./corners";
import type { Local } from "./useLocalMedia";
import { Video } from "./Video";

const PLACES: Record<Corner, string> = {
  "top-left": "left-3 top-17",
  "top-right": "right-3 top-17",
  "bottom-left": "bottom-[calc(6.5rem+env(safe-area-inset-bottom))] left-3",
  "bottom-right": "bottom-[calc(6.5rem+env(safe-area-inset-bottom))] right-3",
};

/** One's own picture: small, in a corner, and in another one where it is in the way. */
export function SelfView({ local }: { local: Local }) {
  const text = useText();
  const [corner, setCorner] = useState<Corner>("bottom-right");
  const drag = useDrag(setCorner);
  const { track } = local.camera;
  const onKeyDown = (event: KeyboardEvent) => {
    const next = cornerByKey(corner, event.key);
    if (!next) return;
    event.preventDefault();
    setCorner(next);
  };
  return (
    <button
      type="button"
      aria-label={text("call.self")}
      onKeyDown={onKeyDown}
      {...drag}
      className={classes(
        "absolute z-10 grid aspect-4/3 w-30 cursor-grab touch-none place-items-center overflow-hidden rounded-xl border border-line-strong/40 bg-raised shadow-float active:cursor-grabbing sm:w-44 md:w-52",
        PLACES[corner],
      )}
    >
      {track ? (
        <Video track={track} mirrored label={text("call.you")} className="pointer-events-none size-full object-cover" />
      ) : (
        <VideoOff aria-hidden className="size-6 text-muted" />
      )}
      <span className="absolute bottom-1.5 left-1.5 inline-flex items-center gap-1 rounded-md bg-black/55 px-1.5 py-0.5 text-xs text-white">
        {!local.microphone.on && <MicOff aria-hidden className="size-3" />}
        {text("call.you")}
      </span>
    </button>
  );
}

/** Moves with the pointer, and comes to rest in the nearest corner of what it lies on. */
function useDrag(onCorner: (corner: Corner) => void) {
  const start = useRef<{ x: number; y: number } | null>(null);
  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      start.current = { x: event.clientX, y: event.clientY };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      if (!start.current) return;
      const { x, y } = start.current;
      event.currentTarget.style.transform = `translate(${event.clientX - x}px, ${event.clientY - y}px)`;
    },
    onPointerUp(event: PointerEvent<HTMLElement>) {
      const element = event.currentTarget;
      const around = element.offsetParent?.getBoundingClientRect();
      if (start.current && around) onCorner(nearestCorner(element.getBoundingClientRect(), around));
      start.current = null;
      element.style.transform = "";
    },
    onPointerCancel(event: PointerEvent<HTMLElement>) {
      start.current = null;
      event.currentTarget.style.transform = "";
    },
  };
}
