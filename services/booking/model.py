"""What an appointment is, and what may happen to it. Pure.

    held ──book──► booked ──cancel──► cancelled
      │               └────complete─► completed
      └─release, expire: the row goes

A hold and the appointment it becomes are one row with one id, which is the room's id too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from protocol import pushes
from protocol.pushes import AppointmentStatus
from services.booking.availability import Timing
from services.booking.errors import AlreadyOver

HOLD_TIME = timedelta(minutes=5)
"""How long a slot is kept for somebody who is choosing: enough for three steps on a phone."""

MAX_HOLDS = 3
"""Live holds of one person: a family's worth, and no way to empty a calendar."""

MAX_BOOKINGS = 20
"""Appointments ahead of one client: two a week for as long as most calendars are open. Whoever needs more talks to his
practitioner; without a bound one client could book a whole calendar away."""

JOIN_OPENS_BEFORE = timedelta(minutes=15)
"""The room opens this long before the appointment (rooms decides; this tells the page)."""

JOIN_LINK_OUTLIVES = timedelta(hours=2)
"""A join link works until this long after the end, as long as the room stays open."""

Step = Literal["book", "cancel", "complete"]

STEPS: Mapping[tuple[AppointmentStatus, Step], AppointmentStatus] = {
    ("held", "book"): "booked",
    ("booked", "cancel"): "cancelled",
    ("booked", "complete"): "completed",
}
"""What each step leads to. What is not here is refused."""


class IllegalStep(Exception):
    """A step that the state does not allow: a mistake of ours, never a client's to answer for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as booking knows him: who, and what the other side may call him."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """A practitioner's calendar.

    `version` counts up by one with every push; `rules_version` with every save of the weekly hours.
    """

    practitioner_id: UUID
    organisation_id: UUID
    practitioner_name: str
    time_zone: str
    version: int
    rules_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Something a practitioner offers. `price_amount` in minor units of `currency` (ISO 4217)."""

    id: UUID
    organisation_id: UUID
    practitioner_id: UUID
    name: str
    description: str
    duration_minutes: int
    slot_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    min_notice_minutes: int
    horizon_days: int
    price_amount: int
    currency: str

    @property
    def timing(self) -> Timing:
        """How it takes time."""
        return Timing(
            duration=timedelta(minutes=self.duration_minutes),
            step=timedelta(minutes=self.slot_minutes),
            before=timedelta(minutes=self.buffer_before_minutes),
            after=timedelta(minutes=self.buffer_after_minutes),
            notice=timedelta(minutes=self.min_notice_minutes),
            horizon=timedelta(days=self.horizon_days),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One row: a hold while `held` (then `expires_at` is set), an appointment from `booked` on.

    `start` to `end` is the session; `busy_start` to `busy_end` also covers the buffers around it.
    """

    id: UUID
    organisation_id: UUID
    practitioner_id: UUID
    practitioner_name: str
    client_id: UUID
    client_name: str
    service_id: UUID
    service_name: str
    time_zone: str
    start: datetime
    end: datetime
    busy_start: datetime
    busy_end: datetime
    status: AppointmentStatus
    expires_at: datetime | None
    booked_at: datetime | None
    note: str

    def push(self) -> pushes.Appointment:
        """As its two sides see it."""
        return pushes.Appointment(
            id=self.id,
            status=self.status,
            start=self.start,
            end=self.end,
            service_id=self.service_id,
            service_name=self.service_name,
            practitioner=pushes.Person(id=self.practitioner_id, name=self.practitioner_name),
            client=pushes.Person(id=self.client_id, name=self.client_name),
            time_zone=self.time_zone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The stretch of a hold that is gone, without whose it was."""

    start: datetime
    end: datetime
    busy_start: datetime
    busy_end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentFacts:
    """What a room and a join link need to know of an appointment."""

    id: UUID
    organisation_id: UUID
    practitioner_id: UUID
    practitioner_name: str
    client_id: UUID
    client_name: str
    start: datetime
    end: datetime
    status: AppointmentStatus
    service_name: str


def after(status: AppointmentStatus, step: Step) -> AppointmentStatus:
    """The status that a step leads to. Raises `IllegalStep`."""
    try:
        return STEPS[status, step]
    except KeyError:
        raise IllegalStep(f"{step} of an appointment that is {status}") from None


def status_at(status: AppointmentStatus, end: datetime, now: datetime) -> AppointmentStatus:
    """The status to show: what is over is completed, also before the worker has written it down."""
    return "completed" if status == "booked" and end <= now else status


def check_cancellable(appointment: Appointment, now: datetime) -> None:
    """Either side may cancel until it starts. Raises `AlreadyOver`."""
    if (appointment.status, "cancel") not in STEPS or appointment.start <= now:
        shown = status_at(appointment.status, appointment.end, now)
        raise AlreadyOver(appointment_status=shown)


def default_step(duration_minutes: int) -> int:
    """Minutes between starts: the duration, rounded up to a quarter of an hour (below that, to five minutes)."""
    grain = 15 if duration_minutes > 15 else 5
    return -(-duration_minutes // grain) * grain
