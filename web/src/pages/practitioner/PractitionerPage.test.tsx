import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FakeHub } from "../../realtime/fakeHub";
import { FakeServer, Problem } from "../../testing/FakeServer";
import { deferred } from "../../testing/deferred";
import { expectAccessible, open } from "../../testing/page";
import { ANA, PROFILE, RAVI, SERVICE, appointment, grantFor, slot } from "../../testing/people";

const CHANNEL = `slots:${RAVI.id}`;
const PAGE = `/practitioners/${RAVI.id}`;

/** Days from now, at an hour of UTC. In winter's Stockholm it is one later, in London the same. */
function at(days: number, hour: number, minutes = 0): string {
  const date = new Date(Date.now() + days * 86_400_000);
  date.setUTCHours(hour, minutes, 0, 0);
  return date.toISOString();
}

let slots: ReturnType<typeof slot>[] = [];
let version = 1;

function serverWithSlots(): FakeServer {
  return new FakeServer()
    .on(`GET /practitioners/${RAVI.id}`, () => ({ ...PROFILE, next_open: at(2, 9) }))
    .on(`GET /practitioners/${RAVI.id}/slots`, () => ({
      practitioner_id: RAVI.id,
      service_id: SERVICE,
      time_zone: ANA.time_zone,
      version,
      slots,
    }));
}

const changed = (next: number, state: string, start: string, until: string | null = null) => ({
  type: "slots.changed",
  version: next,
  state,
  start,
  end: new Date(Date.parse(start) + 1_800_000).toISOString(),
  until,
});
const watched = (hub: FakeHub) => hub.of("subscribe").some(({ channel }) => channel === CHANNEL);
const choices = () => screen.queryAllByRole("button", { name: /, choose$/ });

beforeEach(() => {
  // Winter, so that the zones of these tests stand as they do: Stockholm an hour ahead of London.
  vi.setSystemTime(new Date("2026-11-23T08:00:00Z"));
  version = 1;
  slots = [slot(at(2, 9)), slot(at(2, 10)), slot(at(3, 9))];
  return () => vi.useRealTimers();
});

describe("live slots", () => {
  it("are those of the next day that has any, on both clocks", async () => {
    const { server } = open(PAGE, { person: ANA, server: serverWithSlots() });
    await waitFor(() => expect(choices()).toHaveLength(2));
    expect(choices()[0]?.textContent).toContain("10:00");
    expect(choices()[0]?.textContent).toContain("09:00 in London");
    expect(screen.getByText(/Times are yours, in Stockholm/)).toBeDefined();
    expect(screen.getByRole("radio", { name: "Wednesday 25 November: 2 open times" }).getAttribute("aria-checked")).toBe("true");
    const [asked] = server.of(`GET /practitioners/${RAVI.id}/slots`);
    expect(asked?.query.toString()).toBe(`service=${SERVICE}&from=2026-11-25&days=7&time_zone=Europe%2FStockholm`);
    await expectAccessible();
  });

  it("change as others hold, book and let go", async () => {
    const { publish, hub } = open(PAGE, { person: ANA, server: serverWithSlots() });
    await waitFor(() => expect(choices()).toHaveLength(2));
    await waitFor(() => expect(watched(hub)).toBe(true));
    publish(CHANNEL, changed(2, "held", at(2, 9), at(2, 10)));
    const held = await screen.findByRole("button", { name: /being booked/ });
    expect(held.getAttribute("aria-disabled")).toBe("true");
    expect(choices()).toHaveLength(1);
    publish(CHANNEL, changed(3, "booked", at(2, 9)));
    await waitFor(() => expect(screen.queryByRole("button", { name: /being booked/ })).toBeNull());
    version = 4;
    publish(CHANNEL, changed(4, "open", at(2, 9)));
    await waitFor(() => expect(choices()).toHaveLength(2)); // fetched anew, since only the server knows what became free
  });

  it("that changed while they were being fetched show the change", async () => {
    const fetched = deferred<undefined>();
    const server = serverWithSlots();
    server.on(`GET /practitioners/${RAVI.id}/slots`, async () => {
      const seen = { practitioner_id: RAVI.id, service_id: SERVICE, time_zone: ANA.time_zone, version, slots };
      await fetched.promise;
      return seen;
    });
    const { publish, hub } = open(PAGE, { person: ANA, server });
    await waitFor(() => expect(watched(hub)).toBe(true));
    publish(CHANNEL, changed(2, "held", at(2, 9)));
    fetched.resolve(undefined);
    expect(await screen.findByRole("button", { name: /being booked/ })).toBeDefined();
    expect(choices()).toHaveLength(1);
  });

  it("say where a day has none, and lead to the next that has", async () => {
    open(PAGE, { person: ANA, server: serverWithSlots() });
    await waitFor(() => expect(choices()).toHaveLength(2));
    slots = [slot(at(20, 9))];
    await userEvent.click(screen.getByRole("radio", { name: /Friday 27 November/ }));
    expect(screen.getByText("No open times on Friday 27 November.")).toBeDefined();
    await userEvent.click(await screen.findByRole("button", { name: "Go to the next open time: Sun 13 Dec" }));
    await waitFor(() => expect(choices()).toHaveLength(1));
  });

  it("are of another service when that is chosen", async () => {
    const { server, router } = open(PAGE, { person: ANA, server: serverWithSlots() });
    await waitFor(() => expect(choices()).toHaveLength(2));
    await userEvent.click(screen.getByRole("radio", { name: /Therapy/ }));
    await waitFor(() => expect(router.state.location.search).toContain("service=5"));
    await waitFor(() => expect(server.of(`GET /practitioners/${RAVI.id}/slots`).at(-1)?.query.get("service")).toMatch(/6$/));
    expect(screen.getByText(/£85/)).toBeDefined();
  });

  it("say so when they cannot be fetched", async () => {
    const server = serverWithSlots().on(`GET /practitioners/${RAVI.id}/slots`, () => {
      throw new Problem(503, "unavailable");
    });
    open(PAGE, { person: ANA, server });
    expect((await screen.findByRole("alert")).textContent).toContain("not available at the moment");
  });

  it("are not there where nothing is offered, or nobody is", async () => {
    const server = serverWithSlots().on(`GET /practitioners/${RAVI.id}`, () => ({ ...PROFILE, services: [] }));
    open(PAGE, { person: ANA, server });
    expect(await screen.findByText("Nothing to book yet")).toBeDefined();
    open("/practitioners/nobody", { person: ANA });
    expect((await screen.findByRole("alert")).textContent).toContain("not here any more");
  });
});

describe("booking", () => {
  const hold = () => ({ id: "h-1", practitioner_id: RAVI.id, service_id: SERVICE, start: at(2, 9), end: at(2, 9, 30), expires_at: new Date(Date.now() + 300_000).toISOString() });
  const bookable = () =>
    serverWithSlots()
      .on("POST /holds", hold)
      .on("DELETE /holds/h-1", () => undefined)
      .on("POST /appointments", ({ body }) => appointment("a-1", at(2, 9), { note: (body as { note: string }).note }));

  async function choose(): Promise<void> {
    await waitFor(() => expect(choices()).toHaveLength(2));
    const [first] = choices();
    if (first !== undefined) await userEvent.click(first);
  }

  it("takes three steps, and ends with the way in", async () => {
    const server = bookable().on("POST /appointments/a-1/join-link", () => ({ url: "https://klear.example/join#t", expires_at: "" }));
    open(PAGE, { person: ANA, server });
    await choose();
    expect(await screen.findByRole("heading", { name: /Step 2 of 3/ })).toBe(document.activeElement);
    expect(screen.getByText("10:00 is held for you for 5:00", { selector: "[aria-hidden]" })).toBeDefined();
    await expectAccessible();
    await userEvent.type(screen.getByLabelText("A note for Dr. Ravi Menon (optional)"), "My back.");
    await userEvent.click(screen.getByRole("button", { name: "Book 10:00" }));
    await screen.findByText("You’re booked");
    expect(server.of("POST /appointments")[0]?.body).toEqual({ hold_id: "h-1", note: "My back." });
    expect(server.of("POST /appointments")[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(screen.getByText("My back.")).toBeDefined();
    expect(screen.getByRole("link", { name: "Open the room" }).getAttribute("href")).toBe("/rooms/a-1");
    await expectAccessible();
    const user = userEvent.setup(); // with a clipboard
    await user.click(screen.getByRole("button", { name: "Copy join link" }));
    await screen.findByText(/Join link copied/);
    expect(await navigator.clipboard.readText()).toBe("https://klear.example/join#t");
    expect(server.of("DELETE /holds/h-1")).toEqual([]);
  });

  it("lets the slot go when one chooses another, or walks away", async () => {
    const server = bookable();
    const { router } = open(PAGE, { person: ANA, server });
    await choose();
    await userEvent.click(await screen.findByRole("button", { name: "Another time" }));
    await waitFor(() => expect(server.of("DELETE /holds/h-1")).toHaveLength(1));
    await choose();
    await screen.findByText(/held for you/, { selector: "[aria-hidden]" });
    await router.navigate("/nowhere");
    await waitFor(() => expect(server.of("DELETE /holds/h-1")).toHaveLength(2));
  });

  it("offers other times where somebody was faster", async () => {
    const server = bookable().on("POST /holds", () => {
      throw new Problem(409, "slot-taken", { next_open: [at(3, 9)] });
    });
    open(PAGE, { person: ANA, server });
    await choose();
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Somebody was faster");
    await expectAccessible();
    server.on("POST /holds", hold);
    await userEvent.click(within(alert).getByRole("button", { name: "Thu 26 Nov, 10:00" }));
    await screen.findByText(/held for you/, { selector: "[aria-hidden]" });
    expect(server.of("POST /holds").at(-1)?.body).toMatchObject({ start: at(3, 9) });
  });

  it.each([
    ["too-many-bookings", { limit: 20 }, "You have 20 appointments ahead"],
    ["double-booked-client", {}, "You have another appointment at that time"],
  ])("says what is in the way, and what to do (%s)", async (slug, fields, words) => {
    const server = bookable().on("POST /holds", () => {
      throw new Problem(409, slug, fields);
    });
    open(PAGE, { person: ANA, server });
    await choose();
    expect((await screen.findByRole("alert")).textContent).toContain(words);
  });

  it("takes up again what this person held already", async () => {
    let own = true;
    const server = bookable()
      .on("POST /holds", () => {
        if (own) throw new Problem(409, "slot-taken", { next_open: [], your_hold: "h-0" });
        return hold();
      })
      .on("DELETE /holds/h-0", () => void (own = false));
    open(PAGE, { person: ANA, server });
    await choose();
    await screen.findByText(/held for you/, { selector: "[aria-hidden]" });
  });

  it("says when the hold ran out, and offers to hold it again", async () => {
    let left = -1000;
    const server = bookable().on("POST /holds", () => ({ ...hold(), expires_at: new Date(Date.now() + left).toISOString() }));
    open(PAGE, { person: ANA, server });
    await choose();
    expect((await screen.findAllByText(/Your hold on 10:00 ran out/)).length).toBeGreaterThan(0);
    left = 50_000;
    await userEvent.click(screen.getByRole("button", { name: "Hold 10:00 again" }));
    expect((await screen.findAllByText(/book soon/)).length).toBeGreaterThan(0);
  });

  it("keeps the details when it is refused", async () => {
    const server = bookable().on("POST /appointments", () => {
      throw new Problem(409, "hold-expired");
    });
    open(PAGE, { person: ANA, server });
    await choose();
    await userEvent.type(await screen.findByLabelText(/A note/), "My back.");
    await userEvent.click(screen.getByRole("button", { name: "Book 10:00" }));
    expect((await screen.findByRole("alert")).textContent).toContain("Your hold ran out before you booked");
    expect(screen.getByLabelText<HTMLTextAreaElement>(/A note/).value).toBe("My back.");
  });

  it("asks who is not signed in to do so, and goes on with the same slot", async () => {
    const server = bookable().on("POST /auth/sign-in", () => grantFor(ANA));
    vi.stubEnv("TZ", "Europe/Stockholm");
    const { router } = open(PAGE, { server });
    await choose();
    await screen.findByText("Sign in to go on with your booking.");
    await userEvent.type(screen.getByLabelText("E-mail address"), ANA.email);
    await userEvent.type(screen.getByLabelText("Password"), "klear-demo{Enter}");
    await screen.findByText(/held for you/, { selector: "[aria-hidden]" });
    expect(server.of("POST /holds").map(({ body }) => body)).toEqual([{ practitioner_id: RAVI.id, service_id: SERVICE, start: at(2, 9) }]);
    expect(router.state.location.search).toBe(`?service=${SERVICE}`);
  });
});

describe("one's own page", () => {
  it("says what it is, and where the calendar is", async () => {
    open(PAGE, { person: RAVI, server: serverWithSlots() });
    expect((await screen.findByRole("link", { name: "Open my calendar" })).getAttribute("href")).toBe("/calendar");
  });
});
