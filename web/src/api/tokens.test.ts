import { describe, expect, it, vi } from "vitest";
import { deferred } from "../testing/deferred";
import { Tokens } from "./tokens";

const grant = (token: string, seconds: number) => ({ access_token: token, expires_at: new Date(seconds * 1000).toISOString() });

describe("an access token", () => {
  it("is none before anybody signed in", async () => {
    const tokens = new Tokens();
    expect(await tokens.fresh()).toBeNull();
    expect(await tokens.renew()).toBeNull();
    expect(tokens.current).toBeNull();
  });

  it("is used as long as it has half a minute left, and renewed then", async () => {
    let now = 0;
    const tokens = new Tokens(() => now);
    tokens.set(grant("one", 300), () => Promise.resolve(grant("two", 600)));
    now = 269_000;
    expect(await tokens.fresh()).toBe("one");
    now = 270_000;
    expect(await tokens.fresh()).toBe("two");
    expect(await tokens.fresh()).toBe("two");
  });

  it("is renewed once for however many ask", async () => {
    const renew = vi.fn(() => Promise.resolve(grant("two", 600)));
    const tokens = new Tokens(() => 0);
    tokens.set(grant("one", 1), renew);
    expect(await Promise.all([tokens.fresh(), tokens.fresh(), tokens.renew()])).toEqual(["two", "two", "two"]);
    expect(renew).toHaveBeenCalledOnce();
  });

  it("stays when no answer came, and can be renewed later", async () => {
    const renew = vi.fn().mockRejectedValueOnce(new Error("no answer")).mockResolvedValue(grant("two", 600));
    const tokens = new Tokens(() => 0);
    tokens.set(grant("one", 1), renew);
    await expect(tokens.fresh()).rejects.toThrow("no answer");
    expect(tokens.current).toBe("one");
    expect(await tokens.fresh()).toBe("two");
  });

  it("goes when there is no session any more, and says so", async () => {
    const lost = vi.fn();
    const tokens = new Tokens(() => 0);
    tokens.onLost(lost);
    tokens.set(grant("one", 1), () => Promise.resolve(null));
    expect(await tokens.fresh()).toBeNull();
    expect(tokens.current).toBeNull();
    expect(lost).toHaveBeenCalledOnce();
  });

  it("is not taken from a renewal that somebody signed out under", async () => {
    const answer = deferred<ReturnType<typeof grant>>();
    const tokens = new Tokens(() => 0);
    tokens.set(grant("one", 1), () => answer.promise);
    const renewing = tokens.renew();
    tokens.clear();
    answer.resolve(grant("two", 600));
    expect(await renewing).toBeNull();
    expect(tokens.current).toBeNull();
  });
});
