"""Sequence numbers for one subscriber: no hole where a packet was left out on purpose, a hole where one was lost.

Every input number (extended to more than 16 bits, see `reception`) has at most one output number, and no two share
one: SRTP under GCM must never encrypt two packets under one number (RFC 7714, 8.1).
"""

from media.packet import SEQUENCE_MASK, TIMESTAMP_MASK

MAX_GAP = 3000
"""Packets. A leap beyond it is a restart of the source, not loss: it may not leap the receiver's rollover counter."""

MAX_RANGES = 64
"""Changes of the offset that are remembered for late packets; later ones than that are dropped."""


class Munger:
    """Maps input to output numbers; the timestamps move by one constant, as there is one source."""

    __slots__ = ("_highest", "_last", "_ranges", "_started", "_timestamp_offset")

    def __init__(self, *, first: int, timestamp_offset: int) -> None:
        """`first`: the first output number, below 2^15 so that the receiver's rollover counter cannot be mistaken."""
        self._last = (
            first - 1
        )  # the number that belongs to the highest packet: a new start is above it
        self._highest = 0
        self._started = False
        self._ranges: list[tuple[int, int]] = []
        self._timestamp_offset = timestamp_offset

    def forward(self, sequence: int) -> int | None:
        """The output number (16 bits) of a packet to send now; None if it has no place any more."""
        if not self._started or sequence - self._highest > MAX_GAP:
            return self._start(sequence)
        if sequence > self._highest:
            self._highest = sequence
            self._last = sequence + self._ranges[-1][1]
            return self._last & SEQUENCE_MASK
        return self._late(sequence)

    def skip(self, sequence: int) -> None:
        """Leave this packet out: those after it close up. One that comes late leaves its hole."""
        if not self._started or sequence <= self._highest:
            return
        if sequence - self._highest > MAX_GAP:
            self._started = False
            return
        self._highest = sequence
        offset = self._ranges[-1][1] - 1
        # its predecessor's number: those that were lost before it have theirs, and may come late
        self._last = sequence + offset
        self._ranges.append((sequence + 1, offset))
        if len(self._ranges) > MAX_RANGES:
            del self._ranges[0]

    def rebase(self) -> None:
        """Continue with the next number at whatever packet comes next: after a pause."""
        self._started = False

    def timestamp(self, timestamp: int) -> int:
        """The output timestamp."""
        return (timestamp + self._timestamp_offset) & TIMESTAMP_MASK

    def _start(self, sequence: int) -> int:
        self._started = True
        self._highest = sequence
        self._last += 1
        self._ranges = [(sequence, self._last - sequence)]
        return self._last & SEQUENCE_MASK

    def _late(self, sequence: int) -> int | None:
        newer = 0
        for start, offset in reversed(self._ranges):
            if sequence >= start:
                # the packet just before a newer range was the one that was left out
                return None if sequence + 1 == newer else (sequence + offset) & SEQUENCE_MASK
            newer = start
        return None
