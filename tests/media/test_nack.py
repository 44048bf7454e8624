import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.nack import MAX_AGE, MAX_MISSING, MAX_TRIES, RTT_BOUNDS, Nack


def test_a_hole_is_asked_for_after_a_moment() -> None:
    nack = Nack()
    nack.received(10, 0.0)
    nack.received(13, 0.0)
    assert nack.waiting
    assert nack.due(0.009) == []
    assert nack.due(0.010) == [11, 12]
    assert nack.due(0.011) == []


def test_what_was_merely_overtaken_is_never_asked_for() -> None:
    nack = Nack()
    for number in (10, 12, 11):
        nack.received(number, 0.0)
    assert not nack.waiting
    assert nack.due(1.0) == []


def test_numbers_are_asked_for_as_they_are_on_the_wire() -> None:
    nack = Nack()
    nack.received(65_535, 0.0)
    nack.received(65_537, 0.0)
    assert nack.due(0.1) == [0]


def test_each_wait_is_longer_and_after_some_tries_it_is_given_up() -> None:
    nack = Nack()
    nack.rtt = 0.02
    nack.received(1, 0.0)
    nack.received(3, 0.0)
    asked = [step / 1000 for step in range(1000) if nack.due(step / 1000)]
    assert len(asked) == MAX_TRIES
    waits = [after - before for before, after in itertools.pairwise(asked)]
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(0.02, abs=0.002)
    assert nack.gave_up
    assert not nack.waiting


def test_what_is_too_old_is_given_up() -> None:
    nack = Nack()
    nack.received(1, 0.0)
    nack.received(3, 0.0)
    assert nack.due(MAX_AGE + 0.1) == []
    assert nack.gave_up


def test_too_many_holes_are_given_up_at_once() -> None:
    nack = Nack()
    nack.received(1, 0.0)
    nack.received(1 + MAX_MISSING + 2, 0.0)
    assert nack.gave_up
    assert not nack.waiting


def test_a_key_frame_makes_older_holes_pointless() -> None:
    nack = Nack()
    for number in (1, 3, 5):
        nack.received(number, 0.0)
    nack.forget_before(4)
    assert nack.due(0.1) == [4]
    nack.clear()
    nack.received(100, 0.2)
    assert nack.due(1.0) == []


def test_the_round_trip_is_learned_from_repairs_asked_for_once() -> None:
    nack = Nack()
    before = nack.rtt
    nack.received(1, 0.0)
    nack.received(4, 0.0)
    nack.due(0.01)
    nack.received(2, 0.05)
    assert nack.rtt == pytest.approx(before + (0.04 - before) / 8)
    learned = nack.rtt
    nack.due(0.5)
    nack.received(3, 0.6)
    assert nack.rtt == learned
    for number in range(10, 400, 2):
        nack.received(number, 1.0)
        nack.due(2.0)
        nack.received(number - 1, 2.0)
    assert nack.rtt >= RTT_BOUNDS[0]


@given(
    lost=st.sets(st.integers(1, 99), max_size=40),
    repaired=st.sets(st.integers(1, 99)),
)
def test_exactly_what_is_missing_is_asked_for(lost: set[int], repaired: set[int]) -> None:
    nack = Nack()
    for number in range(101):
        if number not in lost:
            nack.received(number, 0.0)
    for number in sorted(lost & repaired):
        nack.received(number, 0.005)
    assert nack.due(0.02) == sorted(lost - repaired)
