"""What happens in a room without anybody asking: its time is over, its appointment was cancelled, a page is gone.

The system acts here, over all organisations; each room in a transaction of its own, so that none waits for another.
"""

import logging
import traceback
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from persistence.postgres import SYSTEM, Database, Transaction
from protocol.errors import RequestError
from rooms import repository, steps
from rooms.departures import Departures
from services.booking.queries import appointment_for_room

log = logging.getLogger(__name__)

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
            await kept(self._close(room))
        for seat in lapsed:
            since = now - steps.LEASE
            await kept(self.dismiss(seat.room, seat.participant.id, unvouched_since=since))

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


async def kept(step: Coroutine[Any, Any, None]) -> None:
    """Let the next round try again: neither a database that is away nor a bug of one step may end the others.

    Of a bug its kind and its place are told, not its words: they may quote what somebody wrote.
    """
    try:
        await step
    except RequestError as error:
        log.warning("rooms not kept", extra={"slug": error.slug})
    except Exception as error:
        *_, frame = traceback.extract_tb(error.__traceback__)
        at = f"{Path(frame.filename).name}:{frame.lineno}"
        log.error("rooms not kept", extra={"error": type(error).__name__, "at": at})
