from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.pushes import RoomStatus
from rooms.errors import IllegalStep, RoomEnded
from rooms.room import TRANSITIONS, RoomOptions, RoomStep, Window, status_at, step, window

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
END = START + timedelta(hours=1)
HOURS = Window(opens_at=START - timedelta(minutes=15), closes_at=END + timedelta(hours=2))


def test_opens_a_quarter_before_and_closes_two_hours_after() -> None:
    assert window(START, END, now=START, options=RoomOptions()) == HOURS


@pytest.mark.parametrize("now", [START - timedelta(days=3), START])
def test_the_demonstration_opens_at_any_time(now: datetime) -> None:
    hours = window(START, END, now=now, options=RoomOptions(any_time=True))
    assert hours.opens_at <= now
    assert status_at("scheduled", hours, now) == "open"
    assert hours.closes_at == HOURS.closes_at


@pytest.mark.parametrize(
    ("stored", "now", "status"),
    [
        ("scheduled", HOURS.opens_at - timedelta(seconds=1), "scheduled"),
        ("scheduled", HOURS.opens_at, "open"),
        ("open", HOURS.opens_at - timedelta(days=1), "open"),
        ("live", END, "live"),
        ("live", HOURS.closes_at - timedelta(seconds=1), "live"),
        ("live", HOURS.closes_at, "ended"),
        ("scheduled", HOURS.closes_at, "ended"),
        ("ended", START, "ended"),
    ],
)
def test_status_follows_the_row_and_the_time(
    stored: RoomStatus, now: datetime, status: RoomStatus
) -> None:
    assert status_at(stored, HOURS, now) == status


def test_a_session_from_first_entry_to_end() -> None:
    status: RoomStatus = "scheduled"
    steps: tuple[RoomStep, ...] = ("open", "open", "begin", "begin", "open", "end")
    seen = [status := step(status, event) for event in steps]
    assert seen == ["open", "open", "live", "live", "live", "ended"]


@pytest.mark.parametrize("event", ["begin", "end"])
def test_what_nobody_entered_neither_begins_nor_ends(event: RoomStep) -> None:
    with pytest.raises(IllegalStep) as refusal:
        step("scheduled", event)
    assert refusal.value.fields == {"state": "scheduled", "step": event}


@given(st.sampled_from(get_args(RoomStep)))
def test_the_end_is_the_end(event: RoomStep) -> None:
    with pytest.raises(RoomEnded):
        step("ended", event)


@given(st.lists(st.sampled_from(get_args(RoomStep)), max_size=20))
def test_time_never_runs_backwards(events: list[RoomStep]) -> None:
    order = get_args(RoomStatus)
    status: RoomStatus = "scheduled"
    for event in events:
        try:
            following = step(status, event)
        except (RoomEnded, IllegalStep):
            assert (status, event) not in TRANSITIONS
            continue
        assert order.index(following) >= order.index(status)
        status = following
