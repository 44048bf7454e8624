import { useEffect, useRef } from "react";

/** Coming back within this is a reload, and no news. */
const GRACE_MS = 3000;

interface Known {
  readonly id: string;
  readonly name: string;
}

/** Tells who came and who went: once presence is known, and not of reloads. */
export function useComings(
  present: ReadonlySet<string> | null,
  people: readonly Known[],
  tell: (event: "joined" | "gone", name: string) => void,
): void {
  const before = useRef<ReadonlySet<string> | null>(null);
  const leaving = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  const latest = useRef({ people, tell });
  useEffect(() => {
    latest.current = { people, tell };
  });
  useEffect(() => {
    const was = before.current;
    before.current = present;
    if (!was || !present) return;
    const say = (event: "joined" | "gone", id: string) => {
      const known = latest.current.people.find((person) => person.id === id);
      if (known) latest.current.tell(event, known.name);
    };
    for (const id of present) {
      if (was.has(id)) continue;
      const timer = leaving.current.get(id);
      clearTimeout(timer);
      if (!leaving.current.delete(id)) say("joined", id);
    }
    for (const id of was) {
      if (present.has(id)) continue;
      const timer = setTimeout(() => {
        leaving.current.delete(id);
        say("gone", id);
      }, GRACE_MS);
      leaving.current.set(id, timer);
    }
  }, [present]);
  useEffect(() => {
    const { current } = leaving;
    return () => {
      for (const timer of current.values()) clearTimeout(timer);
    };
  }, []);
}
