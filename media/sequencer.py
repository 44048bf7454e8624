"""What was sent to one subscriber, for as long as he may ask for it again, and the numbers of the retransmissions."""

from media.packet import SEQUENCE_MASK

HISTORY = 512
"""Packets: more than 2 s of a 2 Mbit/s camera. A ring of references: the bytes are shared by all subscribers."""

MAX_RESENDS = 3
"""Times that one packet is sent again: beyond, the path needs less, not more."""

MIN_SPACING = 0.02
"""Seconds before the same packet is sent again, or the round-trip time where that is longer."""


class Sent:
    """One packet of the history: its input bytes, payload bounds, output number and timestamp."""

    __slots__ = ("end", "last", "packet", "resends", "sequence", "start", "timestamp")

    def __init__(self, sequence: int, packet: bytes, start: int, end: int, timestamp: int) -> None:
        self.sequence = sequence
        self.packet = packet
        self.start = start
        self.end = end
        self.timestamp = timestamp
        self.resends = 0
        self.last = 0.0


class Sequencer:
    """A ring of what was sent, and the counter of the retransmission stream (RFC 4588)."""

    __slots__ = ("_mask", "_next", "_ring")

    def __init__(self, *, first: int, size: int = HISTORY) -> None:
        """`first`: the first number of the retransmission stream, below 2^15; `size`: a power of two."""
        self._ring: list[Sent | None] = [None] * size
        self._mask = size - 1
        self._next = first

    def add(self, sent: Sent) -> None:
        """Remember a packet, and forget the one `size` before it."""
        self._ring[sent.sequence & self._mask] = sent

    def find(self, sequence: int, now: float, rtt: float) -> Sent | None:
        """The packet to send again, or None: unknown, sent too often, or so lately that it may be on its way."""
        sent = self._ring[sequence & self._mask]
        if sent is None or sent.sequence != sequence or sent.resends >= MAX_RESENDS:
            return None
        if sent.resends and now - sent.last < max(rtt, MIN_SPACING):
            return None
        sent.resends += 1
        sent.last = now
        return sent

    def next(self) -> int:
        """The next number of the retransmission stream."""
        number = self._next
        self._next = (number + 1) & SEQUENCE_MASK
        return number
