import { useCallback, useEffect, useRef } from "react";

/** No fetch follows a push sooner than this: pushes come in bursts. */
const SOONEST_MS = 200;

/**
 * `act`, once for however many calls come within a moment, at a random time of it: when everybody hears of a change at
 * once, they do not all ask at once.
 */
export function useSpread(act: () => void, overMs: number): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [act],
  );
  return useCallback(() => {
    timer.current ??= setTimeout(
      () => {
        timer.current = null;
        act();
      },
      SOONEST_MS + Math.random() * overMs,
    );
  }, [act, overMs]);
}
