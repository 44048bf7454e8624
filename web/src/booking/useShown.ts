import { useEffect, useState } from "react";
import type { Slot } from "../api/types";
import { LEAVE_MS, type ShownSlot, moved, settled, still } from "./shown";

/** The slots to show. Within one `list` (a day of a service) changes are animated; another list just appears. */
export function useShown(list: string, slots: readonly Slot[]): ShownSlot[] {
  const [memory, setMemory] = useState(() => ({ list, slots, shown: still(slots) }));
  if (memory.list !== list) setMemory({ list, slots, shown: still(slots) });
  else if (memory.slots !== slots) setMemory({ list, slots, shown: moved(memory.shown, slots) });
  const leaving = memory.shown.some((slot) => slot.phase === "gone");
  useEffect(() => {
    if (!leaving) return undefined;
    const timer = setTimeout(() => setMemory((now) => ({ ...now, shown: settled(now.shown) })), LEAVE_MS);
    return () => clearTimeout(timer);
  }, [leaving, memory.shown]);
  return memory.list === list ? memory.shown : still(slots);
}
