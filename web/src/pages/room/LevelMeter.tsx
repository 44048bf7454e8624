import { useEffect, useRef, useState } from "react";

import { watchLevel } from "../../call/level";
import { useText } from "../../messages/useText";

/** Above this, somebody speaks. */
const HEARD = 0.25;

/** How loud the microphone is, as a bar; and in words, once it was heard. */
export function LevelMeter({ track, on }: { track: MediaStreamTrack | null; on: boolean }) {
  const text = useText();
  const bar = useRef<HTMLSpanElement>(null);
  const [heardOf, setHeardOf] = useState<MediaStreamTrack | null>(null);
  useEffect(() => {
    if (!track) return undefined;
    const { current } = bar;
    return watchLevel(track, (level) => {
      // Straight to the element: twelve times a second is too often for React.
      current?.style.setProperty("transform", `scaleX(${level.toFixed(2)})`);
      if (level > HEARD) setHeardOf(track);
    });
  }, [track]);
  const heard = track !== null && heardOf === track;
  return (
    <div className="grid gap-1.5">
      <span className="block h-2 overflow-hidden rounded-full bg-line" aria-hidden>
        <span ref={bar} className="block h-full origin-left scale-x-0 rounded-full bg-sage transition-transform duration-75" />
      </span>
      <p role="status" className="text-sm text-muted">
        {text(!on ? "media.muted" : heard ? "media.heard" : "media.silent")}
      </p>
    </div>
  );
}
