import { describe, expect, it } from "vitest";
import type { SlotsChanged } from "../realtime/pushes";
import { slot } from "../testing/people";
import { applyChange, byDay, byPart, openCount, replay } from "./slots";

const at = (time: string, state: "open" | "held" = "open") => slot(`2026-11-23T${time}:00+00:00`, state);
const push = (version: number, state: SlotsChanged["state"], from: string | null, to: string | null): SlotsChanged => ({
  type: "slots.changed",
  version,
  state,
  start: from && `2026-11-23T${from}:00+00:00`,
  end: to && `2026-11-23T${to}:00+00:00`,
  until: null,
});
const view = { version: 4, slots: [at("09:00"), at("09:30"), at("10:00", "held")] };
const states = ({ slots }: typeof view) => slots.map((each) => `${each.start.slice(11, 16)} ${each.state}`);

describe("a push about slots", () => {
  it("marks what somebody holds, also where only a part of it overlaps", () => {
    expect(states(applyChange(view, push(5, "held", "09:15", "09:45")))).toEqual(["09:00 held", "09:30 held", "10:00 held"]);
  });

  it("leaves what only touches: ends are open", () => {
    expect(states(applyChange(view, push(5, "held", "09:30", "10:00")))).toEqual(["09:00 open", "09:30 held", "10:00 held"]);
  });

  it("takes away what was booked", () => {
    expect(states(applyChange(view, push(5, "booked", "10:00", "10:30")))).toEqual(["09:00 open", "09:30 open"]);
  });

  it("opens what was let go", () => {
    expect(states(applyChange(view, push(5, "open", "10:00", "10:30")))).toEqual(["09:00 open", "09:30 open", "10:00 open"]);
  });

  it("keeps the slots when availability itself changed, and knows the version", () => {
    expect(applyChange(view, push(9, "open", null, null))).toEqual({ ...view, version: 9 });
  });

  it("changes nothing that is known already", () => {
    expect(applyChange(view, push(4, "booked", "09:00", "09:30"))).toBe(view);
    const once = applyChange(view, push(5, "booked", "09:00", "09:30"));
    expect(applyChange(once, push(5, "booked", "09:30", "10:00"))).toBe(once);
  });

  it("does not touch the slots that it is not about", () => {
    const changed = applyChange(view, push(5, "held", "09:00", "09:30"));
    expect(changed.slots[1]).toBe(view.slots[1]);
  });
});

describe("pushes that came while slots were fetched", () => {
  it("are put on top in their order, however they came, without the older ones", () => {
    const pushes = [push(6, "open", "09:00", "09:30"), push(5, "held", "09:00", "09:30"), push(3, "booked", "09:30", "10:00")];
    const caught = replay(view, pushes);
    expect(caught.version).toBe(6);
    expect(states(caught)).toEqual(["09:00 open", "09:30 open", "10:00 held"]);
  });
});

describe("slots by day and part of the day", () => {
  it("belong to the day that the reader's clock shows", () => {
    const slots = [slot("2026-11-23T22:30:00Z"), slot("2026-11-23T23:30:00Z")];
    expect([...byDay(slots, "Europe/London").keys()]).toEqual(["2026-11-23"]);
    expect([...byDay(slots, "Europe/Stockholm").keys()]).toEqual(["2026-11-23", "2026-11-24"]);
  });

  it("tell morning, afternoon and evening by that clock, and leave out what is empty", () => {
    const slots = [at("11:30"), at("12:00"), at("17:00")];
    expect(byPart(slots, "Europe/London").map(({ part, slots: some }) => [part, some.length])).toEqual([
      ["morning", 1],
      ["afternoon", 1],
      ["evening", 1],
    ]);
    expect(byPart(slots, "Europe/Stockholm").map(({ part }) => part)).toEqual(["afternoon", "evening"]);
  });

  it("count what can be had", () => {
    expect(openCount(view.slots)).toBe(2);
    expect(openCount(undefined)).toBe(0);
  });
});
