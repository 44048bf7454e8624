from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.errors import IllegalStep, NotAdmitted, Removed
from rooms.membership import (
    ADMITTED,
    AWAY,
    LEFT,
    NEWCOMER,
    REMOVED,
    WAITING,
    ParticipantRole,
    ParticipantStep,
    Standing,
    comes_in,
    may_read,
    may_speak,
    step,
)


def walk(role: ParticipantRole, *events: ParticipantStep) -> Standing:
    standing = NEWCOMER[role]
    for event in events:
        standing = step(standing, event, role=role)
    return standing


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        (("enter",), WAITING),
        (("enter", "enter"), WAITING),
        (("enter", "leave"), LEFT),
        (("enter", "leave", "enter"), WAITING),
        (("enter", "admit"), ADMITTED),
        (("enter", "admit", "leave"), AWAY),
        (("enter", "admit", "leave", "enter"), ADMITTED),
        (("enter", "remove"), REMOVED),
        (("enter", "admit", "leave", "remove"), REMOVED),
        (("enter", "admit", "remove", "leave"), REMOVED),
        (("enter", "admit", "remove", "admit"), ADMITTED),
        (("enter", "admit", "remove", "admit", "enter"), ADMITTED),
    ],
)
def test_a_client(events: tuple[ParticipantStep, ...], standing: Standing) -> None:
    assert walk("client", *events) == standing


def test_a_practitioner_comes_and_goes_freely() -> None:
    assert walk("practitioner", "enter") == ADMITTED
    assert walk("practitioner", "enter", "leave") == AWAY
    assert walk("practitioner", "enter", "leave", "enter") == ADMITTED


@pytest.mark.parametrize(
    ("standing", "by_link", "guest", "found"),
    [
        (ADMITTED, False, True, (LEFT, True)),  # in as somebody signed in: the link waits
        (AWAY, False, True, (LEFT, True)),
        (ADMITTED, True, True, (ADMITTED, True)),  # the same way again: straight in
        (AWAY, True, True, (AWAY, True)),
        (AWAY, False, False, (AWAY, False)),
        (AWAY, True, False, (AWAY, True)),  # signed in is the stronger proof
        (ADMITTED, True, False, (ADMITTED, True)),
        (WAITING, False, True, (WAITING, True)),  # both wait: who is admitted came either way
        (WAITING, True, False, (WAITING, True)),
        (
            LEFT,
            True,
            False,
            (LEFT, False),
        ),  # who waited by the link has gone: it is not he who waits now
        (LEFT, False, True, (LEFT, True)),
        (REMOVED, False, True, (REMOVED, True)),
    ],
)
def test_by_which_way_he_comes_in(
    standing: Standing, by_link: bool, guest: bool, found: tuple[Standing, bool]
) -> None:
    assert comes_in(standing, by_link=by_link, guest=guest) == found


def test_who_was_removed_does_not_come_back_uninvited() -> None:
    with pytest.raises(Removed):
        walk("client", "enter", "remove", "enter")


@pytest.mark.parametrize(
    "events", [("admit",), ("enter", "leave", "admit"), ("enter", "admit", "leave", "admit")]
)
def test_nobody_is_admitted_who_is_not_there(events: tuple[ParticipantStep, ...]) -> None:
    with pytest.raises(IllegalStep):
        walk("client", *events)


@pytest.mark.parametrize("event", ["admit", "remove"])
def test_nobody_decides_about_the_practitioner(event: ParticipantStep) -> None:
    with pytest.raises(IllegalStep):
        step(ADMITTED, event, role="practitioner")


@given(st.lists(st.sampled_from(get_args(ParticipantStep)), max_size=30))
def test_only_the_practitioners_word_lets_a_client_in(events: list[ParticipantStep]) -> None:
    standing, invited = NEWCOMER["client"], False
    for event in events:
        try:
            standing = step(standing, event, role="client")
        except (IllegalStep, Removed):
            continue
        invited = event == "admit" or (invited and event != "remove")
        assert standing.welcome == invited
        assert standing.state != "admitted" or invited


def test_speaking_is_for_those_inside() -> None:
    may_speak(ADMITTED)
    for standing in (WAITING, LEFT, AWAY):
        with pytest.raises(NotAdmitted):
            may_speak(standing)
    with pytest.raises(Removed):
        may_speak(REMOVED)


def test_reading_is_also_for_those_who_were_inside() -> None:
    may_read(ADMITTED)
    may_read(AWAY)
    for standing in (WAITING, LEFT):
        with pytest.raises(NotAdmitted):
            may_read(standing)
    with pytest.raises(Removed):
        may_read(REMOVED)
