/** Every push a client can receive: the mirror of protocol/pushes.py. Ids are UUIDs, times RFC 3339. */

export type AppointmentStatus = "held" | "booked" | "cancelled" | "completed";
export type RoomStatus = "scheduled" | "open" | "live" | "ended";
export type ParticipantState = "waiting" | "admitted" | "left" | "removed";
export type Kind = "audio" | "video";
export type Source = "microphone" | "camera" | "screen";

export interface Person {
  id: string;
  name: string;
}

export interface SlotsChanged {
  type: "slots.changed";
  version: number;
  state: "held" | "booked" | "open";
  start: string | null;
  end: string | null;
  until: string | null;
}

export interface PushedAppointment {
  id: string;
  status: AppointmentStatus;
  start: string;
  end: string;
  service_id: string;
  service_name: string;
  practitioner: Person;
  client: Person;
  time_zone: string;
}

export interface AppointmentChanged {
  type: "appointment.changed";
  version: number;
  appointment: PushedAppointment;
}

export interface CalendarChanged {
  type: "calendar.changed";
  version: number;
  state: "held" | "open" | "availability";
  start: string | null;
  end: string | null;
  until: string | null;
}

export interface Message {
  id: string;
  room: string;
  seq: number;
  participant: string;
  person: string;
  name: string;
  text: string;
  key: string;
  at: string;
}

export interface ChatMessage {
  type: "chat.message";
  message: Message;
}

export interface Participant {
  id: string;
  person: string;
  name: string;
  role: "practitioner" | "client";
  state: ParticipantState;
}

export interface ParticipantChanged {
  type: "participant.changed";
  room: string;
  participant: Participant;
}

export interface RoomChanged {
  type: "room.changed";
  room: string;
  status: RoomStatus;
}

export interface PublishedTrack {
  id: string;
  kind: Kind;
  source: Source;
  paused: boolean;
}

export interface Caller {
  participant: string;
  person: string;
  name: string;
  session: string;
  producers: PublishedTrack[];
}

export interface CallChanged {
  type: "call.changed";
  room: string;
  epoch: string;
  version: number;
  callers: Caller[];
}

/** signals:<room>: what a participant's page publishes itself. */
export interface Typing {
  type: "typing";
  participant: string;
  on: boolean;
}

export type Push =
  | SlotsChanged
  | AppointmentChanged
  | CalendarChanged
  | ChatMessage
  | ParticipantChanged
  | RoomChanged
  | CallChanged;

const TYPES: ReadonlySet<string> = new Set<Push["type"]>([
  "slots.changed",
  "appointment.changed",
  "calendar.changed",
  "chat.message",
  "participant.changed",
  "room.changed",
  "call.changed",
]);

/** What a publication holds; null where the page is older than the server and does not know its type. */
export function readPush(data: unknown): Push | null {
  if (typeof data !== "object" || data === null || !("type" in data)) return null;
  return typeof data.type === "string" && TYPES.has(data.type) ? (data as Push) : null;
}

/** A typing signal. It came from another page, so every field is looked at. */
export function readTyping(data: unknown): Typing | null {
  if (typeof data !== "object" || data === null) return null;
  const { type, participant, on } = data as Record<string, unknown>;
  if (type !== "typing" || typeof participant !== "string" || typeof on !== "boolean") return null;
  return { type, participant, on };
}
