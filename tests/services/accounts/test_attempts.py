from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.attempts import (
    ACCOUNT,
    DEVICE,
    FORGET,
    NETWORK,
    PAIR,
    Allowance,
    Bucket,
    Count,
    buckets,
    device_buckets,
    wait,
)

ALL = (PAIR, NETWORK, ACCOUNT, DEVICE)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def count(failures: int = 0, *, blocked_until: datetime = LONG_AGO) -> Count:
    return Count(key=b"k" * 16, failures=failures, failed_at=NOW, blocked_until=blocked_until)


def waits(bucket: Bucket, failures: Iterable[int]) -> list[float]:
    made = (bucket.failed(count(each), now=NOW) for each in failures)
    return [(each.blocked_until - NOW).total_seconds() for each in made]


PAIR_BUCKET = Bucket(key=b"k" * 16, allowance=PAIR)


def test_the_first_failures_cost_nothing_then_the_wait_doubles() -> None:
    assert waits(PAIR_BUCKET, range(9)) == [0, 0, 0, 0, 0, 1, 2, 4, 8]


@given(failures=st.integers(0, 10**9), allowance=st.sampled_from(ALL))
def test_every_wait_ends(failures: int, allowance: Allowance) -> None:
    (seconds,) = waits(Bucket(key=b"k" * 16, allowance=allowance), [failures])
    assert 0 <= seconds <= allowance.longest.total_seconds() < FORGET.total_seconds()


def test_an_account_whose_attack_ended_is_open_again_within_half_a_minute() -> None:
    (seconds,) = waits(Bucket(key=b"k" * 16, allowance=ACCOUNT), [1_000_000])
    assert seconds == 30


def test_an_hour_without_a_failure_starts_anew() -> None:
    after = PAIR_BUCKET.failed(count(100), now=NOW + FORGET + timedelta(seconds=1))
    assert (after.failures, after.blocked_until) == (1, after.failed_at)


def test_a_failure_within_the_hour_counts_on() -> None:
    assert PAIR_BUCKET.failed(count(100), now=NOW + FORGET).failures == 101


def test_the_longest_block_is_waited_for() -> None:
    counts = [
        count(),
        count(blocked_until=NOW + timedelta(seconds=7)),
        count(blocked_until=NOW + timedelta(seconds=3)),
    ]
    assert wait(counts, now=NOW) == timedelta(seconds=7)
    assert wait([count()], now=NOW) <= timedelta(0)


def test_an_attempt_that_was_no_failure_is_taken_back_with_its_block() -> None:
    reserved = PAIR_BUCKET.failed(count(PAIR.free), now=NOW)
    assert reserved.blocked_until > NOW
    after = PAIR_BUCKET.taken_back(reserved, now=NOW)
    assert (after.failures, after.blocked_until) == (PAIR.free, NOW)


def test_a_block_that_others_earned_stays() -> None:
    reserved = PAIR_BUCKET.failed(count(PAIR.free + 3), now=NOW)
    after = PAIR_BUCKET.taken_back(reserved, now=NOW)
    assert (after.failures, after.blocked_until) == (PAIR.free + 3, reserved.blocked_until)


def test_what_was_swept_in_between_is_taken_back_to_nothing() -> None:
    assert PAIR_BUCKET.taken_back(count(0), now=NOW).failures == 0


def test_who_shares_a_network_or_an_account_shares_its_bucket_only() -> None:
    ana = buckets(email="ana@demo.example", network="192.0.2.1")
    ben = buckets(email="ben@demo.example", network="192.0.2.1")
    away = buckets(email="ana@demo.example", network="198.51.100.1")
    network, account = ana.shared
    assert set(ana.keys()) & set(ben.keys()) == {network.key}
    assert set(ana.keys()) & set(away.keys()) == {account.key}


def test_a_known_device_shares_no_bucket() -> None:
    one, other = device_buckets(UUID(int=1)), device_buckets(UUID(int=2))
    assert one.keys() != other.keys()
    assert (len(one.keys()), one.shared) == (1, ())


def test_keys_come_in_one_order_and_tell_nothing() -> None:
    keys = buckets(email="ana@demo.example", network="192.0.2.1").keys()
    assert list(keys) == sorted(keys)
    assert all(len(key) == 16 for key in keys)


def test_an_address_that_looks_like_another_pair_is_not_it() -> None:
    one = buckets(email="a", network="b\0c").own.key
    assert one != buckets(email="a\0b", network="c").shared[0].key


def test_each_bucket_counts_its_own() -> None:
    made = buckets(email="ana@demo.example", network="192.0.2.1")
    counts = {
        key: Count(key=key, failures=n, failed_at=NOW, blocked_until=NOW)
        for n, key in enumerate(made.keys())
    }
    after = {each.key: each.failures for each in made.failed(counts, now=NOW)}
    assert after == {key: n + 1 for n, key in enumerate(made.keys())}


@pytest.mark.parametrize("allowance", ALL)
def test_each_allowance_forgives_a_mistyped_password(allowance: Allowance) -> None:
    assert allowance.free >= 5


def test_an_attempt_that_began_a_moment_earlier_does_not_wait_for_one_that_cost_nothing() -> None:
    free = PAIR_BUCKET.failed(count(), now=NOW)
    assert wait([free], now=NOW - timedelta(milliseconds=5)) <= timedelta(0)
    blocked = PAIR_BUCKET.failed(count(PAIR.free), now=NOW)
    assert wait([free, blocked], now=NOW - timedelta(milliseconds=5)) > timedelta(seconds=1)
