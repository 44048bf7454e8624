import { describe, expect, it } from "vitest";
import { destinationsFor, homeOf, isStaff, safeNext } from "./navigation";

describe("where a person goes", () => {
  it("depends on who he is", () => {
    expect(destinationsFor(["client"]).map(({ to }) => to)).toEqual(["/practitioners", "/appointments"]);
    expect(homeOf(["practitioner"])).toBe("/calendar");
    expect(homeOf(["owner"])).toBe("/calendar");
    expect(homeOf([])).toBe("/sign-in");
    expect([isStaff(["assistant"]), isStaff(["client"])]).toEqual([true, false]);
  });

  it("after signing in is a page of ours, and no other site's", () => {
    expect(safeNext("/practitioners/1?slot=2")).toBe("/practitioners/1?slot=2");
    for (const next of [null, "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-in?next=/x"]) {
      expect(safeNext(next)).toBeNull();
    }
  });
});
