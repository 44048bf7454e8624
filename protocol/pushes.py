"""Every push a client can receive: one frozen model each, `type` first. Ids are UUIDs, times aware UTC.

A push never carries what its channel's readers may not know: `slots:` has no names.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

AppointmentStatus = Literal["held", "booked", "cancelled", "completed"]
RoomStatus = Literal["scheduled", "open", "live", "ended"]
ParticipantState = Literal["waiting", "admitted", "left", "removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotsChanged:
    """slots:<practitioner>. A stretch of his time changed. `version` counts up by one a change.

    `held` until `until`, `booked`, or `open` again; `start` and `end` null: availability itself changed, fetch anew.
    """

    version: int
    state: Literal["held", "booked", "open"]
    start: datetime | None
    end: datetime | None
    until: datetime | None = None
    type: Literal["slots.changed"] = field(default="slots.changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as others in the same appointment see him."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """An appointment as its two sides see it."""

    id: UUID
    status: AppointmentStatus
    start: datetime
    end: datetime
    service_id: UUID
    service_name: str
    practitioner: Person
    client: Person
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentChanged:
    """user:<person> and calendar:<practitioner>. An appointment was booked or cancelled; `version` as in the slots."""

    version: int
    appointment: Appointment
    type: Literal["appointment.changed"] = field(default="appointment.changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarChanged:
    """calendar:<practitioner>. A hold came or went, or the availability changed: `start` null says fetch anew."""

    version: int
    state: Literal["held", "open", "availability"]
    start: datetime | None = None
    end: datetime | None = None
    until: datetime | None = None
    type: Literal["calendar.changed"] = field(default="calendar.changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A chat message. `seq` counts up by one in its room; `key` is the sender's own id of it."""

    id: UUID
    room: UUID
    seq: int
    participant: UUID
    person: UUID
    name: str
    text: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """room:<room>. A message was stored."""

    message: Message
    type: Literal["chat.message"] = field(default="chat.message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Someone who belongs to a room."""

    id: UUID
    person: UUID
    name: str
    role: Literal["practitioner", "client"]
    state: ParticipantState


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantChanged:
    """room:<room> and participant:<participant>. Someone waits, was admitted, left or was removed."""

    room: UUID
    participant: Participant
    type: Literal["participant.changed"] = field(default="participant.changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomChanged:
    """room:<room> and each participant:<participant>. The session began or ended."""

    room: UUID
    status: RoomStatus
    type: Literal["room.changed"] = field(default="room.changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Producer:
    """A track that a participant publishes."""

    id: UUID
    kind: Literal["audio", "video"]
    source: Literal["microphone", "camera", "screen"]
    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A participant in the call. `session` is his current one: a tab that holds another was taken over."""

    participant: UUID
    person: UUID
    name: str
    session: UUID
    producers: tuple[Producer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChanged:
    """call:<room>. The whole state of the call; the highest `version` of an `epoch` wins, a new epoch replaces all."""

    room: UUID
    epoch: str
    version: int
    callers: tuple[Caller, ...]
    type: Literal["call.changed"] = field(default="call.changed")


Push = (
    SlotsChanged
    | AppointmentChanged
    | CalendarChanged
    | ChatMessage
    | ParticipantChanged
    | RoomChanged
    | CallChanged
)
