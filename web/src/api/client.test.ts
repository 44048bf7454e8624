import { describe, expect, it, vi } from "vitest";
import { FakeServer, Problem } from "../testing/FakeServer";
import { ANA, grantFor } from "../testing/people";
import { ApiClient } from "./client";
import { ApiError } from "./errors";
import { Tokens } from "./tokens";

function made() {
  const server = new FakeServer();
  const wait = vi.fn(() => Promise.resolve());
  const tokens = new Tokens();
  return { server, wait, tokens, api: new ApiClient({ tokens, fetch: server.fetch, wait }) };
}

describe("a request", () => {
  it("carries the token, the query without what is left out, and returns the JSON", async () => {
    const { api, server, tokens } = made();
    tokens.set(grantFor(ANA), () => Promise.resolve(null));
    server.on("GET /slots", () => ({ slots: [] }));
    expect(await api.get("/slots", { query: { days: 7, cursor: null, service: undefined, from: "2026-11-23" } })).toEqual({ slots: [] });
    const [heard] = server.heard;
    expect(heard?.headers.get("Authorization")).toBe("Bearer token-1");
    expect(heard?.query.toString()).toBe("days=7&from=2026-11-23");
  });

  it("has no token when nobody is signed in, or when it must not have one", async () => {
    const { api, server, tokens } = made();
    server.on("GET /x", () => 1).on("POST /auth/join", () => 2);
    await api.get("/x");
    tokens.set(grantFor(ANA), () => Promise.resolve(null));
    await api.post("/auth/join", {}, { anonymous: true });
    expect(server.heard.map((heard) => heard.headers.has("Authorization"))).toEqual([false, false]);
  });

  it("returns nothing for 204", async () => {
    const { api, server } = made();
    server.on("DELETE /holds/1", () => undefined);
    await expect(api.delete("/holds/1")).resolves.toBeUndefined();
  });

  it("tells a refusal as a typed error with its own members", async () => {
    const { api, server } = made();
    server.on("POST /holds", () => {
      throw new Problem(409, "slot-taken", { detail: "Taken.", next_open: ["2026-11-23T10:00:00Z"] }, { "Retry-After": "7" });
    });
    const error = await api.post("/holds", {}).catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 409,
      code: "slot-taken",
      message: "Taken.",
      request: "req-1",
      retryAfter: 7,
      temporary: false,
      fields: { next_open: ["2026-11-23T10:00:00Z"] },
    });
  });

  it("tells an answer that is no problem document by its status", async () => {
    const answers = [new Response("<h1>Bad gateway</h1>", { status: 502 }), new Response("{", { status: 500, headers: { "Content-Type": "application/json" } })];
    for (const answer of answers) {
      const api = new ApiClient({ tokens: new Tokens(), fetch: () => Promise.resolve(answer) });
      await expect(api.post("/x", {})).rejects.toMatchObject({ code: `http-${answer.status}`, temporary: true, retryAfter: null });
    }
  });
});

describe("a request without an answer", () => {
  it("is repeated where that is safe, with the same key", async () => {
    const { api, server, wait } = made();
    server.on("POST /holds", () => ({ id: "h" }));
    server.silent = 2;
    expect(await api.post("/holds", { a: 1 }, { key: "k-1" })).toEqual({ id: "h" });
    expect(server.heard.map((heard) => heard.headers.get("Idempotency-Key"))).toEqual(["k-1", "k-1", "k-1"]);
    expect(wait.mock.calls).toEqual([[300], [900]]);
  });

  it("is given up after three attempts, and says so", async () => {
    const { api, server } = made();
    server.silent = 9;
    await expect(api.get("/x")).rejects.toMatchObject({ code: "network", temporary: true, status: 0 });
    expect(server.heard).toHaveLength(3);
  });

  it("is never repeated where it might take effect twice", async () => {
    const { api, server } = made();
    server.silent = 1;
    await expect(api.post("/auth/sign-in", {})).rejects.toMatchObject({ code: "network" });
    expect(server.heard).toHaveLength(1);
  });

  it("is not repeated, nor called an error of the network, when the caller gave it up", async () => {
    const { api, server } = made();
    const given = new AbortController();
    given.abort();
    server.silent = 9;
    await expect(api.get("/x", { signal: given.signal })).rejects.not.toBeInstanceOf(ApiError);
    expect(server.heard).toHaveLength(1);
  });
});

describe("a token that the server takes no more", () => {
  it("is renewed once, and the request repeated with the new one", async () => {
    const { api, server, tokens } = made();
    tokens.set(grantFor(ANA, "old"), () => Promise.resolve(grantFor(ANA, "new")));
    server.on("GET /me", ({ headers }) => {
      if (headers.get("Authorization") !== "Bearer new") throw new Problem(401, "token-expired");
      return ANA;
    });
    expect(await api.get("/me")).toEqual(ANA);
    expect(server.heard).toHaveLength(2);
  });

  it("ends the session where there is no new one", async () => {
    const { api, server, tokens } = made();
    const lost = vi.fn();
    tokens.onLost(lost);
    tokens.set(grantFor(ANA), () => Promise.resolve(null));
    server.on("GET /me", () => {
      throw new Problem(401, "unauthenticated");
    });
    await expect(api.get("/me")).rejects.toMatchObject({ status: 401 });
    expect(lost).toHaveBeenCalledOnce();
  });
});

describe("the server's clock", () => {
  it("is known from its answers, to the second", async () => {
    const ahead = new Date(Date.now() + 600_000).toUTCString();
    const answer = (date: string) => Response.json({}, { headers: { Date: date } });
    const dates = [ahead, new Date().toUTCString()];
    const api = new ApiClient({ tokens: new Tokens(), fetch: () => Promise.resolve(answer(dates.shift() ?? "")) });
    await api.get("/x");
    expect(Math.round(api.skew / 10_000)).toBe(60);
    await api.get("/x");
    expect(api.skew).toBe(0);
  });
});
