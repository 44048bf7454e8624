import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { Appointment } from "../../api/types";
import { FakeServer, Problem } from "../../testing/FakeServer";
import { expectAccessible, open } from "../../testing/page";
import { ANA, RAVI, appointment } from "../../testing/people";

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const soon = appointment("soon", inHours(0.1), { note: "My back." });
const later = appointment("later", inHours(30));
const over = appointment("over", inHours(-30), { status: "completed" });

function serverWith(...items: Appointment[]): FakeServer {
  return new FakeServer().on("GET /appointments", () => ({ items, next_cursor: null }));
}
const push = (changed: Appointment) => ({ type: "appointment.changed", version: 1, appointment: changed });
const cards = () => screen.getAllByRole("listitem").filter((each) => each.textContent.includes("First conversation"));

describe("my appointments", () => {
  it("show what is next first, and the way in", async () => {
    open("/appointments", { person: ANA, server: serverWith(over, later, soon) });
    const join = await screen.findByRole("link", { name: /^Join: First conversation with Dr. Ravi Menon/ });
    expect(join.getAttribute("href")).toBe("/rooms/soon");
    expect(screen.getByRole("link", { name: /^Open the room/ }).getAttribute("href")).toBe("/rooms/later");
    expect(screen.getByText("“My back.”")).toBeDefined();
    expect(cards()).toHaveLength(2);
    await expectAccessible();
    await userEvent.click(screen.getByRole("tab", { name: "Past and cancelled" }));
    expect(screen.getByText("Took place")).toBeDefined();
    await expectAccessible();
  });

  it("are fetched page by page, and further back when asked", async () => {
    const server = new FakeServer().on("GET /appointments", ({ query }) =>
      query.get("cursor") === "2" ? { items: [over], next_cursor: null } : { items: [later], next_cursor: "2" },
    );
    open("/appointments", { person: ANA, server });
    await userEvent.click(await screen.findByRole("tab", { name: "Past and cancelled" }));
    const since = server.heard.at(-1)?.query.get("from") ?? "";
    await userEvent.click(await screen.findByRole("button", { name: "Show earlier ones" }));
    await waitFor(() => expect((server.heard.at(-1)?.query.get("from") ?? "") < since).toBe(true));
  });

  it("appear and go by themselves, and say so", async () => {
    const { publish } = open("/appointments", { person: RAVI, server: serverWith(later) });
    await waitFor(() => expect(cards()).toHaveLength(1));
    publish(`user:${RAVI.id}`, push(soon));
    expect((await screen.findAllByText(/^New: First conversation with Ana Lindqvist/)).length).toBeGreaterThan(0);
    publish(`user:${RAVI.id}`, push({ ...later, status: "cancelled" }));
    expect((await screen.findAllByText(/^Cancelled: First conversation/)).length).toBeGreaterThan(0);
  });

  it("are cancelled after a question, once", async () => {
    let items = [later];
    const server = new FakeServer()
      .on("GET /appointments", () => ({ items, next_cursor: null }))
      .on("POST /appointments/later/cancel", () => {
        items = [{ ...later, status: "cancelled" }];
        return items[0];
      });
    const { publish } = open("/appointments", { person: ANA, server });
    await userEvent.click(await screen.findByRole("button", { name: /^More about/ }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Cancel appointment" }));
    const dialog = await screen.findByRole("alertdialog", { name: "Cancel this appointment?" });
    expect(document.activeElement).toBe(within(dialog).getByRole("button", { name: "Keep it" }));
    await expectAccessible();
    await userEvent.click(within(dialog).getByRole("button", { name: "Cancel appointment" }));
    await screen.findByText("Nothing booked yet");
    publish(`user:${ANA.id}`, push({ ...later, status: "cancelled" }));
    expect(screen.queryByText(/^Cancelled: First/)).toBeNull();
    expect(server.of("POST /appointments/later/cancel")).toHaveLength(1);
  });

  it("stay as they are when that is refused", async () => {
    const server = serverWith(later).on("POST /appointments/later/cancel", () => {
      throw new Problem(409, "already-over");
    });
    open("/appointments", { person: ANA, server });
    await userEvent.click(await screen.findByRole("button", { name: /^More about/ }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Cancel appointment" }));
    await userEvent.click(await screen.findByRole("button", { name: "Cancel appointment" }));
    expect((await screen.findByRole("alert")).textContent).toContain("over or was cancelled already");
    await userEvent.click(screen.getByRole("button", { name: "Keep it" }));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(cards()).toHaveLength(1);
  });

  it("hand out the join link; by hand where the browser has no clipboard", async () => {
    const server = serverWith(later).on("POST /appointments/later/join-link", () => ({ url: "https://k.example/join#t", expires_at: "" }));
    open("/appointments", { person: RAVI, server });
    await userEvent.click(await screen.findByRole("button", { name: /^More about/ }));
    Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
    await userEvent.click(await screen.findByRole("menuitem", { name: "Copy join link for Ana Lindqvist" }));
    expect((await screen.findByLabelText<HTMLInputElement>(/The join link/)).value).toBe("https://k.example/join#t");
  });

  it("teach the next step where there are none", async () => {
    open("/appointments", { person: ANA, server: serverWith() });
    expect((await screen.findByRole("link", { name: "Find a time" })).getAttribute("href")).toBe("/practitioners");
    await userEvent.click(screen.getByRole("tab", { name: "Past and cancelled" }));
    expect(screen.getByText("Nothing here yet")).toBeDefined();
  });

  it("can be asked for again", async () => {
    const server = new FakeServer().on("GET /appointments", () => {
      throw new Problem(500, "internal");
    });
    open("/appointments", { person: ANA, server });
    await screen.findByRole("alert");
    server.on("GET /appointments", () => ({ items: [later], next_cursor: null }));
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(cards()).toHaveLength(1));
  });
});
