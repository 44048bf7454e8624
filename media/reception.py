"""What arrives of one stream: extended numbers, duplicates, loss and jitter (RFC 3550, 6.4.1, A.1, A.3, A.8)."""

from media.packet import SEQUENCE_MASK, TIMESTAMP_MASK
from media.rtcp import ReportBlock

REFUSED = -1
"""The packet is a duplicate, too old, or the first after a leap, which needs a second one to be believed."""

MAX_DROPOUT = 3000
"""Packets: a leap further ahead is a restart (RFC 3550, A.1)."""
WINDOW = 1024
"""Packets: later than that is too old. A power of two."""


class Reception:
    """One SSRC's reception. `clock_rate` in Hz; `now` is monotonic seconds."""

    __slots__ = (
        "_base",
        "_clock_rate",
        "_expected_before",
        "_next_after_leap",
        "_received_before",
        "_report",
        "_seen",
        "_transit",
        "highest",
        "jitter",
        "received",
    )

    def __init__(self, *, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self.highest = -1
        """The highest extended number; -1 before the first packet."""
        self.jitter = 0.0
        """In units of the clock."""
        self.received = 0
        self._base = 0
        self._expected_before = 0
        self._received_before = 0
        self._next_after_leap = -1
        self._seen = [-1] * WINDOW
        self._transit: int | None = None
        self._report: tuple[int, float] | None = None

    @property
    def expected(self) -> int:
        """Packets that the sender has sent."""
        return self.highest - self._base + 1 if self.highest >= 0 else 0

    @property
    def lost(self) -> int:
        """Packets that did not come by themselves; below 0 with duplicates on the way."""
        return self.expected - self.received

    def arrive(self, sequence: int, timestamp: int, now: float) -> int:
        """Count a packet: its extended number, or REFUSED."""
        extended = self._extend(sequence, may_lead=True)
        if extended == REFUSED or self._is_repeat(extended):
            return REFUSED
        self.received += 1
        self._measure(timestamp, now)
        return extended

    def repair(self, sequence: int) -> int:
        """A retransmission came: its extended number, or REFUSED. It does not undo the loss that was (RFC 4588, 8)."""
        extended = self._extend(sequence, may_lead=False)
        return REFUSED if extended == REFUSED or self._is_repeat(extended) else extended

    def sender_report(self, ntp: int, now: float) -> None:
        """The sender's report came: `ntp` in 64 bits."""
        self._report = ((ntp >> 16) & 0xFFFFFFFF, now)

    def report(self, ssrc: int, now: float) -> ReportBlock:
        """The block of a receiver report, and the start of the next interval."""
        expected = self.expected - self._expected_before
        lost = expected - (self.received - self._received_before)
        self._expected_before, self._received_before = self.expected, self.received
        last, since = self._report or (0, now)
        return ReportBlock(
            ssrc=ssrc,
            fraction=min(max(lost, 0) * 256 // expected, 255) if expected > 0 else 0,
            lost=min(max(self.lost, -0x800000), 0x7FFFFF),
            highest=self.highest & 0xFFFFFFFF,
            jitter=int(self.jitter),
            last_report=last,
            delay=min(int((now - since) * 65536), 0xFFFFFFFF) if last else 0,
        )

    def _extend(self, sequence: int, *, may_lead: bool) -> int:
        if self.highest < 0:
            return self._restart(sequence) if may_lead else REFUSED
        ahead = (sequence - self.highest) & SEQUENCE_MASK
        if ahead > SEQUENCE_MASK + 1 - WINDOW:  # late, but not too late
            return max(self.highest + ahead - SEQUENCE_MASK - 1, REFUSED)
        if not may_lead:
            return self.highest if ahead == 0 else REFUSED
        if ahead < MAX_DROPOUT:
            self.highest += ahead
            return self.highest
        return self._leap(sequence, ahead)

    def _leap(self, sequence: int, ahead: int) -> int:
        if sequence == self._next_after_leap:
            return self._restart(self.highest + ahead)
        self._next_after_leap = (sequence + 1) & SEQUENCE_MASK
        return REFUSED

    def _restart(self, extended: int) -> int:
        self.highest = self._base = extended
        self.received = self._expected_before = self._received_before = 0
        self._next_after_leap = -1
        return extended

    def _is_repeat(self, extended: int) -> bool:
        slot = extended & (WINDOW - 1)
        if self._seen[slot] == extended:
            return True
        self._seen[slot] = extended
        return False

    def _measure(self, timestamp: int, now: float) -> None:
        transit = (int(now * self._clock_rate) - timestamp) & TIMESTAMP_MASK
        if self._transit is not None:
            moved = (transit - self._transit) & TIMESTAMP_MASK
            if moved > 0x7FFFFFFF:
                moved = 0x100000000 - moved
            self.jitter += (moved - self.jitter) / 16
        self._transit = transit
