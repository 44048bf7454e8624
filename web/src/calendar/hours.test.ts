import { describe, expect, it } from "vitest";
import { grouped, hoursShown, nextSpan, problemsOf, rulesOf, sameHours, weekOf, withDay } from "./hours";

const rule = (weekday: number, start: string, end: string) => ({ weekday, start, end });
const WORK = [1, 2, 3, 4, 5].map((day) => rule(day, "09:00", "17:00"));

describe("working hours", () => {
  it("go into a form and come out the same, in order", () => {
    const rules = [rule(3, "13:00", "17:00"), rule(3, "09:00", "12:00"), rule(7, "10:00", "24:00")];
    expect(rulesOf(weekOf(rules))).toEqual([rule(3, "09:00", "12:00"), rule(3, "13:00", "17:00"), rule(7, "10:00", "24:00")]);
  });

  it("change one day at a time", () => {
    const week = withDay(weekOf(WORK), 6, [{ start: "10:00", end: "12:00" }]);
    expect(rulesOf(week)).toEqual([...WORK, rule(6, "10:00", "12:00")]);
    expect(rulesOf(withDay(week, 1, []))[0]?.weekday).toBe(2);
  });

  it("are told what does not work out, where it does not", () => {
    const week = weekOf([]).map((_, day) =>
      day === 0
        ? [{ start: "09:00", end: "12:00" }, { start: "11:00", end: "13:00" }, { start: "14:00", end: "14:00" }, { start: "", end: "15:00" }]
        : [],
    );
    expect(Object.fromEntries(problemsOf(week))).toEqual({ "1-1": "overlap", "1-2": "order", "1-3": "missing" });
    expect(problemsOf(weekOf(WORK)).size).toBe(0);
    expect(problemsOf(weekOf([rule(1, "22:00", "24:00"), rule(1, "09:00", "22:00")])).size).toBe(0);
  });

  it("offer the next stretch of a day, as long as the day lasts", () => {
    expect(nextSpan([])).toEqual({ start: "09:00", end: "17:00" });
    expect(nextSpan([{ start: "09:00", end: "12:00" }])).toEqual({ start: "13:00", end: "15:00" });
    expect(nextSpan([{ start: "09:00", end: "21:00" }])).toEqual({ start: "22:00", end: "24:00" });
    expect(nextSpan([{ start: "09:00", end: "23:00" }])).toBeNull();
  });

  it("are told together where days are alike", () => {
    const week = weekOf([...WORK.filter(({ weekday }) => weekday !== 3), rule(3, "09:00", "12:00")]);
    expect(grouped(week).map(({ days }) => days)).toEqual([[1, 2], [3], [4, 5]]);
    expect(grouped(weekOf([]))).toEqual([]);
  });

  it("are the same in whatever order they were written", () => {
    const one = { time_zone: "Europe/London", rules: WORK };
    expect(sameHours(one, { ...one, rules: [...WORK].reverse() })).toBe(true);
    expect(sameHours(one, { ...one, time_zone: "Europe/Paris" })).toBe(false);
  });

  it("are shown with what is booked outside of them", () => {
    expect(hoursShown([], [])).toEqual({ from: "08:00:00", to: "18:00:00" });
    expect(hoursShown([rule(1, "06:30", "12:00")], [{ start: "19:00", end: "20:15" }])).toEqual({ from: "06:00:00", to: "21:00:00" });
    expect(hoursShown([rule(1, "20:00", "24:00")], [])).toEqual({ from: "08:00:00", to: "24:00:00" });
  });
});
