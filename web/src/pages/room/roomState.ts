/** A room as this page knows it: what the server showed, what was pushed since, and whether this page is in it. Pure. */

import type { Named } from "../../api/types";
import type {
  Participant,
  ParticipantChanged,
  ParticipantState,
  RoomChanged,
  RoomStatus,
} from "../../realtime/pushes";

/** The answer of GET /rooms/{id} and of room.enter. */
export interface RoomView {
  id: string;
  status: RoomStatus;
  opens_at: string;
  start: string;
  end: string;
  service_name: string;
  practitioner: Named;
  client: Named;
  me: Participant | null;
  participants: Participant[];
  last_seq: number;
  server_time: string;
}

export interface RoomState {
  readonly view: RoomView | null;
  /** Milliseconds that the server's clock is ahead of this device's. */
  readonly ahead: number;
  /** What kept the room from being shown; gone once it is. */
  readonly error: unknown;
  /** Why entering was refused last; gone once it worked. */
  readonly refusal: unknown;
  /** Whether this page has entered, and not left since. */
  readonly entered: boolean;
  /** Whether this page was in, and left by its own wish. */
  readonly left: boolean;
}

export const UNKNOWN: RoomState = { view: null, ahead: 0, error: null, refusal: null, entered: false, left: false };

export type RoomAction =
  | { type: "loaded"; view: RoomView; ahead: number }
  | { type: "entered"; view: RoomView; ahead: number }
  | { type: "pushed"; push: ParticipantChanged | RoomChanged }
  | { type: "left" }
  | { type: "failed"; error: unknown }
  | { type: "refused"; error: unknown };

export function reduce(state: RoomState, action: RoomAction): RoomState {
  switch (action.type) {
    case "loaded":
      return { ...state, view: action.view, ahead: action.ahead, error: null };
    case "entered":
      return { ...UNKNOWN, view: action.view, ahead: action.ahead, entered: true };
    case "pushed":
      return state.view ? { ...state, view: pushed(state.view, action.push) } : state;
    case "left":
      return { ...state, entered: false, left: true };
    case "failed":
      return { ...state, error: action.error };
    case "refused":
      return { ...state, refusal: action.error, left: false };
  }
}

function pushed(view: RoomView, push: ParticipantChanged | RoomChanged): RoomView {
  if (push.room !== view.id) return view;
  if (push.type === "room.changed") return { ...view, status: push.status };
  const { participant } = push;
  const known = view.participants.some(({ id }) => id === participant.id);
  return {
    ...view,
    me: view.me?.id === participant.id ? participant : view.me,
    participants: known
      ? view.participants.map((each) => (each.id === participant.id ? participant : each))
      : [...view.participants, participant],
  };
}

export type Phase =
  | "loading"
  | "failed"
  /** Not open yet. */
  | "early"
  /** Open, and this page is not in it yet. */
  | "lobby"
  | "waiting"
  | "inside"
  | "left"
  | "removed"
  | "ended";

const IN: Readonly<Record<ParticipantState, Phase>> = {
  waiting: "waiting",
  admitted: "inside",
  left: "left",
  removed: "removed",
};

export function phaseOf({ view, error, entered, left }: RoomState): Phase {
  if (view === null) return error === null ? "loading" : "failed";
  if (view.status === "ended") return "ended";
  if (view.me?.state === "removed") return "removed";
  if (left) return "left";
  if (entered && view.me) return IN[view.me.state];
  return view.status === "scheduled" ? "early" : "lobby";
}

/** Whether a client need not say that he is ready: he has not been in yet, so he waits first anyway. */
export function entersByItself(view: RoomView, role: Participant["role"]): boolean {
  return role === "client" && (view.me === null || view.me.state === "waiting");
}

/** Which side of the room someone is on. */
export function roleIn(view: RoomView, person: string): Participant["role"] {
  return view.practitioner.id === person ? "practitioner" : "client";
}

/** The person on the other side. */
export function otherSide(view: RoomView, role: Participant["role"]): Named {
  return role === "practitioner" ? view.client : view.practitioner;
}

export function waitingIn(view: RoomView): Participant[] {
  return view.participants.filter(({ state, id }) => state === "waiting" && id !== view.me?.id);
}
