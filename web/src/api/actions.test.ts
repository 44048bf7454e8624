import { describe, expect, it } from "vitest";
import { ActionKeys, newKey } from "./actions";
import { ApiError } from "./errors";

function counted() {
  let count = 0;
  return new ActionKeys(() => `key-${++count}`);
}

const failing = (temporary: boolean) => () =>
  Promise.reject(new ApiError({ status: temporary ? 0 : 409, code: "x", detail: "", temporary }));

describe("the key of an action", () => {
  it("stays over attempts whose outcome is unknown, until it is done", async () => {
    const keys = counted();
    const seen: string[] = [];
    const note = (key: string) => Promise.resolve(seen.push(key));
    await keys.run("book", { hold: 1 }, (key) => note(key).then(failing(true))).catch(() => undefined);
    await keys.run("book", { hold: 1 }, note);
    await keys.run("book", { hold: 1 }, note);
    expect(seen).toEqual(["key-1", "key-1", "key-2"]);
  });

  it("is another one after a refusal, for another action and for other words", async () => {
    const keys = counted();
    const seen: string[] = [];
    const note = (key: string) => Promise.resolve(seen.push(key));
    await keys.run("book", 1, (key) => note(key).then(failing(false))).catch(() => undefined);
    await keys.run("book", 1, note);
    await keys.run("book", 2, note);
    await keys.run("hold", 2, note);
    expect(seen).toEqual(["key-1", "key-2", "key-3", "key-4"]);
  });

  it("is a UUID, and never the same", () => {
    const some = new Set(Array.from({ length: 100 }, newKey));
    expect(some.size).toBe(100);
    for (const key of some) expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
