import { describe, expect, it } from "vitest";

import type { Participant, ParticipantState } from "../../realtime/pushes";
import { entersByItself, otherSide, phaseOf, reduce, roleIn, type RoomState, type RoomView, UNKNOWN, waitingIn } from "./roomState";

const ANA = { id: "ana", name: "Ana Lindqvist" };
const RAVI = { id: "ravi", name: "Dr. Ravi Menon" };

function participant(state: ParticipantState, id = "p-ana"): Participant {
  return { id, person: "ana", name: ANA.name, role: "client", state };
}

function view(change: Partial<RoomView> = {}): RoomView {
  return {
    id: "room",
    status: "open",
    opens_at: "2026-11-23T08:45:00+00:00",
    start: "2026-11-23T09:00:00+00:00",
    end: "2026-11-23T09:30:00+00:00",
    service_name: "First conversation",
    practitioner: RAVI,
    client: ANA,
    me: null,
    participants: [],
    last_seq: 0,
    server_time: "2026-11-23T08:50:00+00:00",
    ...change,
  };
}

const loaded = (change: Partial<RoomView> = {}) => reduce(UNKNOWN, { type: "loaded", view: view(change), ahead: 0 });
const entered = (state: ParticipantState) => {
  const me = participant(state);
  return reduce(UNKNOWN, { type: "entered", view: view({ me, participants: [me] }), ahead: 5 });
};
const moved = (state: RoomState, to: ParticipantState) =>
  reduce(state, { type: "pushed", push: { type: "participant.changed", room: "room", participant: participant(to) } });

describe("phaseOf", () => {
  it("goes through a session: early, lobby, waiting, inside, ended", () => {
    expect(phaseOf(UNKNOWN)).toBe("loading");
    expect(phaseOf(loaded({ status: "scheduled" }))).toBe("early");
    expect(phaseOf(loaded())).toBe("lobby");
    const waiting = entered("waiting");
    expect(phaseOf(waiting)).toBe("waiting");
    const inside = moved(waiting, "admitted");
    expect(phaseOf(inside)).toBe("inside");
    const over = reduce(inside, { type: "pushed", push: { type: "room.changed", room: "room", status: "ended" } });
    expect(phaseOf(over)).toBe("ended");
  });

  it("leads somebody who was let in before through the lobby, not straight before the camera", () => {
    expect(phaseOf(loaded({ me: participant("admitted") }))).toBe("lobby");
  });

  it("knows who left, by himself or by the practitioner's wish", () => {
    const left = reduce(entered("admitted"), { type: "left" });
    expect(phaseOf(left)).toBe("left");
    expect(phaseOf(reduce(left, { type: "entered", view: view({ me: participant("admitted") }), ahead: 0 }))).toBe("inside");
    expect(phaseOf(moved(entered("admitted"), "removed"))).toBe("removed");
    expect(phaseOf(moved(entered("admitted"), "left"))).toBe("left"); // from another page of his
  });

  it("fails only while there is nothing to show", () => {
    const error = new Error("no answer");
    expect(phaseOf(reduce(UNKNOWN, { type: "failed", error }))).toBe("failed");
    expect(phaseOf(reduce(loaded(), { type: "failed", error }))).toBe("lobby");
    expect(reduce(reduce(UNKNOWN, { type: "failed", error }), { type: "loaded", view: view(), ahead: 0 }).error).toBeNull();
  });

  it("remembers why entering was refused until it works", () => {
    const error = new Error("too early");
    const refused = reduce(loaded(), { type: "refused", error });
    expect([phaseOf(refused), refused.refusal]).toEqual(["lobby", error]);
    expect(entered("waiting").refusal).toBeNull();
  });
});

describe("pushes", () => {
  it("change the people, and myself among them", () => {
    const other = { ...participant("waiting", "p-other"), person: "mei", name: "Mei" };
    const state = reduce(entered("admitted"), { type: "pushed", push: { type: "participant.changed", room: "room", participant: other } });
    expect(state.view?.participants.map(({ id }) => id)).toEqual(["p-ana", "p-other"]);
    expect(state.view?.me?.state).toBe("admitted");
    expect(state.view && waitingIn(state.view)).toEqual([other]);
  });

  it("of another room, or before there is one, change nothing", () => {
    const state = loaded();
    const push = { type: "room.changed", room: "other", status: "ended" } as const;
    expect(reduce(state, { type: "pushed", push }).view?.status).toBe("open");
    expect(reduce(UNKNOWN, { type: "pushed", push })).toBe(UNKNOWN);
  });
});

describe("sides", () => {
  it("are told by the person", () => {
    expect([roleIn(view(), "ravi"), roleIn(view(), "ana")]).toEqual(["practitioner", "client"]);
    expect([otherSide(view(), "client"), otherSide(view(), "practitioner")]).toEqual([RAVI, ANA]);
  });

  it("a client goes to wait by himself; who was in before, and a practitioner, say when", () => {
    expect(entersByItself(view(), "client")).toBe(true);
    expect(entersByItself(view({ me: participant("waiting") }), "client")).toBe(true);
    expect(entersByItself(view({ me: participant("admitted") }), "client")).toBe(false);
    expect(entersByItself(view(), "practitioner")).toBe(false);
  });
});
