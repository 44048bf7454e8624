"""What a worker counts instead of logging: a line for each bad datagram would be the attack's best weapon."""

from collections.abc import Mapping
from dataclasses import dataclass

FLOW = frozenset({"received", "sent"})
"""What is counted and is no drop."""


@dataclass(slots=True)
class Counters:
    """Datagrams and packets since the start of the worker."""

    received: int = 0
    sent: int = 0
    unsent: int = 0
    """The kernel's buffer was full, or it knew no way."""
    misshapen: int = 0
    """Empty, too long, or of no kind we know."""
    stray: int = 0
    """From an address that no connectivity check vouches for."""
    forged: int = 0
    """SRTP that is wrong, replayed, or came before the keys."""
    ungranted: int = 0
    """From or for a participant who may not (yet) send or receive."""
    unrouted: int = 0
    """RTP of no producer."""
    repeated: int = 0
    """RTP that came before, or far too late."""
    overflowed: int = 0
    """DTLS datagrams beyond what a handshake needs."""


class Drops:
    """Says how much was dropped since the last time it was asked: counts only, no addresses."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def since(self, counts: Mapping[str, int]) -> dict[str, int]:
        """What has grown, by how much; empty where nothing was dropped."""
        drops = {name: count for name, count in counts.items() if name not in FLOW}
        grown = {name: count - self._last.get(name, 0) for name, count in drops.items()}
        self._last = drops
        return {name: more for name, more in grown.items() if more}
