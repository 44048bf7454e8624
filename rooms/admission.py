"""Entering, letting in, showing out, leaving and ending: one transaction each, which locks the room's row first.

What only people inside may have (channels, the call) is taken away after the commit, through `departures`.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from persistence.postgres import Actor, Database, Transaction
from protocol.claims import Claims
from protocol.errors import NotFound
from protocol.pushes import Participant, RoomStatus
from rooms import membership, repository, steps
from rooms import room as life
from rooms.departures import Departures
from rooms.errors import PractitionerOnly, RoomNotOpen
from rooms.membership import ADMITTED, NEWCOMER
from rooms.queries import (
    RoomView,
    check_guest,
    facts_for,
    is_own,
    own_seat,
    role_of,
    room_view,
    view,
)
from rooms.repository import Room, Seat
from rooms.room import RoomOptions
from services.booking.model import AppointmentFacts


class Admission:
    """Who may be together."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Callable[[], datetime],
        departures: Departures,
        options: RoomOptions | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._departures = departures
        self._options = options or RoomOptions()

    async def view(self, claims: Claims, room: UUID) -> RoomView:
        """The room as this side of it sees it. Raises NotFound to everybody else."""
        async with self._database.transaction(Actor.of(claims), read_only=True) as tx:
            now = self._clock()
            return await room_view(tx, claims, room, now=now, options=self._options)

    async def enter(self, claims: Claims, room: UUID) -> RoomView:
        """Come in: the practitioner at once, a client to the waiting room unless he was admitted before.

        By the join link that means: admitted by the link. Who was in signed in then waits with him, and is in no more.
        Raises NotFound, RoomNotOpen, RoomEnded, Removed.
        """
        async with self._database.transaction(Actor.of(claims)) as tx:
            facts = await facts_for(tx, claims, room)
            opened = await self._opened(tx, facts)
            mine = await repository.seat_of(tx, room, claims.person) or _newcomer(facts, claims)
            moved = await steps.move(tx, opened, _coming(mine, claims), "enter", now=self._clock())
            seen = await view(tx, facts, claims, now=self._clock(), options=self._options)
        if mine.standing == ADMITTED != moved.standing:
            await self._departures.tell([steps.departure(moved)])
        return seen

    async def leave(self, claims: Claims, room: UUID) -> Participant:
        """Go. Whoever was admitted may come straight back in until the room ends. Raises NotFound."""
        async with self._database.transaction(Actor.of(claims)) as tx:
            locked, mine = await self._locked(tx, claims, room)
            moved = await steps.move(tx, locked, mine, "leave", now=self._clock())
        await self._departures.tell([steps.departure(moved)])
        return moved.participant

    async def admit(self, claims: Claims, room: UUID, participant: UUID) -> Participant:
        """Let a waiting client in, or one who was removed back in. The first one in makes the session live.

        Raises NotFound, RoomEnded, PractitionerOnly, NotAdmitted, IllegalStep.
        """
        async with self._database.transaction(Actor.of(claims)) as tx:
            locked, seat = await self._led(tx, claims, room, participant)
            moved = await steps.move(tx, locked, seat, "admit", now=self._clock())
            await steps.begin(tx, locked, now=self._clock())
        return moved.participant

    async def remove(self, claims: Claims, room: UUID, participant: UUID) -> Participant:
        """Show a client out, whatever his state: he may not come back unless he is admitted again.

        Raises NotFound, RoomEnded, PractitionerOnly, NotAdmitted, IllegalStep.
        """
        async with self._database.transaction(Actor.of(claims)) as tx:
            locked, seat = await self._led(tx, claims, room, participant)
            moved = await steps.move(tx, locked, seat, "remove", now=self._clock())
        await self._departures.tell([steps.departure(moved)])
        return moved.participant

    async def end(self, claims: Claims, room: UUID) -> None:
        """End the session for everybody. Raises NotFound, RoomEnded, PractitionerOnly."""
        async with self._database.transaction(Actor.of(claims)) as tx:
            locked, mine = await self._locked(tx, claims, room)
            if mine.participant.role != "practitioner":
                raise PractitionerOnly
            departures = await steps.end(tx, locked, now=self._clock())
        await self._departures.tell(departures)

    async def member(self, claims: Claims, room: UUID) -> Seat:
        """The seat of someone who is inside a room that has not ended: what the channels and the call ask.

        Raises NotFound, RoomEnded, NotAdmitted, Removed.
        """
        check_guest(claims, room)
        async with self._database.transaction(Actor.of(claims), read_only=True) as tx:
            found = await repository.read(tx, room)
            mine = await own_seat(tx, claims, room)
        if found is None or mine is None:
            raise NotFound
        steps.check_running(found, self._clock())
        membership.may_speak(mine.standing)
        return mine

    async def seat(self, claims: Claims, participant: UUID) -> Seat:
        """One's own seat by its id, whatever its state. Raises NotFound for another's."""
        async with self._database.transaction(Actor.of(claims), read_only=True) as tx:
            seat = await repository.seat(tx, participant)
        if seat is None or not is_own(seat, claims):
            raise NotFound
        check_guest(claims, seat.room)
        return seat

    async def _opened(self, tx: Transaction, facts: AppointmentFacts) -> Room:
        """The room, locked: made by whoever comes first."""
        now = self._clock()
        hours = life.window(facts.start, facts.end, now=now, options=self._options)
        stored = await repository.lock(tx, facts.id)
        status = life.status_at("scheduled" if stored is None else stored.status, hours, now)
        if status == "scheduled":
            raise RoomNotOpen(opens_at=hours.opens_at)
        opened = _room(facts, status=life.step(status, "open"), closes_at=hours.closes_at)
        return (
            await _made(tx, opened, now) if stored is None else await _followed(tx, stored, opened)
        )

    async def _locked(self, tx: Transaction, claims: Claims, room: UUID) -> tuple[Room, Seat]:
        """A room somebody entered, and the caller's seat in it."""
        check_guest(claims, room)
        locked = await repository.lock(tx, room)
        mine = await own_seat(tx, claims, room)
        if locked is None or mine is None:
            raise NotFound
        return locked, mine

    async def _led(
        self, tx: Transaction, claims: Claims, room: UUID, participant: UUID
    ) -> tuple[Room, Seat]:
        """The running room of a practitioner who is in it, and the seat that he decides about."""
        locked, mine = await self._locked(tx, claims, room)
        steps.check_running(locked, self._clock())
        if mine.participant.role != "practitioner":
            raise PractitionerOnly
        membership.may_speak(mine.standing)
        seat = await repository.seat(tx, participant)
        if seat is None or seat.room != room:
            raise NotFound
        return locked, seat


async def _made(tx: Transaction, room: Room, now: datetime) -> Room:
    """The row of a new room, or of one that the other side has made at the same moment."""
    await repository.insert_room(tx, room, now=now)
    made = await repository.lock(tx, room.id)
    if made is None:
        raise AssertionError("inserted above, or by whom the insert gave way to")
    steps.check_running(made, now)
    return made


async def _followed(tx: Transaction, stored: Room, room: Room) -> Room:
    """The row with its appointment's times, which may have moved."""
    if (stored.starts_at, stored.closes_at) != (room.starts_at, room.closes_at):
        await repository.follow(tx, room)
    return stored


def _room(facts: AppointmentFacts, *, status: RoomStatus, closes_at: datetime) -> Room:
    return Room(
        id=facts.id,
        organisation=facts.organisation_id,
        practitioner=facts.practitioner_id,
        client=facts.client_id,
        status=status,
        starts_at=facts.start,
        closes_at=closes_at,
        last_seq=0,
    )


def _newcomer(facts: AppointmentFacts, claims: Claims) -> Seat:
    role = role_of(facts, claims)
    person = Participant(
        id=uuid4(),
        person=claims.person,
        name=facts.practitioner_name if role == "practitioner" else facts.client_name,
        role=role,
        state="left",
    )
    return Seat(
        participant=person,
        standing=NEWCOMER[role],
        room=facts.id,
        organisation=facts.organisation_id,
        by_link=claims.is_guest,
    )


def _coming(seat: Seat, claims: Claims) -> Seat:
    """The seat as one finds it who comes this way."""
    standing, by_link = membership.comes_in(
        seat.standing, by_link=seat.by_link, guest=claims.is_guest
    )
    return replace(seat, standing=standing, by_link=by_link)
