import itertools

from hypothesis import given
from hypothesis import strategies as st

from media.keyframes import SPACING, KeyFrames


def test_nobody_wants_one() -> None:
    assert not KeyFrames().due(0.0, 0.1)


def test_the_first_is_asked_for_at_once_and_repeated_until_it_comes() -> None:
    frames = KeyFrames()
    frames.want()
    asked = [step / 100 for step in range(101) if frames.due(step / 100, 0.15)]
    assert asked == [0.0, 0.3, 0.6, 0.9]
    frames.received()
    assert not frames.due(9.0, 0.1)


def test_the_repetition_has_bounds() -> None:
    for rtt, spacing in ((0.001, 0.2), (9.0, 1.0)):
        frames = KeyFrames()
        frames.want()
        assert frames.due(0.0, rtt)
        assert not frames.due(spacing - 0.01, rtt)
        assert frames.due(spacing, rtt)


def test_once_answered_the_next_waits_its_turn() -> None:
    frames = KeyFrames()
    frames.want()
    assert frames.due(0.0, 0.1)
    frames.received()
    frames.want()
    assert not frames.due(SPACING - 0.01, 0.1)
    assert frames.due(SPACING, 0.1)


@given(st.lists(st.floats(0, 20), max_size=300))
def test_a_storm_costs_an_answering_publisher_one_a_second(wishes: list[float]) -> None:
    frames, sent = KeyFrames(), []
    for moment in sorted(wishes):
        frames.want()
        if frames.due(moment, 0.05):
            sent.append(moment)
            frames.received()
    assert all(after - before >= SPACING for before, after in itertools.pairwise(sent))
