"""How a calendar is changed: its row locked first, its version and what the sockets are told written last."""

from uuid import UUID

from persistence import outbox
from persistence.postgres import Transaction
from protocol.errors import NotFound
from services.booking import repository
from services.booking.events import Journal
from services.booking.model import Calendar


async def locked(tx: Transaction, practitioner_id: UUID) -> Calendar:
    """The calendar, ours until the transaction ends. NotFound, also for one of another organisation."""
    calendar = await repository.lock_calendar(tx, practitioner_id)
    if calendar is None:
        raise NotFound
    return calendar


async def commit(tx: Transaction, calendar: Calendar, journal: Journal) -> None:
    """Count the version up, and append the entries to the outbox."""
    if pushes := journal.version - calendar.version:
        await repository.count_pushes(tx, calendar.practitioner_id, pushes)
    for audience, push in journal.entries:
        await outbox.append(tx, organisation=calendar.organisation_id, channels=audience, push=push)
