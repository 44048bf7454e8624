import type { Slot } from "../api/types";

/** How a slot stands on the page: `new` slides in, `gone` is on its way out and can no longer be chosen. */
export type Phase = "steady" | "new" | "gone";

export interface ShownSlot extends Slot {
  phase: Phase;
}

/** How long a slot takes to leave: as in theme.css. */
export const LEAVE_MS = 200;

/** Slots that were there when the page opened: nothing moves. */
export function still(slots: readonly Slot[]): ShownSlot[] {
  return slots.map((slot) => ({ ...slot, phase: "steady" }));
}

/** From what is shown to what there is now, in order of time: what went stays for a moment, marked. */
export function moved(shown: readonly ShownSlot[], slots: readonly Slot[]): ShownSlot[] {
  const before = new Map(shown.map((slot) => [Date.parse(slot.start), slot]));
  const now = new Set(slots.map((slot) => Date.parse(slot.start)));
  const there = slots.map((slot): ShownSlot => ({ ...slot, phase: phaseOf(before.get(Date.parse(slot.start))) }));
  const leaving = shown
    .filter((slot) => !now.has(Date.parse(slot.start)))
    .map((slot): ShownSlot => ({ ...slot, phase: "gone" }));
  return [...there, ...leaving].sort((one, other) => Date.parse(one.start) - Date.parse(other.start));
}

/** What stands when the moment is over. */
export function settled(shown: readonly ShownSlot[]): ShownSlot[] {
  return shown.filter((slot) => slot.phase !== "gone");
}

function phaseOf(before: ShownSlot | undefined): Phase {
  return before === undefined || before.phase === "gone" ? "new" : before.phase;
}
