import { describe, expect, it } from "vitest";
import { addDays, cityOf, dayOf, daysFrom, deviceZone, knownZone, noonOf, offsetAt, zonesDiffer } from "./zones";

describe("days", () => {
  it("are those of a zone", () => {
    expect(dayOf("2026-11-23T23:30:00Z", "Europe/Stockholm")).toBe("2026-11-24");
    expect(dayOf(new Date("2026-11-23T02:00:00Z"), "America/Vancouver")).toBe("2026-11-22");
  });

  it("are counted without regard to clocks that are set", () => {
    expect(addDays("2026-03-28", 2)).toBe("2026-03-30");
    expect(daysFrom("2026-12-30", 3)).toEqual(["2026-12-30", "2026-12-31", "2027-01-01"]);
    expect(noonOf("2026-11-23").toISOString()).toBe("2026-11-23T12:00:00.000Z");
  });
});

describe("zones", () => {
  it("differ by what their clocks show, which depends on the day", () => {
    expect(zonesDiffer("2026-11-23T12:00:00Z", "Europe/London", "UTC")).toBe(false);
    expect(zonesDiffer("2026-07-01T12:00:00Z", "Europe/London", "UTC")).toBe(true);
    expect(zonesDiffer("2026-07-01T12:00:00Z", "UTC", "UTC")).toBe(false);
    expect(offsetAt("2026-11-23T12:00:00Z", "Asia/Kolkata")).toBe(330);
  });

  it("are the device's where nobody knows them", () => {
    expect(knownZone("Europe/London")).toBe("Europe/London");
    expect(knownZone("Mars/Olympus")).toBe(deviceZone());
    expect(knownZone(null)).toBe(deviceZone());
  });

  it("are called by their city", () => {
    expect(cityOf("America/Argentina/Buenos_Aires")).toBe("Buenos Aires");
    expect(cityOf("UTC")).toBe("UTC");
  });
});
