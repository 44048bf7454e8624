"""The SQL of rooms. Row-level security narrows every statement to the actor's own rooms.

Who changes a room locks its row first (`lock`): steps, sequence numbers and outbox rows of one room are in one order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from persistence.postgres import Transaction
from protocol.pushes import Message, Participant, RoomStatus
from rooms.membership import ParticipantRole, Standing


class Row(Protocol):
    """A row as the driver returns it."""

    def __getitem__(self, key: str) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room somebody has entered. Its id is the appointment's."""

    id: UUID
    organisation: UUID
    practitioner: UUID
    client: UUID
    status: RoomStatus
    starts_at: datetime
    closes_at: datetime
    last_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A participant's row. `by_link`: what it says holds for whoever comes by the join link, too."""

    participant: Participant
    standing: Standing
    room: UUID
    organisation: UUID
    by_link: bool
    waiting_until: datetime | None = None


SELECT_ROOM = (
    "SELECT id, organisation_id, practitioner_id, client_id, status, starts_at, closes_at, last_seq"
    " FROM rooms.room"
)
SELECT_SEAT = (
    "SELECT id, organisation_id, room_id, person_id, name, role, state, welcome, by_link,"
    " waiting_until FROM rooms.participant"
)
SELECT_MESSAGE = (
    "SELECT m.id, m.room_id, m.seq, m.participant_id, p.person_id, p.name, m.text, m.key, m.at"
    " FROM rooms.message AS m JOIN rooms.participant AS p ON p.id = m.participant_id"
)


def _room(row: Row) -> Room:
    return Room(
        id=row["id"],
        organisation=row["organisation_id"],
        practitioner=row["practitioner_id"],
        client=row["client_id"],
        status=row["status"],
        starts_at=row["starts_at"],
        closes_at=row["closes_at"],
        last_seq=row["last_seq"],
    )


def _seat(row: Row) -> Seat:
    role: ParticipantRole = row["role"]
    participant = Participant(
        id=row["id"], person=row["person_id"], name=row["name"], role=role, state=row["state"]
    )
    return Seat(
        participant=participant,
        standing=Standing(state=row["state"], welcome=row["welcome"]),
        room=row["room_id"],
        organisation=row["organisation_id"],
        by_link=row["by_link"],
        waiting_until=row["waiting_until"],
    )


async def insert_room(tx: Transaction, room: Room, *, now: datetime) -> None:
    """Make the room at its first entry. Two people entering at once make one."""
    await tx.execute(
        "INSERT INTO rooms.room (id, organisation_id, practitioner_id, client_id, starts_at, closes_at,"
        " opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
        *(room.id, room.organisation, room.practitioner, room.client),
        *(room.starts_at, room.closes_at, now),
    )


async def read(tx: Transaction, room: UUID) -> Room | None:
    """The room as it stands."""
    row = await tx.fetchrow(SELECT_ROOM + " WHERE id = $1", room)
    return None if row is None else _room(row)


async def lock(tx: Transaction, room: UUID) -> Room | None:
    """The room, ours until the transaction ends."""
    row = await tx.fetchrow(SELECT_ROOM + " WHERE id = $1 FOR UPDATE", room)
    return None if row is None else _room(row)


async def follow(tx: Transaction, room: Room) -> None:
    """Take over the appointment's times."""
    await tx.execute(
        "UPDATE rooms.room SET starts_at = $2, closes_at = $3 WHERE id = $1",
        *(room.id, room.starts_at, room.closes_at),
    )


async def begin(tx: Transaction, room: UUID, *, now: datetime) -> None:
    """The session is live."""
    await tx.execute("UPDATE rooms.room SET status = 'live', live_at = $2 WHERE id = $1", room, now)


async def end(tx: Transaction, room: UUID, *, now: datetime) -> None:
    """The session is over: nobody is in any more."""
    await tx.execute(
        "UPDATE rooms.room SET status = 'ended', ended_at = $2 WHERE id = $1", room, now
    )
    await tx.execute(
        "UPDATE rooms.participant SET state = 'left', waiting_until = NULL"
        " WHERE room_id = $1 AND state IN ('waiting', 'admitted')",
        room,
    )


async def overdue(tx: Transaction, *, now: datetime, limit: int) -> list[UUID]:
    """Rooms whose time is over and that nobody ended."""
    rows = await tx.fetch(
        "SELECT id FROM rooms.room WHERE status <> 'ended' AND closes_at <= $1 ORDER BY closes_at LIMIT $2",
        now,
        limit,
    )
    return [row["id"] for row in rows]


async def early(tx: Transaction, *, now: datetime, limit: int) -> list[UUID]:
    """Rooms entered before their appointment starts: it may have been cancelled since."""
    rows = await tx.fetch(
        "SELECT id FROM rooms.room WHERE status <> 'ended' AND starts_at > $1"
        " ORDER BY starts_at LIMIT $2",
        *(now, limit),
    )
    return [row["id"] for row in rows]


async def seats(tx: Transaction, room: UUID) -> list[Seat]:
    """Everybody who ever entered, the practitioner first."""
    rows = await tx.fetch(
        SELECT_SEAT + " WHERE room_id = $1 ORDER BY role DESC, entered_at, id", room
    )
    return [_seat(row) for row in rows]


async def seat_of(tx: Transaction, room: UUID, person: UUID) -> Seat | None:
    """A person's seat, however he came: `queries.own_seat` says whether it is the caller's."""
    row = await tx.fetchrow(SELECT_SEAT + " WHERE room_id = $1 AND person_id = $2", room, person)
    return None if row is None else _seat(row)


async def seat(tx: Transaction, participant: UUID) -> Seat | None:
    """A participant's seat, by its own id."""
    row = await tx.fetchrow(SELECT_SEAT + " WHERE id = $1", participant)
    return None if row is None else _seat(row)


async def save(tx: Transaction, seat: Seat, *, now: datetime) -> None:
    """Write a seat: its first entry, or its newest standing."""
    person = seat.participant
    await tx.execute(
        "INSERT INTO rooms.participant (id, organisation_id, room_id, person_id, name, role, state,"
        " welcome, by_link, waiting_until, entered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (room_id, person_id) DO UPDATE SET name = excluded.name, state = excluded.state,"
        " welcome = excluded.welcome, by_link = excluded.by_link, waiting_until = excluded.waiting_until",
        *(person.id, seat.organisation, seat.room, person.person, person.name, person.role),
        *(seat.standing.state, seat.standing.welcome, seat.by_link, seat.waiting_until, now),
    )


async def renew(tx: Transaction, participants: Sequence[UUID], *, until: datetime) -> None:
    """These still wait: their connections are open."""
    await tx.execute(
        "UPDATE rooms.participant SET waiting_until = $2 WHERE id = ANY($1::uuid[]) AND state = 'waiting'",
        *(list(participants), until),
    )


async def lapsed(tx: Transaction, *, now: datetime, limit: int) -> list[Seat]:
    """Those who are said to wait, and whose connection nobody has vouched for."""
    rows = await tx.fetch(
        SELECT_SEAT + " WHERE state = 'waiting' AND waiting_until <= $1"
        " ORDER BY waiting_until LIMIT $2",
        *(now, limit),
    )
    return [_seat(row) for row in rows]


def _message(row: Row) -> Message:
    return Message(
        id=row["id"],
        room=row["room_id"],
        seq=row["seq"],
        participant=row["participant_id"],
        person=row["person_id"],
        name=row["name"],
        text=row["text"],
        key=row["key"],
        at=row["at"],
    )


async def message_by_key(tx: Transaction, seat: Seat, key: str) -> Message | None:
    """What this participant has already sent under `key`."""
    row = await tx.fetchrow(
        SELECT_MESSAGE + " WHERE m.room_id = $1 AND m.participant_id = $2 AND m.key = $3",
        *(seat.room, seat.participant.id, key),
    )
    return None if row is None else _message(row)


async def store(
    tx: Transaction, seat: Seat, *, id: UUID, text: str, key: str, at: datetime
) -> Message:
    """Store a message under the room's next number. The caller holds the room's lock."""
    seq: int = await tx.fetchval(
        "WITH next AS (UPDATE rooms.room SET last_seq = last_seq + 1 WHERE id = $3 RETURNING last_seq)"
        " INSERT INTO rooms.message (id, organisation_id, room_id, seq, participant_id, key, text, at)"
        " SELECT $1, $2, $3, next.last_seq, $4, $5, $6, $7 FROM next RETURNING seq",
        *(id, seat.organisation, seat.room, seat.participant.id, key, text, at),
    )
    author = seat.participant
    return Message(
        id=id, room=seat.room, seq=seq, participant=author.id, person=author.person, name=author.name,
        text=text, key=key, at=at,
    )  # fmt: skip


async def messages(tx: Transaction, room: UUID, *, after: int, limit: int) -> list[Message]:
    """Messages numbered above `after`, in order, at most `limit`."""
    rows = await tx.fetch(
        SELECT_MESSAGE + " WHERE m.room_id = $1 AND m.seq > $2 ORDER BY m.seq LIMIT $3",
        *(room, after, limit),
    )
    return [_message(row) for row in rows]
