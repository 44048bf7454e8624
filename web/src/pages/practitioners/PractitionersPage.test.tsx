import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { FakeServer, Problem } from "../../testing/FakeServer";
import { expectAccessible, open } from "../../testing/page";
import { ANA, PROFILE } from "../../testing/people";

describe("the practitioners", () => {
  it("are shown with their next open time on both clocks, page by page", async () => {
    const next = new Date(Date.now() + 3 * 86_400_000);
    next.setUTCHours(9, 0, 0, 0);
    const server = new FakeServer().on("GET /practitioners", ({ query }) =>
      query.get("cursor") === "2"
        ? { items: [{ ...PROFILE, id: "d", name: "Mei Tanaka", next_open: null }], next_cursor: null }
        : { items: [{ ...PROFILE, time_zone: "America/Vancouver", next_open: next.toISOString() }], next_cursor: "2" },
    );
    open("/practitioners", { person: ANA, server });
    expect(await screen.findByRole("link", { name: "See times of Dr. Ravi Menon" })).toBeDefined();
    expect(screen.getByText("Speaks English, Malayalam")).toBeDefined();
    expect(screen.getByText(/in Vancouver$/)).toBeDefined();
    await expectAccessible();
    await userEvent.click(screen.getByRole("button", { name: "Show more" }));
    expect(await screen.findByText("No open times in the next weeks")).toBeDefined();
  });

  it("can be asked for again when they could not be fetched", async () => {
    const server = new FakeServer().on("GET /practitioners", () => {
      throw new Problem(500, "internal");
    });
    open("/practitioners", { person: ANA, server });
    expect((await screen.findByRole("alert")).textContent).toContain("tell us the code req-1");
    server.on("GET /practitioners", () => ({ items: [PROFILE], next_cursor: null }));
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByText("Dr. Ravi Menon");
  });
});
