import { describe, expect, it } from "vitest";
import { ANA, RAVI, appointment, pushed } from "../testing/people";
import { canCancel, isNow, opensAt, otherOf, split, withChange } from "./list";

const NOW = new Date("2026-11-23T10:10:00Z");
const running = appointment("running", "2026-11-23T10:00:00Z");
const later = appointment("later", "2026-11-23T15:00:00Z", { note: "back pain" });
const over = appointment("over", "2026-11-22T10:00:00Z", { status: "completed" });
const off = appointment("off", "2026-11-24T10:00:00Z", { status: "cancelled" });

describe("my appointments", () => {
  it("lie ahead until they end, nearest first; the others are past, latest first", () => {
    const { upcoming, past } = split([later, over, off, running], NOW);
    expect(upcoming.map(({ id }) => id)).toEqual(["running", "later"]);
    expect(past.map(({ id }) => id)).toEqual(["off", "over"]);
  });

  it("take a change, keep what it does not carry, and stay in order", () => {
    const list = withChange([running, later], { ...pushed(later), status: "cancelled" });
    expect(list.map(({ id, status, note }) => [id, status, note])).toEqual([
      ["running", "booked", ""],
      ["later", "cancelled", "back pain"],
    ]);
    expect(withChange([later], running).map(({ id }) => id)).toEqual(["running", "later"]);
  });

  it("never go back: a late push cannot undo a cancellation", () => {
    expect(withChange([off], { ...off, status: "booked" })).toEqual([off]);
  });

  it("are with the other side, and can be cancelled until they start", () => {
    expect(otherOf(later, ANA.id).name).toBe(RAVI.name);
    expect(otherOf(later, RAVI.id).name).toBe(ANA.name);
    expect([canCancel(later, NOW), canCancel(running, NOW), canCancel(off, NOW)]).toEqual([true, false, false]);
    expect([isNow(running, NOW), isNow(later, NOW)]).toEqual([true, false]);
  });

  it("open when the server says so, else a quarter of an hour before", () => {
    expect(opensAt(later).toISOString()).toBe("2026-11-23T14:45:00.000Z");
    expect(opensAt({ ...later, join_opens_at: "2026-11-23T09:00:00Z" }).toISOString()).toBe("2026-11-23T09:00:00.000Z");
  });
});
