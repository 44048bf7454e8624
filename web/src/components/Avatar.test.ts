import { expect, it } from "vitest";
import { initialsOf } from "./Avatar";

it("takes the first and the last name's letter, without what stands before a name", () => {
  expect(initialsOf("Dr. Ravi Menon")).toBe("RM");
  expect(initialsOf("Prof. Dr. Åsa von Rosen")).toBe("ÅR");
  expect(initialsOf("Cher")).toBe("C");
  expect(initialsOf("")).toBe("");
});
