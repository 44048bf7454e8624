"""What can be done in booking: one use case each, in the transaction that the caller opened.

Whatever changes a calendar locks its row first, then changes rows, then counts the calendar's version up
and appends what the sockets are told to the outbox: all of it commits, or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from persistence.errors import ExclusionViolated
from persistence.postgres import Transaction
from protocol.errors import Conflict, NotFound
from services.booking import ledger, repository
from services.booking.availability import Rule, check_rules, is_offered, zone_of
from services.booking.errors import (
    DoubleBooked,
    HoldExpired,
    NotASlot,
    OwnCalendar,
    SlotTaken,
    TooManyBookings,
    TooManyHolds,
    VersionConflict,
)
from services.booking.events import Journal
from services.booking.model import (
    HOLD_TIME,
    MAX_BOOKINGS,
    MAX_HOLDS,
    Appointment,
    Calendar,
    Person,
    Service,
    after,
    check_cancellable,
    default_step,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who wants which slot. `note` is for the practitioner."""

    client: Person
    practitioner_id: UUID
    service_id: UUID
    start: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A service to offer. `price_amount` in minor units; `slot_minutes` is rounded from the duration if left out."""

    name: str
    duration_minutes: int
    price_amount: int
    currency: str
    description: str = ""
    slot_minutes: int | None = None
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    min_notice_minutes: int = 60
    horizon_days: int = 60
    position: int = 0


# --- slots -------------------------------------------------------------------------------------


async def hold_slot(tx: Transaction, claim: Claim, *, now: datetime) -> Appointment:
    """Keep a slot for `HOLD_TIME`. NotFound, NotASlot, OwnCalendar, SlotTaken, TooManyHolds, TooManyBookings."""
    await _may_book(tx, claim.client.id, now=now)
    calendar, wanted = await _claimed(tx, claim, now=now)
    if await repository.count_holds(tx, claim.client.id, now=now) >= MAX_HOLDS:
        raise TooManyHolds
    hold = replace(wanted, status="held", expires_at=now + HOLD_TIME, booked_at=None)
    journal = await _insert(tx, calendar, hold, now=now)
    journal.held(hold)
    await ledger.commit(tx, calendar, journal)
    return hold


async def book_slot(tx: Transaction, claim: Claim, *, now: datetime) -> Appointment:
    """Book a slot without holding it first.

    NotFound, NotASlot, OwnCalendar, SlotTaken, DoubleBooked, TooManyBookings.
    """
    await _may_book(tx, claim.client.id, now=now)
    calendar, appointment = await _claimed(tx, claim, now=now)
    journal = await _insert(tx, calendar, appointment, now=now)
    journal.booked(appointment)
    await ledger.commit(tx, calendar, journal)
    return appointment


async def book_hold(
    tx: Transaction, hold_id: UUID, *, client_id: UUID, note: str = "", now: datetime
) -> Appointment:
    """Make an appointment of one's own live hold. HoldExpired for any other id: what it was is not told.

    DoubleBooked, TooManyBookings.
    """
    hold = await repository.find(tx, hold_id)
    if hold is None or hold.client_id != client_id or hold.status != "held":
        raise HoldExpired
    await _may_book(tx, client_id, now=now)
    calendar = await ledger.locked(tx, hold.practitioner_id)
    status = after(hold.status, "book")
    try:
        booked = await repository.book(tx, hold_id, status=status, note=note, now=now)
    except ExclusionViolated:  # the hold kept the practitioner's time: it can only be his own
        raise DoubleBooked from None
    if booked is None:
        raise HoldExpired
    journal = Journal(calendar)
    journal.booked(booked)
    await ledger.commit(tx, calendar, journal)
    return booked


async def release_hold(tx: Transaction, hold_id: UUID, *, client_id: UUID) -> None:
    """Let one's own hold go before its time. NotFound."""
    hold = await repository.find(tx, hold_id)
    if hold is None or hold.client_id != client_id or hold.status != "held":
        raise NotFound
    calendar = await ledger.locked(tx, hold.practitioner_id)
    if await repository.delete_hold(tx, hold_id) is None:
        raise NotFound
    journal = Journal(calendar)
    journal.released(hold)
    await ledger.commit(tx, calendar, journal)


async def cancel(
    tx: Transaction, appointment_id: UUID, *, reason: str = "", now: datetime
) -> Appointment:
    """Call an appointment off that the actor may see, until it starts. NotFound, AlreadyOver."""
    seen = await repository.find(tx, appointment_id)
    if seen is None or seen.status == "held":
        raise NotFound
    calendar = await ledger.locked(tx, seen.practitioner_id)
    appointment = await repository.find(tx, appointment_id)
    if appointment is None:
        raise AssertionError("appointments are never deleted")
    check_cancellable(appointment, now)
    cancelled = await repository.cancel(
        tx,
        appointment_id,
        status=after(appointment.status, "cancel"),
        by=tx.actor.person,
        reason=reason,
        now=now,
    )
    journal = Journal(calendar)
    journal.cancelled(cancelled)
    await ledger.commit(tx, calendar, journal)
    return cancelled


# --- what a practitioner offers ------------------------------------------------------------------


async def create_calendar(
    tx: Transaction, practitioner: Person, *, organisation_id: UUID, time_zone: str
) -> Calendar:
    """Give a practitioner a calendar, closed until he sets his hours. UnknownTimeZone, UniqueViolated."""
    zone_of(time_zone)
    calendar = Calendar(
        practitioner_id=practitioner.id,
        organisation_id=organisation_id,
        practitioner_name=practitioner.name,
        time_zone=time_zone,
        version=0,
        rules_version=0,
    )
    await repository.insert_calendar(tx, calendar)
    return calendar


async def create_service(tx: Transaction, practitioner_id: UUID, offer: Offer) -> Service:
    """Offer a service; whoever shows the slots fetches them anew. NotFound."""
    calendar = await ledger.locked(tx, practitioner_id)
    service = Service(
        id=uuid4(),
        organisation_id=calendar.organisation_id,
        practitioner_id=practitioner_id,
        name=offer.name,
        description=offer.description,
        duration_minutes=offer.duration_minutes,
        slot_minutes=offer.slot_minutes or default_step(offer.duration_minutes),
        buffer_before_minutes=offer.buffer_before_minutes,
        buffer_after_minutes=offer.buffer_after_minutes,
        min_notice_minutes=offer.min_notice_minutes,
        horizon_days=offer.horizon_days,
        price_amount=offer.price_amount,
        currency=offer.currency,
    )
    await repository.insert_service(tx, service, position=offer.position)
    journal = Journal(calendar)
    journal.availability_changed()
    await ledger.commit(tx, calendar, journal)
    return service


async def set_availability(
    tx: Transaction,
    practitioner_id: UUID,
    *,
    rules: Sequence[Rule],
    time_zone: str | None = None,
    version: int | None = None,
) -> int:
    """Put other weekly hours in place; appointments that exist stay. Returns the hours' new version.

    `version` is the one that was read: VersionConflict if another was saved since, unless the last save was just this
    one, and its answer was lost. The zone stays if left out.
    NotFound, InvalidRules, UnknownTimeZone.
    """
    ordered = check_rules(rules)
    calendar = await ledger.locked(tx, practitioner_id)
    zone = time_zone or calendar.time_zone
    zone_of(zone)
    if version is not None and version != calendar.rules_version:
        if version == calendar.rules_version - 1 and await _stand(tx, calendar, ordered, zone):
            return calendar.rules_version
        raise VersionConflict(current=calendar.rules_version)
    saved = await repository.replace_rules(tx, calendar, ordered, time_zone=zone)
    journal = Journal(calendar)
    journal.availability_changed()
    await ledger.commit(tx, calendar, journal)
    return saved


# --- parts of the above --------------------------------------------------------------------------


_OVERLAPS: Mapping[str, type[Conflict]] = {
    "appointment_no_overlap": SlotTaken,
    "appointment_client_no_overlap": DoubleBooked,
}


async def _stand(
    tx: Transaction, calendar: Calendar, rules: Sequence[Rule], time_zone: str
) -> bool:
    """Whether these are the hours already."""
    stored = await repository.rules(tx, [calendar.practitioner_id])
    return calendar.time_zone == time_zone and stored[calendar.practitioner_id] == list(rules)


async def _may_book(tx: Transaction, client_id: UUID, *, now: datetime) -> None:
    """Lock the client, and look whether he may have one more appointment. TooManyBookings."""
    await repository.lock_client(tx, client_id)
    if await repository.count_bookings(tx, client_id, now=now) >= MAX_BOOKINGS:
        raise TooManyBookings(limit=MAX_BOOKINGS)


async def _claimed(tx: Transaction, claim: Claim, *, now: datetime) -> tuple[Calendar, Appointment]:
    """The calendar, locked, and the appointment as it would be booked."""
    if claim.client.id == claim.practitioner_id:
        raise OwnCalendar
    service = await repository.service(tx, claim.practitioner_id, claim.service_id)
    if service is None or service.organisation_id != tx.actor.organisation:
        raise NotFound
    wanted = _appointment(claim, service, now=now)
    # Whoever comes too late is told so before he queues for the lock. The constraint decides all the same.
    if await _is_taken(tx, wanted, now=now):
        raise SlotTaken
    calendar = await ledger.locked(tx, claim.practitioner_id)
    rules = (await repository.rules(tx, [claim.practitioner_id]))[claim.practitioner_id]
    zone = zone_of(calendar.time_zone)
    if not is_offered(service.timing, rules, zone, claim.start, now=now):
        raise NotASlot
    named = replace(
        wanted, practitioner_name=calendar.practitioner_name, time_zone=calendar.time_zone
    )
    return calendar, named


def _appointment(claim: Claim, service: Service, *, now: datetime) -> Appointment:
    timing = service.timing
    end = claim.start + timing.duration
    return Appointment(
        id=uuid4(),
        organisation_id=service.organisation_id,
        practitioner_id=service.practitioner_id,
        practitioner_name="",
        client_id=claim.client.id,
        client_name=claim.client.name,
        service_id=service.id,
        service_name=service.name,
        time_zone="",
        start=claim.start,
        end=end,
        busy_start=claim.start - timing.before,
        busy_end=end + timing.after,
        status="booked",
        expires_at=None,
        booked_at=now,
        note=claim.note,
    )


async def _is_taken(tx: Transaction, wanted: Appointment, *, now: datetime) -> bool:
    found = await repository.busy(
        tx,
        [wanted.practitioner_id],
        since=wanted.busy_start,
        until=wanted.busy_end,
        now=now,
    )
    return bool(found[wanted.practitioner_id])


async def _insert(
    tx: Transaction, calendar: Calendar, row: Appointment, *, now: datetime
) -> Journal:
    """Clear expired holds out of the way and put the row there. SlotTaken."""
    journal = Journal(calendar)
    expired = await repository.drop_expired(
        tx, row.practitioner_id, since=row.busy_start, until=row.busy_end, now=now
    )
    for hold in expired:
        journal.released(hold)
    try:
        await repository.insert(tx, row, now=now)
    except ExclusionViolated as error:
        raise _OVERLAPS[error.constraint] from None
    return journal
