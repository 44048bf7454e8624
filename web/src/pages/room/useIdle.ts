import { useEffect, useRef, useState } from "react";

const IDLE_MS = 4000;

/** Whether nobody has moved, touched or typed for a while. Never while `busy`. */
export function useIdle(busy: boolean): boolean {
  const [idle, setIdle] = useState(false);
  const busyNow = useRef(busy);
  useEffect(() => {
    busyNow.current = busy;
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const wait = () => {
      timer = setTimeout(() => {
        if (busyNow.current || focusIsSeen()) wait();
        else setIdle(true);
      }, IDLE_MS);
    };
    const wake = () => {
      clearTimeout(timer);
      setIdle(false);
      wait();
    };
    for (const name of EVENTS) window.addEventListener(name, wake, { passive: true });
    wait();
    return () => {
      clearTimeout(timer);
      for (const name of EVENTS) window.removeEventListener(name, wake);
    };
  }, []);
  return idle && !busy;
}

const EVENTS = ["pointermove", "pointerdown", "keydown", "focusin"] as const;

/** Somebody is on his way by keyboard: what he stands on must not vanish. */
function focusIsSeen(): boolean {
  return document.activeElement?.matches("button:focus-visible, select:focus-visible") ?? false;
}
