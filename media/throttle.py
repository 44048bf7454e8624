"""How many checks of strangers are verified: a bucket of tokens for each network, and one for all.

Only those that name a fragment in use get here (media/mux.py): whoever knows none cannot empty anybody's bucket.
"""

import socket

PER_SOURCE = 50.0
"""Connectivity checks a second from one IPv4 address, or one /64 of IPv6 (a household's, RFC 6177), that has not
proven itself; a clinic behind one address joins at about 10 a person."""
IN_ALL = 1000.0
"""A second: at 60 µs each, 6 % of a core."""
BURST = 4.0
"""Seconds' worth of tokens that a bucket holds."""
MAX_SOURCES = 4096
"""Networks remembered; beyond them all are forgotten, and the bucket for all still holds."""


class _Bucket:
    __slots__ = ("rate", "since", "tokens")

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self.tokens = rate * BURST
        self.since = now

    def take(self, now: float) -> bool:
        self.tokens = min(self.tokens + (now - self.since) * self.rate, self.rate * BURST)
        self.since = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Throttle:
    """For checks from addresses that nobody vouches for. `now` is monotonic seconds."""

    __slots__ = ("_all", "_sources", "refused")

    def __init__(self, now: float) -> None:
        self._all = _Bucket(IN_ALL, now)
        self._sources: dict[bytes, _Bucket] = {}
        self.refused = 0

    def allows(self, source: str, now: float) -> bool:
        """Whether to verify one more check of this IP address."""
        network = _network(source)
        bucket = self._sources.get(network)
        if bucket is None:
            if len(self._sources) >= MAX_SOURCES:
                self._sources.clear()
            bucket = self._sources[network] = _Bucket(PER_SOURCE, now)
        if bucket.take(now) and self._all.take(now):
            return True
        self.refused += 1
        return False


def _network(address: str) -> bytes:
    """What one customer has at least: an IPv4 address, or the first half of one of IPv6, whatever its interface."""
    if ":" not in address:
        return socket.inet_aton(address)
    return socket.inet_pton(socket.AF_INET6, address.partition("%")[0])[:8]
