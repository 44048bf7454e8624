import { useCallback, useEffect, useRef, useState } from "react";

const SHOWN_MS = 6000;
/** More would hide the picture. */
const MOST = 3;

export interface Note {
  readonly id: number;
  readonly text: string;
  /** What a press on it does; without it, it only says something. */
  readonly onOpen?: (() => void) | undefined;
}

export interface Notes {
  readonly notes: readonly Note[];
  readonly tell: (text: string, onOpen?: () => void) => void;
  readonly drop: (id: number) => void;
  readonly clear: () => void;
}

/** What just happened in the room, for a few seconds. */
export function useNotes(): Notes {
  const [notes, setNotes] = useState<readonly Note[]>([]);
  const next = useRef(0);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  const drop = useCallback((id: number) => setNotes((now) => now.filter((note) => note.id !== id)), []);
  const tell = useCallback(
    (text: string, onOpen?: () => void) => {
      const id = (next.current += 1);
      setNotes((now) => [...now, { id, text, onOpen }].slice(-MOST));
      const timer = setTimeout(() => {
        timers.current.delete(timer);
        drop(id);
      }, SHOWN_MS);
      timers.current.add(timer);
    },
    [drop],
  );
  useEffect(() => {
    const { current } = timers;
    return () => current.forEach(clearTimeout);
  }, []);
  const clear = useCallback(() => setNotes([]), []);
  return { notes, tell, drop, clear };
}
