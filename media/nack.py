"""Which packets of a publisher are missing, and when to ask for them (RFC 4585, 6.2.1)."""

from media.packet import SEQUENCE_MASK

FIRST_DELAY = 0.010
"""Seconds: a packet that was merely overtaken mostly arrives within it."""
MAX_TRIES = 8
BACKOFF = 1.25
"""Each wait is this much longer than the one before: loss often comes of a full queue."""
MAX_MISSING = 200
"""Packets: with more holes than that, a key frame costs less than repair."""
MAX_AGE = 1.0
"""Seconds: what is that late is of no more use to a live picture."""
DEFAULT_RTT = 0.1
RTT_BOUNDS = (0.02, 0.4)


class _Missing:
    __slots__ = ("asked", "due", "since", "tries", "wait")

    def __init__(self, now: float, rtt: float) -> None:
        self.since = now
        self.due = now + FIRST_DELAY
        self.wait = rtt
        self.tries = 0
        self.asked = 0.0


class Nack:
    """The holes of one stream. Numbers are extended ones; `now` is monotonic seconds."""

    __slots__ = ("_highest", "_missing", "gave_up", "rtt")

    def __init__(self) -> None:
        self._missing: dict[int, _Missing] = {}
        self._highest: int | None = None
        self.gave_up = False
        """Set when a hole was given up: only a key frame helps. The reader resets it."""
        self.rtt = DEFAULT_RTT
        """Seconds between asking and getting, smoothed over the repairs seen."""

    @property
    def waiting(self) -> bool:
        """Whether there is any hole."""
        return bool(self._missing)

    def received(self, sequence: int, now: float) -> None:
        """A packet came, by itself or repaired."""
        if self._highest is None:
            self._highest = sequence
        elif sequence > self._highest:
            if sequence - self._highest > 1:
                self._open(self._highest + 1, sequence, now)
            self._highest = sequence
        elif self._missing:
            self._close(sequence, now)

    def forget_before(self, sequence: int) -> None:
        """A key frame began here: nothing older is needed."""
        for number in [number for number in self._missing if number < sequence]:
            del self._missing[number]

    def clear(self) -> None:
        """Nothing of this stream is wanted for now."""
        self._missing.clear()
        self._highest = None

    def due(self, now: float) -> list[int]:
        """The numbers (16 bits) to ask for now."""
        numbers = []
        for sequence, missing in list(self._missing.items()):
            if now < missing.due:
                continue
            if missing.tries >= MAX_TRIES or now - missing.since > MAX_AGE:
                del self._missing[sequence]
                self.gave_up = True
                continue
            missing.tries += 1
            missing.asked = now
            missing.due = now + missing.wait
            missing.wait *= BACKOFF
            numbers.append(sequence & SEQUENCE_MASK)
        return numbers

    def _open(self, first: int, end: int, now: float) -> None:
        if len(self._missing) + end - first > MAX_MISSING:
            self._missing.clear()
            self.gave_up = True
            return
        for number in range(first, end):
            self._missing[number] = _Missing(now, self.rtt)

    def _close(self, sequence: int, now: float) -> None:
        missing = self._missing.pop(sequence, None)
        if (
            missing is not None and missing.tries == 1
        ):  # with more tries, which one was answered is unknown
            low, high = RTT_BOUNDS
            sample = min(max(now - missing.asked, low), high)
            self.rtt += (sample - self.rtt) / 8
