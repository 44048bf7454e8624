import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rate_limits import Rate, RateLimits, network

RATE = Rate(per_second=2, burst=3)


class Seconds:
    """A clock of seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_one_at_a_time() -> None:
    clock = Seconds()
    limits = RateLimits(clock=clock)
    assert [limits.take("a", RATE) for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now += 0.5
    assert [limits.take("a", RATE) for _ in range(2)] == [0, 0.5]


def test_a_bucket_is_never_more_than_full() -> None:
    clock = Seconds()
    limits = RateLimits(clock=clock)
    limits.take("a", RATE)
    clock.now += 1_000_000
    assert [limits.take("a", RATE) for _ in range(4)] == [0, 0, 0, 0.5]


def test_waiting_as_told_is_enough_and_asking_costs_nothing() -> None:
    clock = Seconds()
    limits = RateLimits(clock=clock)
    for _ in range(3):
        limits.take("a", RATE)
    for _ in range(100):
        wait = limits.take("a", RATE)
    clock.now += wait
    assert limits.take("a", RATE) == 0


def test_one_caller_starves_no_other() -> None:
    limits = RateLimits(clock=Seconds())
    for _ in range(10):
        limits.take("a", RATE)
    assert limits.take("b", RATE) == 0


def test_memory_is_bounded_and_the_oldest_goes() -> None:
    limits = RateLimits(clock=Seconds(), capacity=2)
    for key in "aaab":
        limits.take(key, RATE)
    assert limits.take("a", RATE) > 0  # used: now b is the oldest
    limits.take("c", RATE)
    assert len(limits) == 2
    assert limits.take("a", RATE) > 0


@given(st.lists(st.floats(0, 10), max_size=50))
def test_nobody_gets_more_than_his_rate(pauses: list[float]) -> None:
    clock = Seconds()
    limits = RateLimits(clock=clock)
    served = 0
    for pause in pauses:
        clock.now += pause
        served += limits.take("a", RATE) == 0
    assert served <= RATE.burst + RATE.per_second * sum(pauses) + 1e-6


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", "unknown"),
        (None, "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_a_subscriber_is_one_caller(host: str | None, counted: str) -> None:
    assert network(host) == counted
