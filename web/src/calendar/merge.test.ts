import { describe, expect, it } from "vitest";
import type { CalendarRange } from "../api/types";
import type { AppointmentChanged, CalendarChanged } from "../realtime/pushes";
import { appointment, pushed } from "../testing/people";
import { applyPush, replayPushes } from "./merge";

const NINE = "2026-11-23T09:00:00+00:00";
const HALF = "2026-11-23T09:30:00+00:00";
const TEN = "2026-11-23T10:00:00+00:00";
const empty: CalendarRange = { version: 7, appointments: [], holds: [] };

const changed = (version: number, id: string, start: string, status: "booked" | "cancelled" | "completed" = "booked"): AppointmentChanged => ({
  type: "appointment.changed",
  version,
  appointment: pushed(appointment(id, start, { status })),
});
const hold = (version: number, state: CalendarChanged["state"], start: string | null = NINE, end: string | null = HALF): CalendarChanged => ({
  type: "calendar.changed",
  version,
  state,
  start,
  end,
  until: state === "held" ? TEN : null,
});

describe("a push about a calendar", () => {
  it("shows a hold, and takes it away again", () => {
    const held = applyPush(empty, hold(8, "held"));
    expect(held.holds).toEqual([{ id: `${NINE} ${HALF}`, start: NINE, end: HALF, expires_at: TEN }]);
    expect(applyPush(held, hold(9, "open"))).toEqual({ ...empty, version: 9 });
  });

  it("shows one hold once, fetched and pushed", () => {
    const fetched = { ...empty, holds: [{ id: "h", start: "2026-11-23T09:00:00Z", end: "2026-11-23T09:30:00Z", expires_at: TEN }] };
    expect(applyPush(fetched, hold(8, "held")).holds).toHaveLength(1);
  });

  it("makes an appointment of a hold, known by its time or by its id", () => {
    const booked = applyPush(applyPush(empty, hold(8, "held")), changed(9, "a", NINE));
    expect([booked.appointments.length, booked.holds.length]).toEqual([1, 0]);
    const fetched = { ...empty, holds: [{ id: "a", start: TEN, end: TEN, expires_at: TEN }] };
    expect(applyPush(fetched, changed(8, "a", NINE)).holds).toEqual([]);
  });

  it("keeps appointments in order, and what a push does not carry", () => {
    const noted = { ...empty, appointments: [appointment("b", TEN, { note: "back pain" })] };
    const both = applyPush(noted, changed(8, "a", NINE));
    expect(both.appointments.map(({ id }) => id)).toEqual(["a", "b"]);
    const cancelled = applyPush(both, changed(9, "b", TEN, "cancelled"));
    expect(cancelled.appointments).toMatchObject([{ id: "a" }, { status: "cancelled", note: "back pain" }]);
  });

  it("changes nothing that is known, except what counts no version: an appointment that took place", () => {
    expect(applyPush(empty, hold(7, "held"))).toBe(empty);
    expect(applyPush(empty, changed(6, "a", NINE))).toBe(empty);
    expect(applyPush(empty, changed(7, "a", NINE, "completed")).appointments).toHaveLength(1);
  });

  it("only knows the version where the hours changed", () => {
    expect(applyPush(empty, hold(8, "availability", null, null))).toEqual({ ...empty, version: 8 });
  });

  it("is put on top of what was fetched meanwhile, in order", () => {
    const caught = replayPushes(empty, [changed(9, "a", NINE), hold(8, "held"), hold(5, "held", TEN, TEN)]);
    expect(caught).toMatchObject({ version: 9, holds: [], appointments: [{ id: "a" }] });
  });

  it("lets a hold without an end of its own last as long as its slot", () => {
    expect(applyPush(empty, { ...hold(8, "held"), until: null }).holds[0]?.expires_at).toBe(HALF);
  });
});
