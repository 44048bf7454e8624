import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Message, Participant, ParticipantState } from "../../realtime/pushes";
import { faults, World } from "./harness";
import type { RoomView } from "./roomState";

const ANA = { id: "ana", name: "Ana Lindqvist" };
const RAVI = { id: "ravi", name: "Dr. Ravi Menon" };
const SEAT: Participant = { id: "seat-ana", person: "ana", name: ANA.name, role: "client", state: "waiting" };
const HIS: Participant = { id: "seat-ravi", person: "ravi", name: RAVI.name, role: "practitioner", state: "admitted" };
const NOW = Date.now();
const after = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();

let world: World;
let user: ReturnType<typeof userEvent.setup>;
let close: () => void;

function view(change: Partial<RoomView> = {}): RoomView {
  return {
    id: "room",
    status: "open",
    opens_at: after(-10),
    start: after(5),
    end: after(35),
    service_name: "First conversation",
    practitioner: RAVI,
    client: ANA,
    me: null,
    participants: [],
    last_seq: 0,
    server_time: after(0),
    ...change,
  };
}

/** The room as it is now, for GET and room.enter alike. */
function is(change: Partial<RoomView>): void {
  world.answer("/rooms/room", view(change));
  world.hub.answers["room.enter"] = view(change);
}

function as(person: typeof ANA): void {
  const organisation = { id: "o", name: "Stillwater", time_zone: "Europe/London" };
  const account = { ...person, email: "", locale: "en-GB", time_zone: "Europe/London", organisation };
  world.session = { state: "signed-in", person: { ...account, roles: [person === ANA ? "client" : "practitioner"] } };
}

function open(): void {
  const page = world.open("/rooms/room");
  close = () => {
    page.unmount();
    page.client.close();
  };
}

const push = (channel: string, data: unknown) => act(() => world.hub.publish(channel, data));
const moved = (state: ParticipantState) => ({ type: "participant.changed", room: "room", participant: { ...SEAT, state } });
const rpcs = (method: string) => world.hub.of("rpc").filter((call) => call.method === method);
const enabled = (name: string | RegExp) => screen.findByRole("button", { name });

function message(seq: number, text: string, person = RAVI): Message {
  const participant = person === RAVI ? HIS.id : SEAT.id;
  return { id: `m${seq}`, room: "room", seq, participant, person: person.id, name: person.name, text, key: `k${seq}`, at: after(0) };
}

/** Ana in the room, beside Ravi. */
async function anaInside(): Promise<void> {
  as(ANA);
  is({ me: { ...SEAT, state: "admitted" }, participants: [{ ...SEAT, state: "admitted" }, HIS], status: "live" });
  world.hub.answers["chat.history"] = { messages: [message(1, "Welcome")], last_seq: 1 };
  world.hub.present = { a: { client: "a", user: "ana" }, r: { client: "r", user: "ravi" } };
  sessionStorage.setItem("klear.entered.room", "yes");
  open();
  await screen.findByRole("toolbar", { name: "Call" });
  await waitFor(() => expect(rpcs("chat.history")).not.toEqual([]));
}

beforeEach(() => {
  sessionStorage.clear();
  Element.prototype.scrollIntoView = vi.fn();
  world = new World();
  user = userEvent.setup();
});
afterEach(() => close());

describe("the way in", () => {
  it("counts down until the room opens, and goes on by itself", async () => {
    as(ANA);
    world.answer("/rooms/room", view({ status: "scheduled", opens_at: after(0.02) }));
    open();
    expect((await screen.findByRole("timer")).textContent).toMatch(/^Opens in 0:0[0-2]$/);
    is({ me: SEAT, participants: [SEAT] });
    expect(await screen.findByText("You’ll be let in soon", undefined, { timeout: 5000 })).toBeTruthy();
  });

  it("lets a client wait without asking him anything, and in as soon as he is admitted", async () => {
    as(ANA);
    world.answer("/rooms/room", view());
    world.hub.answers["room.enter"] = view({ me: SEAT, participants: [SEAT] });
    world.hub.answers["chat.history"] = { messages: [], last_seq: 0 };
    open();
    expect(await screen.findByText("You’ll be let in soon")).toBeTruthy();
    expect(screen.getByText(/Dr. Ravi Menon knows that you are here/)).toBeTruthy();
    expect(document.activeElement?.textContent).toBe("Your session with Dr. Ravi Menon");
    expect(await faults()).toEqual([]);
    await waitFor(() => expect(world.hub.of("subscribe").map(({ channel }) => channel)).toContain("participant:seat-ana"));
    is({ me: { ...SEAT, state: "admitted" }, participants: [{ ...SEAT, state: "admitted" }] });
    push("participant:seat-ana", moved("admitted"));
    expect(await screen.findByRole("toolbar", { name: "Call" })).toBeTruthy();
    await waitFor(() =>
      expect(world.hub.of("subscribe").map(({ channel }) => channel)).toEqual(
        expect.arrayContaining(["room:room", "signals:room", "call:room"]),
      ),
    );
  });

  it("asks whoever was in before, so that nobody is seen by surprise", async () => {
    as(ANA);
    is({ me: { ...SEAT, state: "admitted" } });
    world.hub.answers["chat.history"] = { messages: [], last_seq: 0 };
    open();
    await user.click(await enabled("Join now"));
    expect(await screen.findByRole("toolbar", { name: "Call" })).toBeTruthy();
  });

  it("tells a practitioner who waits, and lets them in at a press", async () => {
    as(RAVI);
    is({ me: HIS, participants: [HIS, SEAT] });
    world.hub.answers["chat.history"] = { messages: [], last_seq: 0 };
    open();
    expect(await screen.findByText("Ana Lindqvist is waiting for you.")).toBeTruthy();
    expect(rpcs("room.enter")).toEqual([]);
    expect(await faults()).toEqual([]);
    await user.click(await enabled("Enter the room"));
    await user.click(await enabled("Let Ana in"));
    await waitFor(() => expect(rpcs("room.admit")).toEqual([{ method: "room.admit", data: { room: "room", participant: "seat-ana" } }]));
    push("room:room", moved("admitted"));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Let Ana in" })).toBeNull());
  });

  it("says why it did not work, and leaves the way open", async () => {
    as(RAVI);
    is({ me: null });
    world.hub.refuse["room.enter"] = { code: 1100, message: "early" };
    open();
    await user.click(await enabled("Enter the room"));
    expect((await screen.findByText("The room is not open yet.")).getAttribute("role")).toBe("alert");
    expect(await enabled("Enter the room")).toBeTruthy();
  });

  it("says what the browser will not give, and that one can join without it", async () => {
    as(ANA);
    is({ me: SEAT });
    open();
    expect(await screen.findByText(/Browsers give the camera to secure addresses/)).toBeTruthy();
    expect(screen.getAllByText(/You can join without it/)).toHaveLength(2);
  });

  it("sends whoever is not signed in to sign in, and back here", async () => {
    const page = world.open("/rooms/room");
    close = page.unmount;
    await waitFor(() => expect(page.router.state.location.search).toBe("?next=%2Frooms%2Froom"));
  });
});

describe("inside", () => {
  it("enters again after each new connection, so that the server knows whom it stands for", async () => {
    await anaInside();
    const before = rpcs("room.enter").length;
    world.hub.drop();
    await waitFor(() => expect(rpcs("room.enter")).toHaveLength(before + 1), { timeout: 5000 });
    expect(await screen.findByRole("toolbar", { name: "Call" })).toBeTruthy();
  });

  it("says that this browser cannot call, and keeps the rest of the room", async () => {
    await anaInside();
    expect(await screen.findByText(/This browser cannot make video calls/)).toBeTruthy();
    expect(await faults()).toEqual([]);
  });

  it("shows who is here, people and not tabs, and tells of comings", async () => {
    world.hub.present = {};
    await anaInside();
    await user.click(await enabled("Who is here"));
    const list = within(await screen.findByRole("dialog"));
    await waitFor(() => expect(list.getAllByText("here")).toHaveLength(2));
    await user.keyboard("{Escape}");
    world.hub.present = { a: { client: "a", user: "ana" } };
    act(() => world.hub.join("room:room", "x"));
    await waitFor(() => expect(screen.getByText("Dr. Ravi Menon left")).toBeTruthy(), { timeout: 5000 });
    world.hub.present = { a: { client: "a", user: "ana" }, r: { client: "r", user: "ravi" } };
    act(() => world.hub.join("room:room", "ravi"));
    expect(await screen.findByText("Dr. Ravi Menon joined")).toBeTruthy();
  });

  it("keeps the chat: what was said, what comes, what is unread, what is typed", async () => {
    await anaInside();
    push("room:room", { type: "chat.message", message: message(2, "How are you?") });
    expect(await screen.findByText("Dr. Ravi Menon: How are you?")).toBeTruthy();
    await user.click(await enabled("Chat, 1 new message"));
    const log = within(screen.getByRole("log", { name: "Messages" }));
    expect(log.getAllByRole("listitem").map((item) => item.dataset.seq)).toEqual(["1", "2"]);
    expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Message" }));
    expect(await faults()).toEqual([]);

    push("signals:room", { type: "typing", participant: "seat-ravi", on: true });
    expect(await screen.findByText("Dr. Ravi Menon is typing…")).toBeTruthy();
    push("signals:room", { type: "typing", participant: "seat-ravi", on: false });
    await waitFor(() => expect(screen.queryByText("Dr. Ravi Menon is typing…")).toBeNull());

    world.hub.answers["chat.send"] = message(3, "Fine, thanks", ANA);
    await user.keyboard("Fine, thanks{Enter}");
    await waitFor(() => expect(log.getAllByRole("listitem").map((item) => item.dataset.seq)).toEqual(["1", "2", "3"]));
    await waitFor(() =>
      expect(world.hub.of("publish").map(({ data }) => data)).toEqual([
        { type: "typing", participant: "seat-ana", on: true },
        { type: "typing", participant: "seat-ana", on: false },
      ]),
    );
    await user.keyboard("{Escape}");
    expect(document.activeElement).toBe(await enabled("Chat"));
  });

  it("says what could not be sent, and lets one try again or drop it", async () => {
    await anaInside();
    await user.click(await enabled("Chat"));
    world.hub.refuse["chat.send"] = { code: 1106, message: "no" };
    await user.type(screen.getByRole("textbox", { name: "Message" }), "odd{Enter}");
    expect(await screen.findByText(/Not sent\. This message cannot be sent/)).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(rpcs("chat.send")).toHaveLength(2));
    await user.click(await enabled("Remove"));
    await waitFor(() => expect(screen.queryByText("odd")).toBeNull());
  });

  it("counts down what is too long, before it is sent", async () => {
    await anaInside();
    await user.click(await enabled("Chat"));
    await user.click(screen.getByRole("textbox", { name: "Message" }));
    await user.paste("x".repeat(4003));
    expect(screen.getByText("3 characters too many")).toBeTruthy();
    await user.keyboard("{Enter}");
    expect(rpcs("chat.send")).toEqual([]);
  });

  it("leaves, and comes back", async () => {
    await anaInside();
    await user.click(await enabled("Leave"));
    expect(await screen.findByRole("heading", { name: "You left the session" })).toBeTruthy();
    await waitFor(() => expect(rpcs("room.leave")).toHaveLength(1));
    expect(sessionStorage.getItem("klear.entered.room")).toBeNull();
    await user.click(await enabled("Come back in"));
    expect(await screen.findByRole("toolbar", { name: "Call" })).toBeTruthy();
  });

  it("lets a practitioner leave for now, or end it for both", async () => {
    as(RAVI);
    is({ me: HIS, participants: [HIS] });
    world.hub.answers["chat.history"] = { messages: [], last_seq: 0 };
    open();
    await user.click(await enabled("Enter the room"));
    await user.click(await enabled("Leave"));
    expect(await screen.findByRole("heading", { name: "Leave the session?" })).toBeTruthy();
    await user.click(await enabled("End session"));
    await waitFor(() => expect(rpcs("room.end")).toHaveLength(1));
    push("room:room", { type: "room.changed", room: "room", status: "ended" });
    expect(await screen.findByRole("heading", { name: "This session is over" })).toBeTruthy();
    expect(screen.getByRole("link", { name: "Go to my calendar" })).toBeTruthy();
  });

  it("looks again when the server closes its channels", async () => {
    await anaInside();
    is({ me: { ...SEAT, state: "removed" } });
    act(() => world.hub.unsubscribe("room:room", 2000));
    expect(await screen.findByRole("heading", { name: "You are out of this session" })).toBeTruthy();
  });
});

describe("no way in", () => {
  it("says so where there is no such room for this person", async () => {
    as(ANA);
    world.problem("/rooms/room", 404, "not-found");
    open();
    expect(await screen.findByRole("heading", { name: "There is no such session" })).toBeTruthy();
    expect(await faults()).toEqual([]);
  });

  it("offers to try again where no answer came", async () => {
    as(ANA);
    world.answers.set("/rooms/room", new TypeError("network"));
    open();
    expect(await screen.findByText(/No answer came/)).toBeTruthy();
    is({ me: SEAT });
    await user.click(await enabled("Try again"));
    expect(await screen.findByText("You’ll be let in soon")).toBeTruthy();
  });
});
