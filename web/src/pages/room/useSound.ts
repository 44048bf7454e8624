import { useCallback, useEffect, useRef, useState } from "react";

export interface Sound {
  /** The browser wants a touch or a key before anything may sound. */
  readonly blocked: boolean;
  /** That touch. */
  unblock: () => void;
}

/** Lets a track be heard while mounted. */
export function useSound(track: MediaStreamTrack | null): Sound {
  const [blocked, setBlocked] = useState(false);
  const element = useRef<HTMLAudioElement | null>(null);
  const play = useCallback(() => {
    element.current?.play().then(
      () => setBlocked(false),
      // AbortError: the track went while it began, and nothing is to be heard any more.
      (error: unknown) => setBlocked(error instanceof DOMException && error.name === "NotAllowedError"),
    );
  }, []);
  useEffect(() => {
    if (!track) return undefined;
    const audio = new Audio();
    element.current = audio;
    audio.srcObject = new MediaStream([track]);
    play();
    return () => {
      element.current = null;
      audio.srcObject = null;
    };
  }, [track, play]);
  return { blocked: blocked && track !== null, unblock: play };
}
