import { describe, expect, it } from "vitest";

import { en } from "../messages/en";
import { RpcError, type RpcSlug, toRpcError } from "./errors";

describe("toRpcError", () => {
  it("keeps the server's code, and what it says about trying again", () => {
    const error = toRpcError({ code: 1107, message: "Slow down.", temporary: true });
    expect([error.code, error.slug, error.message, error.temporary]).toEqual([1107, "chat-too-fast", "Slow down.", true]);
    expect(toRpcError({ code: 1101, message: "Over." }).temporary).toBe(false);
  });

  it("takes what the client library itself gives up on as passing", () => {
    expect([toRpcError({ code: 1, message: "timeout" }), toRpcError(undefined)].map((e) => [e.slug, e.temporary])).toEqual([
      ["offline", true],
      ["offline", true],
    ]);
  });

  it("leaves its own alone", () => {
    const error = new RpcError(404, "", false);
    expect(toRpcError(error)).toBe(error);
  });
});

describe("slug", () => {
  it("knows every code that rooms and calls refuse with, and has words for each", () => {
    const codes = [1, 103, 111, 400, 401, 404, 409, 410, 422, 429, 503, ...span(1100, 1107), ...span(1200, 1206), 1299, 9999];
    for (const code of codes) {
      const slug: RpcSlug = new RpcError(code, "", false).slug;
      expect(en).toHaveProperty([`rpc.${slug}`]);
    }
    expect(new RpcError(9999, "", false).slug).toBe("internal");
  });
});

function span(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
