import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { Availability, CalendarRange } from "../../api/types";
import { FakeServer, Problem } from "../../testing/FakeServer";
import { expectAccessible, open } from "../../testing/page";
import { ANA, OLGA, PROFILE, RAVI, appointment } from "../../testing/people";

const CALENDAR = `GET /practitioners/${RAVI.id}/calendar`;
const HOURS = `/practitioners/${RAVI.id}/availability`;
const CHANNEL = `calendar:${RAVI.id}`;
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const soon = appointment("soon", inHours(0.05), { note: "My back." });
const hours: Availability = { time_zone: "Europe/London", version: 3, rules: [{ weekday: 1, start: "09:00", end: "17:00" }] };

function serverWith(range: Partial<CalendarRange> = {}, open = hours): FakeServer {
  return new FakeServer()
    .on(CALENDAR, () => ({ version: 1, appointments: [], holds: [], ...range }))
    .on(`GET ${HOURS}`, () => open);
}

describe("the calendar", () => {
  it("shows the week and today's queue, and an appointment on demand", async () => {
    open("/calendar", { person: RAVI, server: serverWith({ appointments: [soon] }) });
    const panel = await screen.findByRole("complementary", { name: "Today" });
    await userEvent.click(await within(panel).findByRole("button", { name: /Ana Lindqvist/ }));
    const sheet = await screen.findByRole("dialog", { name: "Ana Lindqvist" });
    expect(within(sheet).getByText("My back.")).toBeDefined();
    expect(within(sheet).getByRole("link", { name: "Open room" }).getAttribute("href")).toBe("/rooms/soon");
    await expectAccessible();
  });

  it("shows who runs the practice its appointments, and no way into sessions of others", async () => {
    const server = serverWith({ appointments: [soon] }).on("GET /practitioners", () => ({ items: [PROFILE], next_cursor: null }));
    open("/calendar", { person: OLGA, server });
    const panel = await screen.findByRole("complementary", { name: "Today" });
    const [row] = await within(panel).findAllByRole("button", { name: /Ana Lindqvist/ });
    expect(within(panel).queryByRole("link")).toBeNull();
    if (row) await userEvent.click(row);
    const sheet = await screen.findByRole("dialog", { name: "Ana Lindqvist" });
    expect(within(sheet).queryByRole("link")).toBeNull();
    await userEvent.click(within(sheet).getByRole("button", { name: /^More about/ }));
    const items = await screen.findAllByRole("menuitem");
    expect(items.map((item) => item.textContent)).toEqual(["Cancel appointment"]);
  });

  it("changes by itself as somebody holds and books", async () => {
    const server = serverWith();
    const { publish, hub } = open("/calendar", { person: RAVI, server });
    const panel = await screen.findByRole("complementary", { name: "Today" });
    expect(await within(panel).findByText(/Nothing booked today/)).toBeDefined();
    await waitFor(() => expect(hub.of("subscribe").some(({ channel }) => channel === CHANNEL)).toBe(true));
    const { start, end } = soon;
    server.on(CALENDAR, () => ({ version: 2, appointments: [], holds: [{ id: "h", start, end, expires_at: inHours(0.1) }] }));
    publish(CHANNEL, { type: "calendar.changed", version: 2, state: "held", start, end, until: inHours(0.1) });
    expect(await within(panel).findByText("One time is being booked right now")).toBeDefined();
    server.on(CALENDAR, () => ({ version: 3, appointments: [soon], holds: [] }));
    publish(CHANNEL, { type: "appointment.changed", version: 3, appointment: soon });
    expect(await within(panel).findByText("Ana Lindqvist")).toBeDefined();
    expect(within(panel).queryByText(/right now/)).toBeNull();
  });

  it("goes through its days and views by keys, and says which", async () => {
    open("/calendar", { person: RAVI, server: serverWith() });
    await screen.findByRole("complementary", { name: "Today" });
    await userEvent.keyboard("d");
    expect(screen.getByRole("radio", { name: "Day" }).getAttribute("aria-checked")).toBe("true");
    expect(screen.getByRole("button", { name: "Today" }).hasAttribute("disabled")).toBe(true);
    await userEvent.keyboard("j");
    expect(screen.getByRole("button", { name: "Today" }).hasAttribute("disabled")).toBe(false);
    await userEvent.keyboard("t?");
    const dialog = await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
    expect(within(dialog).getByText("Edit working hours")).toBeDefined();
    await expectAccessible();
    await userEvent.keyboard("l{Escape}");
    expect(screen.getByRole("radio", { name: "Day" }).getAttribute("aria-checked")).toBe("true");
  });

  it("teaches a new practitioner to set his hours", async () => {
    open("/calendar", { person: RAVI, server: serverWith({}, { ...hours, rules: [] }) });
    await userEvent.click(await screen.findByRole("button", { name: "Set working hours" }));
    expect(await screen.findByRole("dialog", { name: "Working hours" })).toBeDefined();
  });

  it("is, for who runs the practice, that of whom he chooses", async () => {
    const mei = { ...PROFILE, id: "d0000000-0000-4000-8000-000000000004", name: "Mei Tanaka" };
    const server = serverWith()
      .on("GET /practitioners", () => ({ items: [PROFILE, mei], next_cursor: null }))
      .on(`GET /practitioners/${mei.id}/calendar`, () => ({ version: 1, appointments: [], holds: [] }))
      .on(`GET /practitioners/${mei.id}/availability`, () => ({ ...hours, time_zone: "America/Vancouver" }));
    const { router } = open("/calendar", { person: OLGA, server });
    await userEvent.selectOptions(await screen.findByLabelText("Whose calendar"), "Mei Tanaka");
    expect(await screen.findByRole("heading", { name: "Calendar of Mei Tanaka" })).toBeDefined();
    expect(screen.getByText("Vancouver time")).toBeDefined();
    expect(router.state.location.search).toBe(`?practitioner=${mei.id}`);
    await expectAccessible();
  });

  it("says so where there is none, may be none, or cannot be fetched", async () => {
    const { unmount } = open("/calendar", { person: OLGA, server: new FakeServer().on("GET /practitioners", () => ({ items: [], next_cursor: null })) });
    expect(await screen.findByText("No calendar here yet")).toBeDefined();
    unmount();
    open("/calendar", { person: ANA, server: new FakeServer().on("GET /practitioners", () => ({ items: [PROFILE], next_cursor: null })).on(`GET ${HOURS}`, () => {
      throw new Problem(403, "forbidden");
    }) });
    expect((await screen.findByRole("alert")).textContent).toContain("may not do this");
  });
});

describe("working hours", () => {
  async function edit(server: FakeServer) {
    const page = open("/calendar", { person: RAVI, server });
    await userEvent.click(await screen.findByRole("button", { name: "Working hours" }));
    return { ...page, sheet: await screen.findByRole("dialog", { name: "Working hours" }) };
  }

  it("are changed day by day, and saved with the version that was read", async () => {
    const server = serverWith().on(`PUT ${HOURS}`, ({ body }) => ({ ...(body as Availability), version: 4 }));
    const { sheet } = await edit(server);
    await userEvent.click(within(sheet).getByRole("switch", { name: "Tuesday is open" }));
    await userEvent.click(within(sheet).getByRole("button", { name: "Add hours on Monday" }));
    await expectAccessible();
    await userEvent.click(within(sheet).getByRole("button", { name: "Remove 09:00 to 17:00 on Monday" }));
    await userEvent.click(within(sheet).getByRole("button", { name: "Copy Tuesday to the other open days" }));
    await userEvent.click(within(sheet).getByRole("button", { name: "Save hours" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(server.of(`PUT ${HOURS}`)[0]?.body).toEqual({
      ...hours,
      rules: [1, 2].map((weekday) => ({ weekday, start: "09:00", end: "17:00" })),
    });
  });

  it("are not sent while they do not work out", async () => {
    const server = serverWith();
    const { sheet } = await edit(server);
    const end = within(sheet).getByLabelText("Monday, to");
    await userEvent.clear(end);
    await userEvent.type(end, "08:00");
    await userEvent.click(within(sheet).getByRole("button", { name: "Save hours" }));
    expect(within(sheet).getByText("The end must come after the start.")).toBeDefined();
    expect(server.of(`PUT ${HOURS}`)).toEqual([]);
  });

  it("ask what to do where somebody else saved meanwhile: take his, or save over them", async () => {
    const theirs = { ...hours, version: 9, rules: [1, 2].map((weekday) => ({ weekday, start: "10:00", end: "14:00" })) };
    const server = serverWith();
    server.on(`PUT ${HOURS}`, ({ body }) => {
      if ((body as Availability).version !== 9) throw new Problem(409, "version-conflict", { current: 9 });
      return { ...(body as Availability), version: 10 };
    });
    const { sheet } = await edit(server);
    server.on(`GET ${HOURS}`, () => theirs);
    await userEvent.click(within(sheet).getByRole("switch", { name: "Friday is open" }));
    await userEvent.click(within(sheet).getByRole("button", { name: "Save hours" }));
    const alert = await within(sheet).findByRole("alert");
    expect(alert.textContent).toContain("Mon – Tue: 10:00 – 14:00");
    await expectAccessible();
    await userEvent.click(within(alert).getByRole("button", { name: "Take those instead" }));
    expect(within(sheet).getByLabelText<HTMLInputElement>("Tuesday, from").value).toBe("10:00");
    await userEvent.click(within(sheet).getByRole("button", { name: "Save hours" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(server.of(`PUT ${HOURS}`).at(-1)?.body).toEqual(theirs);
  });

  it("save over another's only when asked to", async () => {
    const server = serverWith().on(`PUT ${HOURS}`, ({ body }) => {
      if ((body as Availability).version === 3) throw new Problem(409, "version-conflict", { current: 9 });
      return { ...(body as Availability), version: 10 };
    });
    const { sheet } = await edit(server);
    server.on(`GET ${HOURS}`, () => ({ ...hours, version: 9, rules: [] }));
    await userEvent.click(within(sheet).getByRole("button", { name: "Save hours" }));
    await userEvent.click(await within(sheet).findByRole("button", { name: "Save mine over them" }));
    await waitFor(() => expect(server.of(`PUT ${HOURS}`).at(-1)?.body).toEqual({ ...hours, version: 9 }));
  });

  it("are not lost by a slip of the hand", async () => {
    const { sheet } = await edit(serverWith());
    await userEvent.click(within(sheet).getByRole("switch", { name: "Monday is open" }));
    await userEvent.keyboard("{Escape}");
    await userEvent.click(await screen.findByRole("button", { name: "Go on editing" }));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(screen.getByRole("dialog", { name: "Working hours" })).toBeDefined();
    await userEvent.keyboard("{Escape}");
    await userEvent.click(await screen.findByRole("button", { name: "Leave" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("tell a failure, and can be in another zone", async () => {
    const server = serverWith().on(`PUT ${HOURS}`, () => {
      throw new Problem(422, "invalid-availability");
    });
    const { sheet } = await edit(server);
    await userEvent.selectOptions(within(sheet).getByLabelText("Time zone"), "Europe/Paris");
    await userEvent.click(within(sheet).getByRole("button", { name: "Save hours" }));
    expect((await within(sheet).findByRole("alert")).textContent).toContain("These hours do not work out");
    expect(server.of(`PUT ${HOURS}`)[0]?.body).toMatchObject({ time_zone: "Europe/Paris" });
  });
});
