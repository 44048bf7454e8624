import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { faults, World } from "../room/harness";

const GRANT = {
  access_token: "guest-token",
  expires_at: new Date(Date.now() + 600_000).toISOString(),
  room: "room",
  person: { id: "ana", name: "Ana Lindqvist" },
  appointment: { id: "room", start: "", end: "", service_name: "", practitioner: { id: "ravi", name: "Ravi" } },
};

let world: World;
let close: () => void;

function open(hash: string): ReturnType<World["open"]> {
  window.location.hash = hash;
  const page = world.open("/join");
  close = () => {
    page.unmount();
    page.client.close();
  };
  return page;
}

beforeEach(() => {
  sessionStorage.clear();
  world = new World();
});
afterEach(() => {
  close();
  window.location.hash = "";
});

describe("JoinPage", () => {
  it("takes a guest from the link to the room, and leaves no token in the address", async () => {
    world.answer("/auth/join", GRANT);
    const { router } = open("#a-token");
    await waitFor(() => expect(router.state.location.pathname).toBe("/rooms/room"));
    expect(world.requests[0]).toEqual({ path: "/auth/join", body: { token: "a-token" } });
    expect(router.state.location.hash).toBe("");
  });

  it("brings him back after a reload, by the same link", async () => {
    sessionStorage.setItem("klear.join", JSON.stringify({ token: "a-token", room: "room" }));
    world.answer("/auth/join", GRANT);
    const page = world.open("/rooms/room");
    close = page.unmount;
    await waitFor(() => expect(world.requests.map(({ path }) => path)).toEqual(["/auth/join", "/rooms/room"]));
    expect(page.router.state.location.pathname).toBe("/rooms/room");
  });

  it("sends him to sign in when his link is over by then", async () => {
    sessionStorage.setItem("klear.join", JSON.stringify({ token: "a-token", room: "room" }));
    world.problem("/auth/join", 410, "join-link-expired");
    const page = world.open("/rooms/room");
    close = page.unmount;
    await waitFor(() => expect(page.router.state.location.pathname).toBe("/sign-in"));
    expect(sessionStorage.getItem("klear.join")).toBeNull();
  });

  it.each([
    [410, "join-link-expired", "This link is over"],
    [404, "join-link-invalid", "This link does not work"],
    [401, "join-link-invalid", "This link does not work"],
  ])("says in words what is wrong with a link (%i)", async (status, code, title) => {
    world.problem("/auth/join", status, code);
    open("#old");
    expect(await screen.findByRole("heading", { name: title })).toBeTruthy();
    expect(await faults()).toEqual([]);
  });

  it("does not ask the server about a link without a token", async () => {
    open("");
    expect(await screen.findByRole("heading", { name: "This link does not work" })).toBeTruthy();
    expect(world.requests).toEqual([]);
  });

  it("offers to try again where no answer came", async () => {
    world.answers.set("/auth/join", new TypeError("network"));
    const { router } = open("#a-token");
    expect(await screen.findByRole("heading", { name: "Your link could not be checked" })).toBeTruthy();
    world.answer("/auth/join", GRANT);
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/rooms/room"));
  });
});
