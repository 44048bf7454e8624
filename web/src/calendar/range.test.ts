import { describe, expect, it } from "vitest";
import { daysShown, firstDayOf, stepped, weekStart, weekdayOf, windowOf } from "./range";

describe("the days of a calendar", () => {
  it("begin a week where the locale does", () => {
    expect(weekStart("2026-11-22", 1)).toBe("2026-11-16"); // a Sunday: the end of a week that began on Monday
    expect(weekStart("2026-11-22", 7)).toBe("2026-11-22");
    expect(weekStart("2026-11-23", 1)).toBe("2026-11-23");
    expect([weekdayOf("2026-11-22"), weekdayOf("2026-11-23")]).toEqual([7, 1]);
    expect([1, 7]).toContain(firstDayOf("en-US"));
  });

  it("are one or seven", () => {
    expect(daysShown("day", "2026-11-25", 1)).toEqual({ first: "2026-11-25", count: 1 });
    expect(daysShown("list", "2026-11-25", 1)).toEqual({ first: "2026-11-23", count: 7 });
  });

  it("step by what is shown, over the ends of months and years", () => {
    expect(stepped("day", "2026-12-31", 1)).toBe("2027-01-01");
    expect(stepped("week", "2026-03-01", -1)).toBe("2026-02-22");
  });

  it("are fetched wide enough for every zone", () => {
    expect(windowOf({ first: "2026-11-23", count: 7 })).toEqual({ from: "2026-11-22T00:00:00Z", to: "2026-12-01T00:00:00Z" });
  });
});
