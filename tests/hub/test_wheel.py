from hypothesis import given
from hypothesis import strategies as st

from hub.wheel import Wheel


def test_items_come_when_due_and_once() -> None:
    wheel: Wheel[str] = Wheel(tick=1.0)
    wheel.schedule("a", 5.0)
    wheel.schedule("b", 2.5)
    assert wheel.turn(2.9) == []
    assert wheel.turn(3.0) == ["b"]
    assert wheel.turn(5.9) == []
    assert wheel.turn(100.0) == ["a"]
    assert wheel.turn(101.0) == []
    assert len(wheel) == 0


def test_a_new_deadline_replaces_the_old() -> None:
    wheel: Wheel[str] = Wheel(tick=1.0)
    wheel.schedule("a", 2.0)
    wheel.schedule("a", 2.1)
    wheel.schedule("a", 9.0)
    assert wheel.turn(5.0) == []
    wheel.cancel("a")
    wheel.cancel("a")
    assert wheel.turn(50.0) == []


def test_what_is_past_comes_at_the_next_turn() -> None:
    wheel: Wheel[str] = Wheel(tick=1.0)
    assert wheel.turn(10.0) == []
    wheel.schedule("late", 3.0)
    assert wheel.turn(10.5) == []
    assert wheel.turn(11.0) == ["late"]


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 20)), max_size=20), st.floats(0.1, 2))
def test_never_early_and_at_most_a_tick_and_a_turn_late(
    deadlines: list[tuple[int, float]], tick: float
) -> None:
    wheel: Wheel[int] = Wheel(tick=tick)
    due = dict(deadlines)
    for item, when in deadlines:
        wheel.schedule(item, when)
    now, seen = 0.0, {}
    while len(wheel):
        now += 0.25
        for item in wheel.turn(now):
            seen[item] = now
    assert seen.keys() == due.keys()
    assert all(due[item] <= at <= due[item] + tick + 0.2501 for item, at in seen.items())
