import { describe, expect, it } from "vitest";
import { alternativesOf, clockOf, secondsLeft } from "./hold";
import { languagesText, priceText } from "./price";

describe("a hold", () => {
  it("counts its seconds down to none", () => {
    const end = "2026-11-23T10:00:00Z";
    expect(secondsLeft(end, new Date("2026-11-23T09:55:00.400Z"))).toBe(300);
    expect(secondsLeft(end, new Date("2026-11-23T10:00:01Z"))).toBe(0);
    expect([clockOf(245), clockOf(60), clockOf(9)]).toEqual(["4:05", "1:00", "0:09"]);
  });

  it("names other times where the server did", () => {
    expect(alternativesOf({ next_open: ["a", 1, "b"] })).toEqual(["a", "b"]);
    expect(alternativesOf({})).toEqual([]);
  });
});

describe("a price", () => {
  it("is counted in the currency's own minor units", () => {
    expect(priceText({ amount: 8500, currency: "GBP" }, "en-GB")).toBe("£85");
    expect(priceText({ amount: 7250, currency: "EUR" }, "en-GB")).toBe("€72.50");
    expect(priceText({ amount: 5000, currency: "JPY" }, "en-US")).toBe("¥5,000");
  });
});

describe("languages", () => {
  it("are named in the reader's; what nobody knows stands as it is", () => {
    expect(languagesText(["en", "sv"], "en-GB")).toBe("English, Swedish");
    expect(languagesText(["not a tag"], "en-GB")).toBe("not a tag");
  });
});
