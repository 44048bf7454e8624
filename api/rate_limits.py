"""Rate limits: a token bucket for each signed-in person and for each address of those who are not.

They stand in this process, bounded and lost with it: they keep one caller from starving the others, and are not
what protects passwords (that is services/accounts/attempts, in Postgres). Generous: no page comes near them.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

CAPACITY = 20_000
"""Buckets kept: near 4 MB. The one used longest ago is forgotten first, and by then mostly full again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`per_second` requests for ever, and `burst` at once."""

    per_second: float
    burst: int


ANONYMOUS = Rate(per_second=20, burst=200)
"""An address may be a whole clinic behind one router."""
PERSON = Rate(per_second=20, burst=300)
"""A person with a dozen tabs that all come back at once."""


class RateLimits:
    """Token buckets by key. `clock` gives seconds that never go back."""

    def __init__(
        self,
        *,
        anonymous: Rate = ANONYMOUS,
        person: Rate = PERSON,
        capacity: int = CAPACITY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.anonymous = anonymous
        self.person = person
        self._capacity = capacity
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, rate: Rate) -> float:
        """Take one request from the bucket: 0.0 when there was one, else the seconds until there is."""
        now = self._clock()
        left, at = self._buckets.pop(key, (float(rate.burst), now))
        left = min(float(rate.burst), left + (now - at) * rate.per_second)
        wait = 0.0 if left >= 1 else (1 - left) / rate.per_second
        self._buckets[key] = (left if wait else left - 1, now)
        if len(self._buckets) > self._capacity:
            self._buckets.popitem(last=False)
        return wait


def network(host: str | None) -> str:
    """What counts as one caller: an IPv4 address, or an IPv6 /64, the least that a subscriber is given."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return "unknown"  # a Unix socket: whoever is behind it, the proxy did not say
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
