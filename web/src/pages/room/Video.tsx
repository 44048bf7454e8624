import { useEffect, useRef } from "react";

import { classes } from "../../components/classes";

interface Props {
  track: MediaStreamTrack;
  /** What a screen reader calls it. */
  label: string;
  /** One's own picture, as in a mirror. */
  mirrored?: boolean;
  className?: string;
}

/** A picture that moves. Always silent: sound has its own elements. */
export function Video({ track, label, mirrored = false, className }: Props) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const { current } = element;
    if (!current) return undefined;
    current.srcObject = new MediaStream([track]);
    // Silent pictures may always play; where a browser saves power, the first touch starts it.
    current.play().catch(() => undefined);
    return () => {
      current.srcObject = null;
    };
  }, [track]);
  return (
    <video
      ref={element}
      muted
      autoPlay
      playsInline
      aria-label={label}
      className={classes(mirrored && "-scale-x-100", className)}
    />
  );
}
