import { describe, expect, it } from "vitest";

import { credentialsOf } from "./credentials";

describe("credentialsOf", () => {
  it("gives the session's token, and another one when the same was not good enough", async () => {
    const tokens = { fresh: () => Promise.resolve("one"), renew: () => Promise.resolve("two") };
    const credentials = credentialsOf(tokens);
    expect([await credentials.getToken(), await credentials.getToken()]).toEqual(["one", "two"]);
  });

  it("has none once the session is over", async () => {
    const credentials = credentialsOf({ fresh: () => Promise.resolve(null), renew: () => Promise.resolve("never") });
    expect(await credentials.getToken()).toBeNull();
    expect(await credentials.getToken()).toBeNull();
  });
});
