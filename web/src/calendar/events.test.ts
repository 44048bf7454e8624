import { describe, expect, it } from "vitest";
import { appointment } from "../testing/people";
import { businessHoursOf, eventsOf, spansOf } from "./events";

const NOW = new Date("2026-11-23T09:10:00Z");
const view = {
  version: 1,
  appointments: [
    appointment("past", "2026-11-23T08:00:00Z"),
    appointment("now", "2026-11-23T09:00:00+00:00"),
    appointment("off", "2026-11-23T10:00:00Z", { status: "cancelled" }),
    appointment("late", "2026-11-23T23:45:00Z"),
  ],
  holds: [
    { id: "h", start: "2026-11-23T11:00:00Z", end: "2026-11-23T11:30:00Z", expires_at: "2026-11-23T09:11:00Z" },
    { id: "gone", start: "2026-11-23T12:00:00Z", end: "2026-11-23T12:30:00Z", expires_at: "2026-11-23T09:09:00Z" },
  ],
};

describe("what the calendar shows", () => {
  it("is what stands, what took place, and what is being booked; not what was cancelled or let run out", () => {
    const events = eventsOf(view, NOW, "Being booked");
    expect(events.map(({ id, extendedProps }) => `${id} ${String(extendedProps?.kind)}`)).toEqual([
      "past over",
      "now booked",
      "late booked",
      "hold h held",
    ]);
    expect(events[1]).toMatchObject({ title: "Ana Lindqvist", start: "2026-11-23T09:00:00.000Z", interactive: true });
    expect(events[3]).toMatchObject({ title: "Being booked", interactive: false });
  });

  it("is nothing before it was fetched", () => {
    expect(eventsOf(undefined, NOW, "")).toEqual([]);
    expect(spansOf(undefined, "UTC")).toEqual([]);
  });

  it("has its hours by the practitioner's clock; what goes past midnight fills the day", () => {
    expect(spansOf(view, "Europe/London")).toEqual([
      { start: "08:00", end: "08:30" },
      { start: "09:00", end: "09:30" },
      { start: "23:45", end: "24:00" },
    ]);
  });

  it("counts weekdays as FullCalendar does", () => {
    expect(businessHoursOf([{ weekday: 7, start: "10:00", end: "24:00" }])).toEqual([
      { daysOfWeek: [0], startTime: "10:00", endTime: "24:00" },
    ]);
  });
});
