"""What happens in a room without anybody asking: its time is over, its appointment was cancelled, a page is gone.

The system acts here, over all organisations; each room in a transaction of its own, so that none waits for another.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from persistence.postgres import SYSTEM, Database, Transaction
from rooms import repository, steps
from rooms.departures import Departures
from services.booking.queries import appointment_for_room

BATCH = 200
"""Rooms or participants that one sweep takes; the next one takes the rest."""


class Closing:
    """Ends what nobody ends."""

    def __init__(
        self, *, database: Database, clock: Callable[[], datetime], departures: Departures
    ) -> None:
        self._database = database
        self._clock = clock
        self._departures = departures

    async def sweep(self) -> None:
        """Close the rooms that are over or cancelled, and dismiss those who wait and whom nobody vouches for."""
        now = self._clock()
        async with self._database.transaction(SYSTEM, read_only=True) as tx:
            over = await repository.overdue(tx, now=now, limit=BATCH)
            early = await repository.early(tx, now=now, limit=BATCH)
            over += [room for room in early if await _is_cancelled(tx, room)]
            lapsed = await repository.lapsed(tx, now=now, limit=BATCH)
        for room in over:
            await self._close(room)
        for seat in lapsed:
            await self.dismiss(seat.room, seat.participant.id, unvouched_since=now - steps.LEASE)

    async def renew(self, participants: Sequence[UUID]) -> None:
        """Vouch for these: their connections are open, so whoever of them waits goes on waiting."""
        async with self._database.transaction(SYSTEM) as tx:
            await repository.renew(tx, participants, until=self._clock() + steps.LEASE)

    async def dismiss(self, room: UUID, participant: UUID, *, unvouched_since: datetime) -> None:
        """He waited, and his page is gone: he waits no more, unless he came back (or was vouched for) since.

        Whoever is inside keeps his place.
        """
        async with self._database.transaction(SYSTEM) as tx:
            locked = await repository.lock(tx, room)
            seat = await repository.seat(tx, participant)
            if locked is None or seat is None or seat.waiting_until is None:
                return
            if seat.waiting_until <= unvouched_since + steps.LEASE:
                await steps.move(tx, locked, seat, "leave", now=self._clock())

    async def _close(self, room: UUID) -> None:
        async with self._database.transaction(SYSTEM) as tx:
            locked = await repository.lock(tx, room)
            if locked is None or locked.status == "ended":
                return  # somebody ended it meanwhile
            departures = await steps.end(tx, locked, now=self._clock())
        await self._departures.tell(departures)


async def _is_cancelled(tx: Transaction, room: UUID) -> bool:
    facts = await appointment_for_room(tx, room)
    return facts is None or facts.status == "cancelled"
