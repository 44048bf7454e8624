"""What time does in booking: holds expire, appointments are over. Calendar by calendar, as the system."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from persistence.postgres import SYSTEM, Database, Transaction
from services.booking import ledger, repository
from services.booking.events import Journal
from services.booking.model import after

log = logging.getLogger(__name__)

CALENDARS_A_SWEEP = 200
"""A sweep takes each calendar's lock for a moment; what is left waits for the next one, a few seconds later."""


async def expire_holds(database: Database, now: datetime) -> int:
    """Delete the holds whose time is over, and tell so. Returns how many. For the worker, every few seconds."""
    async with database.transaction(SYSTEM, read_only=True) as tx:
        due = await repository.with_expired_holds(tx, now=now, limit=CALENDARS_A_SWEEP)
    return await _each(database, due, _expire, now=now)


async def complete_appointments(database: Database, now: datetime) -> int:
    """Mark the appointments that are over, and tell so. Returns how many. For the worker, every minute or so."""
    async with database.transaction(SYSTEM, read_only=True) as tx:
        due = await repository.with_past_appointments(tx, now=now, limit=CALENDARS_A_SWEEP)
    return await _each(database, due, _complete, now=now)


class Sweep(Protocol):
    """What is done to one calendar. Returns how many rows it changed."""

    async def __call__(self, tx: Transaction, practitioner_id: UUID, /, *, now: datetime) -> int:
        """Do it."""
        ...


async def _each(
    database: Database, practitioners: Sequence[UUID], sweep: Sweep, *, now: datetime
) -> int:
    """Sweep calendar by calendar. One that fails is for the next time, and keeps no other waiting."""
    count = 0
    for practitioner_id in practitioners:
        try:
            async with database.transaction(SYSTEM) as tx:
                count += await sweep(tx, practitioner_id, now=now)
        except Exception:
            log.exception("calendar not swept", extra={"practitioner": str(practitioner_id)})
    return count


async def _expire(tx: Transaction, practitioner_id: UUID, *, now: datetime) -> int:
    calendar = await ledger.locked(tx, practitioner_id)
    journal = Journal(calendar)
    expired = await repository.drop_expired(tx, practitioner_id, now=now)
    for hold in expired:
        journal.released(hold)
    await ledger.commit(tx, calendar, journal)
    return len(expired)


async def _complete(tx: Transaction, practitioner_id: UUID, *, now: datetime) -> int:
    calendar = await ledger.locked(tx, practitioner_id)
    journal = Journal(calendar)
    status = after("booked", "complete")
    over = await repository.complete(tx, practitioner_id, status=status, now=now)
    for appointment in over:
        journal.completed(appointment)
    await ledger.commit(tx, calendar, journal)
    return len(over)
