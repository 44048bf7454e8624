"""Booking's SQL, and nobody else's. Every function works inside its caller's transaction.

Row-level security decides what the actor sees; the conditions here say what is meant.
"""
# ruff: noqa: S608 - the lists of columns are constants; values are always parameters

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from persistence.postgres import Transaction
from protocol.pushes import AppointmentStatus
from services.booking.availability import Busy, Rule
from services.booking.model import Appointment, Calendar, Released, Service

_CALENDAR = "practitioner_id, organisation_id, practitioner_name, time_zone, version, rules_version"
_SERVICE = (
    "id, organisation_id, practitioner_id, name, description, duration_minutes, slot_minutes,"
    " buffer_before_minutes, buffer_after_minutes, min_notice_minutes, horizon_days, price_amount, currency"
)
_APPOINTMENT = (
    "id, organisation_id, practitioner_id, practitioner_name, client_id, client_name, service_id,"
    ' service_name, time_zone, lower(during) AS start, upper(during) AS "end", lower(busy) AS busy_start,'
    " upper(busy) AS busy_end, status, expires_at, booked_at, note"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which appointments of a person to list, in order of their start. `after` is where the last page ended."""

    person: UUID
    now: datetime
    limit: int
    since: datetime | None = None
    until: datetime | None = None
    status: AppointmentStatus | None = None
    after: tuple[datetime, UUID] | None = None


# --- calendars and weekly hours ----------------------------------------------------------------


async def calendar(tx: Transaction, practitioner_id: UUID) -> Calendar | None:
    """A practitioner's calendar, of whatever organisation."""
    sql = f"SELECT {_CALENDAR} FROM booking.calendar WHERE practitioner_id = $1"
    row = await tx.fetchrow(sql, practitioner_id)
    return Calendar(**dict(row)) if row else None


async def calendars(tx: Transaction, practitioner_ids: Sequence[UUID]) -> list[Calendar]:
    """The calendars of several practitioners, in no order."""
    sql = f"SELECT {_CALENDAR} FROM booking.calendar WHERE practitioner_id = ANY ($1)"
    return [Calendar(**dict(row)) for row in await tx.fetch(sql, list(practitioner_ids))]


async def lock_calendar(tx: Transaction, practitioner_id: UUID) -> Calendar | None:
    """The calendar, locked until the transaction ends; None for one of another organisation.

    Without the lock two inserts could each wait for the other in the exclusion constraint, and one would die
    by the deadlock detector, a second later and with another error. It also puts the pushes in order.
    """
    sql = f"SELECT {_CALENDAR} FROM booking.calendar WHERE practitioner_id = $1 FOR NO KEY UPDATE"
    row = await tx.fetchrow(sql, practitioner_id)
    return Calendar(**dict(row)) if row else None


async def insert_calendar(tx: Transaction, row: Calendar) -> None:
    """A new calendar. Raises UniqueViolated where the practitioner has one."""
    sql = f"INSERT INTO booking.calendar ({_CALENDAR}) VALUES ($1, $2, $3, $4, $5, $6)"
    await tx.execute(
        sql,
        row.practitioner_id,
        row.organisation_id,
        row.practitioner_name,
        row.time_zone,
        row.version,
        row.rules_version,
    )


async def runs_calendar(tx: Transaction, practitioner_id: UUID) -> bool:
    """Whether the actor is this practitioner, or runs the calendars of his organisation."""
    sql = (
        "SELECT practitioner_id = klear.current_person() OR booking.acts_as_steward() FROM booking.calendar"
        " WHERE practitioner_id = $1 AND organisation_id = klear.current_organisation()"
    )
    return bool(await tx.fetchval(sql, practitioner_id))


async def count_pushes(tx: Transaction, practitioner_id: UUID, pushes: int) -> None:
    """Count the locked calendar's version up, which everybody may who claims a slot of it."""
    await tx.execute("SELECT booking.count_pushes($1, $2)", practitioner_id, pushes)


async def rules(tx: Transaction, practitioner_ids: Sequence[UUID]) -> dict[UUID, list[Rule]]:
    """The weekly hours of several practitioners, each in order."""
    sql = (
        "SELECT practitioner_id, weekday, start_minute, end_minute FROM booking.rule"
        " WHERE practitioner_id = ANY ($1) ORDER BY weekday, start_minute"
    )
    found: dict[UUID, list[Rule]] = {each: [] for each in practitioner_ids}
    for row in await tx.fetch(sql, list(practitioner_ids)):
        rule = Rule(weekday=row["weekday"], start=row["start_minute"], end=row["end_minute"])
        found[row["practitioner_id"]].append(rule)
    return found


async def replace_rules(
    tx: Transaction, calendar: Calendar, rules: Sequence[Rule], *, time_zone: str
) -> int:
    """Put other weekly hours in the place of these. Returns their new version."""
    await tx.execute(
        "DELETE FROM booking.rule WHERE practitioner_id = $1", calendar.practitioner_id
    )
    sql = (
        "INSERT INTO booking.rule (organisation_id, practitioner_id, weekday, start_minute, end_minute)"
        " VALUES ($1, $2, $3, $4, $5)"
    )
    ids = (calendar.organisation_id, calendar.practitioner_id)
    await tx.executemany(sql, [(*ids, rule.weekday, rule.start, rule.end) for rule in rules])
    version: int = await tx.fetchval(
        "UPDATE booking.calendar SET time_zone = $2, rules_version = rules_version + 1"
        " WHERE practitioner_id = $1 RETURNING rules_version",
        calendar.practitioner_id,
        time_zone,
    )
    return version


# --- services ----------------------------------------------------------------------------------


async def service(tx: Transaction, practitioner_id: UUID, service_id: UUID) -> Service | None:
    """One service of this practitioner."""
    sql = f"SELECT {_SERVICE} FROM booking.service WHERE practitioner_id = $1 AND id = $2"
    row = await tx.fetchrow(sql, practitioner_id, service_id)
    return Service(**dict(row)) if row else None


async def services(tx: Transaction, practitioner_ids: Sequence[UUID]) -> list[Service]:
    """What several practitioners offer, each in his order."""
    sql = f"SELECT {_SERVICE} FROM booking.service WHERE practitioner_id = ANY ($1) ORDER BY position, id"
    return [Service(**dict(row)) for row in await tx.fetch(sql, list(practitioner_ids))]


async def insert_service(tx: Transaction, row: Service, *, position: int) -> None:
    """A new service."""
    sql = (
        f"INSERT INTO booking.service ({_SERVICE}, position)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    )
    await tx.execute(
        sql,
        row.id,
        row.organisation_id,
        row.practitioner_id,
        row.name,
        row.description,
        row.duration_minutes,
        row.slot_minutes,
        row.buffer_before_minutes,
        row.buffer_after_minutes,
        row.min_notice_minutes,
        row.horizon_days,
        row.price_amount,
        row.currency,
        position,
    )


# --- what is taken -----------------------------------------------------------------------------


async def busy(
    tx: Transaction,
    practitioner_ids: Sequence[UUID],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
) -> dict[UUID, list[Busy]]:
    """When several practitioners are taken: stretches only, whoever asks. Expired holds are left out."""
    sql = "SELECT practitioner_id, busy_start, busy_end, held FROM booking.busy_ranges($1, $2, $3, $4)"
    found: dict[UUID, list[Busy]] = {each: [] for each in practitioner_ids}
    for row in await tx.fetch(sql, list(practitioner_ids), since, until, now):
        taken = Busy(start=row["busy_start"], end=row["busy_end"], held=row["held"])
        found[row["practitioner_id"]].append(taken)
    return found


async def drop_expired(
    tx: Transaction,
    practitioner_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime,
) -> list[Released]:
    """Delete the expired holds that touch a stretch (all of them where none is given). The calendar is locked."""
    sql = (
        'SELECT start_at AS start, end_at AS "end", busy_start, busy_end'
        " FROM booking.drop_expired_holds($1, $2, $3, $4)"
    )
    rows = await tx.fetch(sql, practitioner_id, since, until, now)
    return [Released(**dict(row)) for row in rows]


async def lock_client(tx: Transaction, client_id: UUID) -> None:
    """Let one person claim one after another, so that what he has can be counted. Before the calendar's lock."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"claim:{client_id}")


async def count_holds(tx: Transaction, client_id: UUID, *, now: datetime) -> int:
    """The live holds of one person."""
    sql = (
        "SELECT count(*) FROM booking.appointment"
        " WHERE client_id = $1 AND status = 'held' AND expires_at > $2"
    )
    count: int = await tx.fetchval(sql, client_id, now)
    return count


async def count_bookings(tx: Transaction, client_id: UUID, *, now: datetime) -> int:
    """The appointments of one person that are booked and not over."""
    sql = (
        "SELECT count(*) FROM booking.appointment"
        " WHERE client_id = $1 AND status = 'booked' AND upper(during) > $2"
    )
    count: int = await tx.fetchval(sql, client_id, now)
    return count


async def own_hold(
    tx: Transaction, client_id: UUID, practitioner_id: UUID, *, start: datetime, now: datetime
) -> UUID | None:
    """The caller's own live hold of exactly this start."""
    sql = (
        "SELECT id FROM booking.appointment WHERE client_id = $1 AND practitioner_id = $2"
        " AND status = 'held' AND lower(during) = $3 AND expires_at > $4"
    )
    found: UUID | None = await tx.fetchval(sql, client_id, practitioner_id, start, now)
    return found


# --- appointments ------------------------------------------------------------------------------


async def insert(tx: Transaction, row: Appointment, *, now: datetime) -> None:
    """A hold, or an appointment. Raises ExclusionViolated where the time is taken, of either side."""
    sql = (
        "INSERT INTO booking.appointment (id, organisation_id, practitioner_id, practitioner_name, client_id,"
        " client_name, service_id, service_name, time_zone, during, busy, status, expires_at, booked_at, note,"
        " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, tstzrange($10, $11), tstzrange($12, $13),"
        " $14, $15, $16, $17, $18)"
    )
    await tx.execute(
        sql,
        row.id,
        row.organisation_id,
        row.practitioner_id,
        row.practitioner_name,
        row.client_id,
        row.client_name,
        row.service_id,
        row.service_name,
        row.time_zone,
        row.start,
        row.end,
        row.busy_start,
        row.busy_end,
        row.status,
        row.expires_at,
        row.booked_at,
        row.note,
        now,
    )


async def find(tx: Transaction, appointment_id: UUID) -> Appointment | None:
    """A row by its id, hold or appointment, if the actor may see it."""
    sql = f"SELECT {_APPOINTMENT} FROM booking.appointment WHERE id = $1"
    return _one(await tx.fetchrow(sql, appointment_id))


async def book(
    tx: Transaction, hold_id: UUID, *, status: AppointmentStatus, note: str, now: datetime
) -> Appointment | None:
    """A live hold becomes an appointment; None where it expired or is gone. ExclusionViolated: see `insert`."""
    sql = (
        "UPDATE booking.appointment SET status = $2, expires_at = NULL, booked_at = $3, note = $4"
        f" WHERE id = $1 AND status = 'held' AND expires_at > $3 RETURNING {_APPOINTMENT}"
    )
    return _one(await tx.fetchrow(sql, hold_id, status, now, note))


async def delete_hold(tx: Transaction, hold_id: UUID) -> Appointment | None:
    """Let a hold go; None where it is gone or was booked."""
    sql = f"DELETE FROM booking.appointment WHERE id = $1 AND status = 'held' RETURNING {_APPOINTMENT}"
    return _one(await tx.fetchrow(sql, hold_id))


async def cancel(
    tx: Transaction,
    appointment_id: UUID,
    *,
    status: AppointmentStatus,
    by: UUID | None,
    reason: str,
    now: datetime,
) -> Appointment:
    """Call a locked appointment off."""
    sql = (
        "UPDATE booking.appointment SET status = $2, cancelled_by = $3, cancel_reason = $4, cancelled_at = $5"
        f" WHERE id = $1 RETURNING {_APPOINTMENT}"
    )
    row = await tx.fetchrow(sql, appointment_id, status, by, reason, now)
    if row is None:
        raise AssertionError("the appointment was read under the calendar's lock")
    return Appointment(**dict(row))


async def complete(
    tx: Transaction, practitioner_id: UUID, *, status: AppointmentStatus, now: datetime
) -> list[Appointment]:
    """Mark what is over."""
    sql = (
        "UPDATE booking.appointment SET status = $2"
        f" WHERE practitioner_id = $1 AND status = 'booked' AND upper(during) <= $3 RETURNING {_APPOINTMENT}"
    )
    return _all(await tx.fetch(sql, practitioner_id, status, now))


async def with_expired_holds(tx: Transaction, *, now: datetime, limit: int) -> list[UUID]:
    """Practitioners in whose calendars a hold has expired."""
    sql = (
        "SELECT DISTINCT practitioner_id FROM booking.appointment"
        " WHERE status = 'held' AND expires_at <= $1 ORDER BY practitioner_id LIMIT $2"
    )
    return [row["practitioner_id"] for row in await tx.fetch(sql, now, limit)]


async def with_past_appointments(tx: Transaction, *, now: datetime, limit: int) -> list[UUID]:
    """Practitioners in whose calendars an appointment is over and not marked."""
    sql = (
        "SELECT DISTINCT practitioner_id FROM booking.appointment"
        " WHERE status = 'booked' AND upper(during) <= $1 ORDER BY practitioner_id LIMIT $2"
    )
    return [row["practitioner_id"] for row in await tx.fetch(sql, now, limit)]


async def of_person(tx: Transaction, wanted: Listing) -> list[Appointment]:
    """One page of a person's appointments, as client or as practitioner, without holds."""
    start, last_id = wanted.after or (None, None)
    sql = f"""
        SELECT {_APPOINTMENT} FROM booking.appointment
        WHERE (client_id = $1 OR practitioner_id = $1) AND status <> 'held'
          AND ($2::timestamptz IS NULL OR lower(during) >= $2)
          AND ($3::timestamptz IS NULL OR lower(during) < $3)
          AND ($4::text IS NULL
               OR $4 = CASE WHEN status = 'booked' AND upper(during) <= $5 THEN 'completed' ELSE status END)
          AND ($6::timestamptz IS NULL OR (lower(during), id) > ($6, $7::uuid))
        ORDER BY lower(during), id LIMIT $8
    """
    rows = await tx.fetch(
        sql,
        *(wanted.person, wanted.since, wanted.until, wanted.status, wanted.now),
        *(start, last_id, wanted.limit),
    )
    return _all(rows)


async def in_calendar(
    tx: Transaction,
    practitioner_id: UUID,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    limit: int,
) -> list[Appointment]:
    """What touches a stretch of a calendar, cancelled included, expired holds left out."""
    sql = f"""
        SELECT {_APPOINTMENT} FROM booking.appointment
        WHERE practitioner_id = $1 AND lower(during) < $3 AND upper(during) > $2
          AND (status <> 'held' OR expires_at > $4)
        ORDER BY lower(during), id LIMIT $5
    """
    return _all(await tx.fetch(sql, practitioner_id, since, until, now, limit))


def _one(row: Any) -> Appointment | None:
    return Appointment(**dict(row)) if row else None


def _all(rows: Sequence[Any]) -> list[Appointment]:
    return [Appointment(**dict(row)) for row in rows]
