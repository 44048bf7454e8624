"""How often a sign-in may fail: counts with a back-off that always expires. Pure rules; the rows are in Postgres.

Buckets count each attempt before its password is looked at, so that a hundred at once are a hundred. Of a stranger:

account and network   few free failures: guessing one person's password from one place
network               more: trying many accounts from one place, which may be a clinic behind one router
account               many, and a short back-off: guessing one account from many places

Whoever goes on failing in somebody's name, or from his network, keeps these closed. So a browser that signed in to this
account before is no stranger: it is counted by itself alone, and what others do keeps nobody out where he has been in.
Only on a device that is new to the account may one have to wait until an attack ends.

In Postgres, and not in the process: every gateway counts together, a restart forgives nothing, and no flood of
invented addresses can push a real counter out of a bounded memory. A row is a digest, and goes an hour after its
last failure.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

FORGET = timedelta(hours=1)
"""After so long without a failure a bucket starts anew; longer than any back-off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """`free` failures, then a wait that doubles from one second up to `longest`."""

    free: int
    longest: timedelta


PAIR = Allowance(free=5, longest=timedelta(minutes=15))
NETWORK = Allowance(free=50, longest=timedelta(minutes=15))
ACCOUNT = Allowance(free=30, longest=timedelta(seconds=30))
DEVICE = Allowance(free=5, longest=timedelta(minutes=15))


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A bucket's failures. `blocked_until` lies in the past when it is not blocked; `key` is 16 bytes."""

    key: bytes
    failures: int
    failed_at: datetime
    blocked_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What counts, and how much it allows. `key` is 16 bytes that tell nothing."""

    key: bytes
    allowance: Allowance

    def failed(self, count: Count, *, now: datetime) -> Count:
        """Its count after one more failure."""
        failures = 1 if now - count.failed_at > FORGET else count.failures + 1
        return Count(
            key=self.key,
            failures=failures,
            failed_at=now,
            blocked_until=now + _back_off(self.allowance, failures),
        )

    def taken_back(self, count: Count, *, now: datetime) -> Count:
        """Its count when the attempt proves to be no failure. A block that others have earned stays."""
        failures = max(0, count.failures - 1)
        earned = failures > self.allowance.free
        blocked_until = count.blocked_until if earned else min(count.blocked_until, now)
        return replace(count, failures=failures, blocked_until=blocked_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """Those that an attempt counts in. `own` starts anew when the password was right; others count in the `shared`."""

    own: Bucket
    shared: tuple[Bucket, ...] = ()

    def keys(self) -> tuple[bytes, ...]:
        """Their keys in order: everybody locks rows in one order."""
        return tuple(sorted(each.key for each in self._all()))

    def failed(self, counts: Mapping[bytes, Count], *, now: datetime) -> tuple[Count, ...]:
        """Their counts after one more failure."""
        return tuple(each.failed(counts[each.key], now=now) for each in self._all())

    def taken_back(self, counts: Mapping[bytes, Count], *, now: datetime) -> tuple[Count, ...]:
        """Their counts when the attempt proves to be no failure."""
        return tuple(each.taken_back(counts[each.key], now=now) for each in self._all())

    def _all(self) -> tuple[Bucket, ...]:
        return self.own, *self.shared


def buckets(*, email: str, network: str) -> Buckets:
    """The buckets of a stranger's attempt for a normalised address from a network."""
    return Buckets(
        own=Bucket(key=_digest("pair", email, network), allowance=PAIR),
        shared=(
            Bucket(key=_digest("network", network), allowance=NETWORK),
            Bucket(key=_digest("account", email), allowance=ACCOUNT),
        ),
    )


def device_buckets(device: UUID) -> Buckets:
    """The bucket of an attempt from a device that has been in this account before."""
    return Buckets(own=Bucket(key=_digest("device", str(device)), allowance=DEVICE))


def account_digest(email: str) -> str:
    """A normalised address as a device may carry it: it tells nothing."""
    return _digest("account", email).hex()


def wait(counts: Iterable[Count], *, now: datetime) -> timedelta:
    """How long until an attempt is let through: zero or less when none of the buckets is blocked.

    `now` may be a little before the last failure: attempts at the same moment wait for each other's rows, and clocks
    of two gateways differ. So a failure that cost nothing is not waited for.
    """
    return max(
        (count.blocked_until - now for count in counts if count.blocked_until > count.failed_at),
        default=timedelta(0),
    )


def _back_off(allowance: Allowance, failures: int) -> timedelta:
    over = failures - allowance.free
    if over <= 0:
        return timedelta(0)
    # Bounded before it is raised: 2 ** a million is no time at all.
    return min(timedelta(seconds=2 ** min(over - 1, 20)), allowance.longest)


def _digest(*parts: str) -> bytes:
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()
