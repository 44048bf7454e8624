import type { Slot } from "../api/types";
import type { SlotsChanged } from "../realtime/pushes";
import { type Instant, dateOf, dayOf } from "../time/zones";

/** Slots as fetched, and the version of the calendar that they show. */
export interface SlotsView {
  version: number;
  slots: Slot[];
}

/** The view after a push. What was known already changes nothing, so pushes may come twice or late. */
export function applyChange<View extends SlotsView>(view: View, push: SlotsChanged): View {
  if (push.version <= view.version) return view;
  return { ...view, version: push.version, slots: changed(view.slots, push) };
}

/** The view after several pushes, in their order: those that came while the view was being fetched. */
export function replay<View extends SlotsView>(view: View, pushes: readonly SlotsChanged[]): View {
  return [...pushes].sort((one, other) => one.version - other.version).reduce(applyChange, view);
}

/**
 * Pushes tell stretches of time; a slot changes with every stretch that overlaps it. A freed stretch may bring slots
 * that we never saw, and buffers may free or take neighbours, so whoever applies a push also fetches anew (a little
 * later): this is what can be shown at once.
 */
function changed(slots: Slot[], { state, start, end }: SlotsChanged): Slot[] {
  if (start === null || end === null) return slots;
  const from = Date.parse(start);
  const to = Date.parse(end);
  const touches = (slot: Slot) => Date.parse(slot.start) < to && from < Date.parse(slot.end);
  if (state === "booked") return slots.filter((slot) => !touches(slot));
  return slots.map((slot) => (touches(slot) && slot.state !== state ? { ...slot, state } : slot));
}

/** Slots by their day in a zone, days and slots in order. */
export function byDay(slots: readonly Slot[], zone: string): Map<string, Slot[]> {
  const days = new Map<string, Slot[]>();
  for (const slot of slots) {
    const day = dayOf(slot.start, zone);
    const list = days.get(day);
    if (list === undefined) days.set(day, [slot]);
    else list.push(slot);
  }
  return days;
}

/** How many of the slots can be had. */
export function openCount(slots: readonly Slot[] | undefined): number {
  return slots?.filter((slot) => slot.state === "open").length ?? 0;
}

export type PartOfDay = "morning" | "afternoon" | "evening";

/** Slots by part of the day, on the clock of a zone. Parts without slots are left out. */
export function byPart<Each extends { start: Instant }>(
  slots: readonly Each[],
  zone: string,
): { part: PartOfDay; slots: Each[] }[] {
  const parts: Record<PartOfDay, Each[]> = { morning: [], afternoon: [], evening: [] };
  for (const slot of slots) parts[partOf(hourOf(slot.start, zone))].push(slot);
  return (["morning", "afternoon", "evening"] as const)
    .filter((part) => parts[part].length > 0)
    .map((part) => ({ part, slots: parts[part] }));
}

function partOf(hour: number): PartOfDay {
  return hour < 12 ? "morning" : hour < 17 ? "afternoon" : "evening";
}

function hourOf(instant: Instant, zone: string): number {
  const hour = new Intl.DateTimeFormat("en-US", { timeZone: zone, hour: "numeric", hourCycle: "h23" });
  return Number(hour.format(dateOf(instant)));
}
