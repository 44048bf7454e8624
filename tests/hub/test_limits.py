from hypothesis import given
from hypothesis import strategies as st

from hub.broker import MAX_BYTES
from hub.limits import Bucket, Limits


def test_a_bucket_empties_and_fills() -> None:
    bucket = Bucket(0.0, burst=2)
    taken = [bucket.take(at, rate=1.0, burst=2) for at in (0, 0, 0, 0.5, 1.0, 1.0, 99, 99, 99)]
    assert taken == [True, True, False, False, True, False, True, True, False]


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
