"""The steps that people and rooms take, inside a transaction that holds the room's lock: rows and outbox together."""

from dataclasses import replace
from datetime import datetime, timedelta

from persistence.outbox import append
from persistence.postgres import Transaction
from protocol import channels
from protocol.pushes import ParticipantChanged, RoomChanged, RoomStatus
from rooms import membership, repository
from rooms import room as life
from rooms.departures import Departure
from rooms.errors import RoomEnded
from rooms.membership import ParticipantStep
from rooms.repository import Room, Seat

LEASE = timedelta(seconds=60)
"""How long a waiting client counts as present without being vouched for: a restart of the server, and some."""


def check_running(room: Room, now: datetime) -> None:
    """Raises RoomEnded once the session was ended or its time is over, also before the sweep has noticed."""
    if room.status == "ended" or now >= room.closes_at:
        raise RoomEnded


async def move(
    tx: Transaction, room: Room, seat: Seat, event: ParticipantStep, *, now: datetime
) -> Seat:
    """Take one participant a step further, and tell the room and him. A step that changes nothing tells nobody."""
    standing = membership.step(seat.standing, event, role=seat.participant.role)
    waits = standing.state == "waiting"
    moved = replace(
        seat,
        standing=standing,
        participant=replace(seat.participant, state=standing.state),
        waiting_until=now + LEASE if waits else None,
    )
    if standing == seat.standing and not waits:
        return moved
    await repository.save(tx, moved, now=now)
    if standing != seat.standing:
        audience = (channels.room(room.id), channels.participant(seat.participant.id))
        push = ParticipantChanged(room=room.id, participant=moved.participant)
        await append(tx, organisation=room.organisation, channels=audience, push=push)
    return moved


async def begin(tx: Transaction, room: Room, *, now: datetime) -> None:
    """The first client is in: the session is live. Once it is, this changes nothing."""
    if life.step(room.status, "begin") != room.status:
        await repository.begin(tx, room.id, now=now)
        await _announce(tx, room, await repository.seats(tx, room.id), "live")


async def end(tx: Transaction, room: Room, *, now: datetime) -> list[Departure]:
    """The session is over. Returns who departs by it, to be told after the commit. Raises RoomEnded."""
    life.step(room.status, "end")
    seats = await repository.seats(tx, room.id)
    await repository.end(tx, room.id, now=now)
    await _announce(tx, room, seats, "ended")
    return [departure(seat) for seat in seats]


def departure(seat: Seat) -> Departure:
    """That this participant is in no more."""
    return Departure(
        room=seat.room, participant=seat.participant.id, person=seat.participant.person
    )


async def _announce(tx: Transaction, room: Room, seats: list[Seat], status: RoomStatus) -> None:
    everyone = [channels.participant(seat.participant.id) for seat in seats]
    push = RoomChanged(room=room.id, status=status)
    audience = (channels.room(room.id), *everyone)
    await append(tx, organisation=room.organisation, channels=audience, push=push)
