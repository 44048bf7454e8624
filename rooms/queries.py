"""What can be asked of rooms, by one of its two sides. Reads only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from persistence.postgres import Transaction
from protocol.claims import Claims
from protocol.codec import encode
from protocol.errors import NotFound
from protocol.pushes import Message, Participant, Person, RoomStatus
from rooms import membership, repository
from rooms.membership import NEWCOMER, ParticipantRole
from rooms.repository import Seat
from rooms.room import RoomOptions, status_at, window
from services.booking.model import AppointmentFacts
from services.booking.queries import appointment_for_room

HISTORY_BYTES = 256 * 1024
"""JSON of one answer's messages: a quarter of what a slow reader may leave unread before the hub cuts him off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView:
    """What the page of a room starts from. Times aware UTC.

    `participants` holds only `me` for a client who is not admitted; `last_seq` is 0 for him: he may not read.
    """

    id: UUID
    status: RoomStatus
    opens_at: datetime
    start: datetime
    end: datetime
    service_name: str
    practitioner: Person
    client: Person
    me: Participant | None
    participants: tuple[Participant, ...]
    last_seq: int
    server_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Messages in order, and the number of the room's last one: more are there while it is higher."""

    messages: tuple[Message, ...]
    last_seq: int


async def room_view(
    tx: Transaction, claims: Claims, room: UUID, *, now: datetime, options: RoomOptions
) -> RoomView:
    """The room as this side of it sees it. Raises NotFound to everybody else."""
    return await view(tx, await facts_for(tx, claims, room), claims, now=now, options=options)


async def history(
    tx: Transaction, claims: Claims, room: UUID, *, after: int, limit: int
) -> History:
    """Messages numbered above `after`, at most `limit` and HISTORY_BYTES, but one at least; also after the end.

    Raises NotFound, NotAdmitted, Removed.
    """
    check_guest(claims, room)
    found = await repository.read(tx, room)
    mine = await own_seat(tx, claims, room)
    if found is None or mine is None:
        raise NotFound
    membership.may_read(mine.standing)
    messages = await repository.messages(tx, room, after=after, limit=limit)
    last = max(found.last_seq, messages[-1].seq if messages else 0)
    return History(messages=tuple(_fitting(messages)), last_seq=last)


def _fitting(messages: Iterable[Message]) -> Iterator[Message]:
    """The first of `messages`, and what follows as far as it fits."""
    size = 0
    for count, message in enumerate(messages):
        size += len(encode(message))
        if count and size > HISTORY_BYTES:
            return
        yield message


def check_guest(claims: Claims, room: UUID) -> None:
    """A guest has one room: any other does not exist for him. Raises NotFound."""
    if claims.room not in (None, room):
        raise NotFound


async def own_seat(tx: Transaction, claims: Claims, room: UUID) -> Seat | None:
    """The caller's seat; None until he has entered the way that he comes now: see `rooms.membership`."""
    seat = await repository.seat_of(tx, room, claims.person)
    return None if seat is None or not is_own(seat, claims) else seat


def is_own(seat: Seat, claims: Claims) -> bool:
    """Whether the seat is the caller's: a guest's only where he, or whoever had the link, has entered by it."""
    return seat.participant.person == claims.person and (seat.by_link or not claims.is_guest)


async def facts_for(tx: Transaction, claims: Claims, room: UUID) -> AppointmentFacts:
    """The appointment that this room belongs to, for one of its two sides. Raises NotFound to everybody else."""
    check_guest(claims, room)
    facts = await appointment_for_room(tx, room)
    if facts is None or facts.organisation_id != claims.organisation:
        raise NotFound
    if facts.status not in ("booked", "completed"):
        raise NotFound
    role_of(facts, claims)
    return facts


def role_of(facts: AppointmentFacts, claims: Claims) -> ParticipantRole:
    """Which of the two sides this is. Raises NotFound for a third. A guest is the client, whoever's id he has."""
    if claims.person == facts.client_id:
        return "client"
    if claims.person == facts.practitioner_id and not claims.is_guest:
        return "practitioner"
    raise NotFound


async def view(
    tx: Transaction,
    facts: AppointmentFacts,
    claims: Claims,
    *,
    now: datetime,
    options: RoomOptions,
) -> RoomView:
    """The room of an appointment, as `claims` sees it."""
    room = await repository.read(tx, facts.id)
    hours = window(facts.start, facts.end, now=now, options=options)
    seats = [] if room is None else await repository.seats(tx, room.id)
    mine = next((seat for seat in seats if is_own(seat, claims)), None)
    role = role_of(facts, claims)
    inside = role == "practitioner" or (mine is not None and mine.standing.state == "admitted")
    welcome = NEWCOMER[role].welcome if mine is None else mine.standing.welcome
    return RoomView(
        id=facts.id,
        status=status_at("scheduled" if room is None else room.status, hours, now),
        opens_at=hours.opens_at,
        start=facts.start,
        end=facts.end,
        service_name=facts.service_name,
        practitioner=Person(id=facts.practitioner_id, name=facts.practitioner_name),
        client=Person(id=facts.client_id, name=facts.client_name),
        me=None if mine is None else mine.participant,
        participants=tuple(seat.participant for seat in seats if inside or seat is mine),
        last_seq=room.last_seq if room is not None and welcome else 0,
        server_time=now,
    )
