"""The state table and the rules beside it."""

from datetime import timedelta
from typing import get_args
from uuid import uuid4

import pytest

from protocol.pushes import AppointmentStatus
from services.booking.errors import AlreadyOver
from services.booking.model import (
    STEPS,
    Appointment,
    IllegalStep,
    Step,
    after,
    check_cancellable,
    default_step,
    status_at,
)
from tests.services.booking.world import HOUR, NOON

STATUSES: tuple[AppointmentStatus, ...] = get_args(AppointmentStatus)


def appointment(status: AppointmentStatus) -> Appointment:
    return Appointment(
        id=uuid4(),
        organisation_id=uuid4(),
        practitioner_id=uuid4(),
        practitioner_name="Ravi",
        client_id=uuid4(),
        client_name="Ana",
        service_id=uuid4(),
        service_name="First session",
        time_zone="Europe/London",
        start=NOON,
        end=NOON + HOUR,
        busy_start=NOON,
        busy_end=NOON + HOUR,
        status=status,
        expires_at=None,
        booked_at=NOON - HOUR,
        note="",
    )


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("step", get_args(Step))
def test_a_step_leads_where_the_table_says_or_is_refused(
    status: AppointmentStatus, step: Step
) -> None:
    if (status, step) in STEPS:
        assert after(status, step) == STEPS[status, step]
    else:
        with pytest.raises(IllegalStep):
            after(status, step)


def test_every_end_is_an_end() -> None:
    assert {status for status, _ in STEPS} == {"held", "booked"}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("early", [timedelta(seconds=1), timedelta(0), -HOUR, -2 * HOUR])
def test_only_a_booked_appointment_that_has_not_begun_can_be_cancelled(
    status: AppointmentStatus, early: timedelta
) -> None:
    if status == "booked" and early > timedelta(0):
        check_cancellable(appointment(status), NOON - early)
    else:
        with pytest.raises(AlreadyOver):
            check_cancellable(appointment(status), NOON - early)


@pytest.mark.parametrize(
    ("status", "late", "shown"),
    [
        ("booked", timedelta(0), "completed"),
        ("booked", timedelta(seconds=-1), "booked"),
        ("cancelled", HOUR, "cancelled"),
        ("held", HOUR, "held"),
    ],
)
def test_what_is_over_shows_as_completed(
    status: AppointmentStatus, late: timedelta, shown: AppointmentStatus
) -> None:
    assert status_at(status, NOON, NOON + late) == shown


@pytest.mark.parametrize(
    ("duration", "step"), [(5, 5), (12, 15), (15, 15), (20, 30), (50, 60), (60, 60), (90, 90)]
)
def test_the_step_between_starts_is_round(duration: int, step: int) -> None:
    assert default_step(duration) == step
