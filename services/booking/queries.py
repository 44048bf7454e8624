"""What can be asked of booking. Reads only; row-level security decides which appointments an actor sees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from persistence.postgres import Transaction
from protocol import pushes
from protocol.errors import Forbidden, NotFound
from services.booking import repository
from services.booking.availability import Busy, Rule, Slot, slots, zone_of
from services.booking.errors import WindowTooWide
from services.booking.model import Appointment, AppointmentFacts, Calendar, Service, status_at
from services.booking.repository import Listing

MAX_DAYS = 62
"""Two months: the most that a calendar page shows at once."""

MAX_APPOINTMENTS = 62 * 288
"""In one view of a calendar: a bound, not a limit anybody meets (a day of five-minute appointments, all along)."""

ALTERNATIVES = 3
"""Other times told to somebody who came too late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPage:
    """Slots in order. `version` is the calendar's: a push with a higher one is news."""

    version: int
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarView:
    """A stretch of a calendar: appointments of every state, and live holds apart."""

    version: int
    appointments: tuple[Appointment, ...]
    holds: tuple[Appointment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """A practitioner's weekly hours. `version` counts their saves."""

    time_zone: str
    version: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """What to tell somebody who came too late: other times, and whether he holds this one himself."""

    next_open: tuple[datetime, ...]
    your_hold: UUID | None


# --- slots ---------------------------------------------------------------------------------------


async def open_slots(
    tx: Transaction,
    practitioner_id: UUID,
    service_id: UUID,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
) -> SlotPage:
    """The slots that begin in `[since, until)`. NotFound."""
    # The calendar first: what changes after it was read has a higher version, and its push mends the page.
    calendar = await calendar_of(tx, practitioner_id)
    service = await repository.service(tx, practitioner_id, service_id)
    if service is None:
        raise NotFound
    found = await _slots(tx, calendar, service, since=since, until=until, now=now)
    return SlotPage(version=calendar.version, slots=tuple(found))


async def next_open(
    tx: Transaction, practitioner_ids: Sequence[UUID], *, now: datetime
) -> dict[UUID, datetime | None]:
    """The next open slot of several practitioners, of whatever service of theirs; None where there is none."""
    services = await repository.services(tx, practitioner_ids)
    longest = max((service.horizon_days for service in services), default=0)
    until = now + timedelta(days=longest + 1)
    calendars = await repository.calendars(tx, practitioner_ids)
    rules = await repository.rules(tx, practitioner_ids)
    busy = await repository.busy(tx, practitioner_ids, since=now, until=until, now=now)
    found: dict[UUID, datetime | None] = dict.fromkeys(practitioner_ids)
    for calendar in calendars:
        who = calendar.practitioner_id
        offered = [service for service in services if service.practitioner_id == who]
        starts = [_first_open(calendar, each, rules[who], busy[who], now) for each in offered]
        found[who] = min((start for start in starts if start), default=None)
    return found


async def alternatives(
    tx: Transaction,
    practitioner_id: UUID,
    service_id: UUID,
    *,
    client_id: UUID,
    start: datetime,
    now: datetime,
) -> Alternatives:
    """Up to three open slots, from the one that was taken on. NotFound."""
    calendar = await calendar_of(tx, practitioner_id)
    service = await repository.service(tx, practitioner_id, service_id)
    if service is None:
        raise NotFound
    until = now + service.timing.horizon
    found = await _slots(tx, calendar, service, since=start, until=until, now=now)
    opens = (slot.start for slot in found if slot.state == "open")
    hold = await repository.own_hold(tx, client_id, practitioner_id, start=start, now=now)
    return Alternatives(next_open=tuple(islice(opens, ALTERNATIVES)), your_hold=hold)


# --- what a practitioner offers --------------------------------------------------------------------


async def calendar_of(tx: Transaction, practitioner_id: UUID) -> Calendar:
    """A practitioner's calendar, of whatever organisation: who may do what with it is for the caller. NotFound."""
    calendar = await repository.calendar(tx, practitioner_id)
    if calendar is None:
        raise NotFound
    return calendar


async def has_calendar(tx: Transaction, practitioner_id: UUID) -> bool:
    """Whether there is such a practitioner, in whatever organisation."""
    return await repository.calendar(tx, practitioner_id) is not None


async def runs_calendar(tx: Transaction, practitioner_id: UUID) -> bool:
    """Whether the actor may see and change this calendar: he himself, and who runs his organisation's."""
    return await repository.runs_calendar(tx, practitioner_id)


async def check_runs_calendar(tx: Transaction, practitioner_id: UUID) -> None:
    """NotFound for no calendar of the actor's organisation, Forbidden for one that is not his to run."""
    calendar = await calendar_of(tx, practitioner_id)
    if calendar.organisation_id != tx.actor.organisation:
        raise NotFound
    if not await runs_calendar(tx, practitioner_id):
        raise Forbidden


async def time_zones(tx: Transaction, practitioner_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The zones that several practitioners work in."""
    found = await repository.calendars(tx, practitioner_ids)
    return {calendar.practitioner_id: calendar.time_zone for calendar in found}


async def services_of(tx: Transaction, practitioner_id: UUID) -> list[Service]:
    """What a practitioner offers, in his order."""
    return await repository.services(tx, [practitioner_id])


async def availability(tx: Transaction, practitioner_id: UUID) -> Availability:
    """A practitioner's weekly hours. NotFound."""
    calendar = await calendar_of(tx, practitioner_id)
    rules = await repository.rules(tx, [practitioner_id])
    return Availability(
        time_zone=calendar.time_zone,
        version=calendar.rules_version,
        rules=tuple(rules[practitioner_id]),
    )


# --- appointments ----------------------------------------------------------------------------------


async def appointment(tx: Transaction, appointment_id: UUID, *, now: datetime) -> Appointment:
    """One appointment that the actor may see. NotFound, also for a hold."""
    found = await repository.find(tx, appointment_id)
    if found is None or found.status == "held":
        raise NotFound
    return shown(found, now)


async def own_appointment(tx: Transaction, appointment_id: UUID, *, now: datetime) -> Appointment:
    """One appointment of which the actor is a side: who only runs its calendar is none. NotFound."""
    found = await appointment(tx, appointment_id, now=now)
    if tx.actor.person not in (found.client_id, found.practitioner_id):
        raise NotFound
    return found


async def appointments(tx: Transaction, wanted: Listing) -> list[Appointment]:
    """One page of somebody's appointments, as client or as practitioner, in order of their start."""
    return [shown(each, wanted.now) for each in await repository.of_person(tx, wanted)]


async def calendar_view(
    tx: Transaction, practitioner_id: UUID, *, since: datetime, until: datetime, now: datetime
) -> CalendarView:
    """What touches `[since, until)` of a calendar. WindowTooWide, NotFound."""
    if not timedelta() < until - since <= timedelta(days=MAX_DAYS):
        raise WindowTooWide(max_days=MAX_DAYS)
    calendar = await calendar_of(tx, practitioner_id)  # first: see open_slots
    rows = await repository.in_calendar(
        tx, practitioner_id, since=since, until=until, now=now, limit=MAX_APPOINTMENTS
    )
    return CalendarView(
        version=calendar.version,
        appointments=tuple(shown(row, now) for row in rows if row.status != "held"),
        holds=tuple(row for row in rows if row.status == "held"),
    )


def shown(appointment: Appointment, now: datetime) -> Appointment:
    """With the status to show: completed as soon as it is over."""
    return replace(appointment, status=status_at(appointment.status, appointment.end, now))


async def appointment_for_room(tx: Transaction, appointment_id: UUID) -> AppointmentFacts | None:
    """What a room needs to know; None for what is no appointment, or none that the actor may see.

    `status` is as stored: booked, cancelled, or completed once the end has passed. When a room opens and closes
    is for rooms to say, by the times.
    """
    found = await repository.find(tx, appointment_id)
    if found is None or found.status == "held":
        return None
    return AppointmentFacts(
        id=found.id,
        organisation_id=found.organisation_id,
        practitioner_id=found.practitioner_id,
        practitioner_name=found.practitioner_name,
        client_id=found.client_id,
        client_name=found.client_name,
        start=found.start,
        end=found.end,
        status=found.status,
        service_name=found.service_name,
    )


async def appointment_for_join(
    tx: Transaction, appointment_id: UUID, /
) -> pushes.Appointment | None:
    """What a guest is shown who came by a join link; None as above."""
    found = await repository.find(tx, appointment_id)
    return None if found is None or found.status == "held" else found.push()


# --- parts of the above ----------------------------------------------------------------------------


async def _slots(
    tx: Transaction,
    calendar: Calendar,
    service: Service,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
) -> Iterator[Slot]:
    who, timing = calendar.practitioner_id, service.timing
    rules = await repository.rules(tx, [who])
    busy = await repository.busy(
        tx,
        [who],
        since=since - timing.before,
        until=until + timing.duration + timing.after,
        now=now,
    )
    zone = zone_of(calendar.time_zone)
    return slots(timing, rules[who], zone, busy[who], since=since, until=until, now=now)


def _first_open(
    calendar: Calendar,
    service: Service,
    rules: Sequence[Rule],
    busy: Sequence[Busy],
    now: datetime,
) -> datetime | None:
    timing = service.timing
    zone = zone_of(calendar.time_zone)
    found = slots(timing, rules, zone, busy, since=now, until=now + timing.horizon, now=now)
    return next((slot.start for slot in found if slot.state == "open"), None)
