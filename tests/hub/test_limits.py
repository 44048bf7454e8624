from hypothesis import given
from hypothesis import strategies as st

from hub.broker import MAX_BYTES
from hub.broker_memory import FORGET
from hub.limits import KIB, Bucket, Limits
from hub.namespaces import MAX_TTL


def test_a_bucket_empties_and_fills() -> None:
    bucket = Bucket(0.0, burst=2)
    taken = [bucket.take(at, rate=1.0, burst=2) for at in (0, 0, 0, 0.5, 1.0, 1.0, 99, 99, 99)]
    assert taken == [True, True, False, False, True, False, True, True, False]


def test_a_bucket_gives_all_that_is_asked_or_nothing() -> None:
    bucket = Bucket(0.0, burst=5)
    taken = [bucket.take(0.0, rate=1.0, burst=5, tokens=n) for n in (0, 6, 4, 2, 1, 1, 0)]
    assert taken == [True, False, True, False, True, False, True]


@given(st.lists(st.floats(0, 10), max_size=60))
def test_never_more_than_the_burst_and_the_rate(gaps: list[float]) -> None:
    bucket, now, taken = Bucket(0.0, burst=5), 0.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now, rate=2.0, burst=5)
        assert taken <= 5 + 2.0 * now + 1e-6


def test_a_whole_recovery_fits_a_connection() -> None:
    limits = Limits()
    envelopes = 300 * 200
    assert MAX_BYTES + envelopes < limits.hard_backlog
    assert limits.publication < MAX_BYTES
    assert limits.batch > limits.channels
    assert limits.burst > limits.batch


def test_a_stream_is_not_forgotten_with_its_history() -> None:
    assert FORGET > MAX_TTL


def test_what_one_client_says_at_once_is_no_backlog() -> None:
    limits = Limits()
    assert limits.burst * KIB < limits.hard_backlog / 2
    assert limits.message < limits.burst * KIB
