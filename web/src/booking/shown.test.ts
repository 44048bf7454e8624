import { describe, expect, it } from "vitest";
import { slot } from "../testing/people";
import { moved, settled, still } from "./shown";

const [nine, ten, eleven] = ["09", "10", "11"].map((hour) => slot(`2026-11-23T${hour}:00:00Z`));
if (!nine || !ten || !eleven) throw new Error("three slots were made");
const phases = (shown: ReturnType<typeof moved>) => shown.map((each) => `${each.start.slice(11, 13)} ${each.phase}`);

describe("slots on the page", () => {
  it("stand still when the page opens", () => {
    expect(phases(still([nine, ten]))).toEqual(["09 steady", "10 steady"]);
  });

  it("show what went for a moment, in its place, and what came as new", () => {
    const next = moved(still([nine, ten]), [nine, eleven]);
    expect(phases(next)).toEqual(["09 steady", "10 gone", "11 new"]);
    expect(phases(settled(next))).toEqual(["09 steady", "11 new"]);
  });

  it("know a slot by its time, however that is written, and take its new state", () => {
    const [changed] = moved(still([nine]), [{ ...nine, start: "2026-11-23T10:00:00+01:00", state: "held" }]);
    expect(changed).toMatchObject({ phase: "steady", state: "held" });
  });

  it("bring back what was on its way out as new", () => {
    const leaving = moved(still([nine]), []);
    expect(phases(moved(leaving, [nine]))).toEqual(["09 new"]);
  });
});
