"""When to ask a publisher for a key frame: often enough for who waits, never more than he can bear.

One throttle a producer, whoever asks: a key frame is the size of a second of video, and goes to every subscriber.
"""

SPACING = 1.0
"""Seconds between a request and the next, once it was answered."""
RETRY_BOUNDS = (0.2, 1.0)
"""Seconds after which an unanswered request is repeated: two round trips, within these."""


class KeyFrames:
    """The requests for one producer's key frames. `now` is monotonic seconds."""

    __slots__ = ("_answered", "_asked", "wanted")

    def __init__(self) -> None:
        self.wanted = False
        """Somebody waits for a key frame."""
        self._asked: float | None = None
        self._answered = True

    def want(self) -> None:
        """A subscriber cannot go on without one."""
        self.wanted = True

    def due(self, now: float, rtt: float) -> bool:
        """Whether to send a request now; if so, it counts as sent."""
        if not self.wanted or (self._asked is not None and now - self._asked < self._spacing(rtt)):
            return False
        self._asked = now
        self._answered = False
        return True

    def received(self) -> None:
        """A key frame came."""
        self.wanted = False
        self._answered = True

    def _spacing(self, rtt: float) -> float:
        if self._answered:
            return SPACING
        low, high = RETRY_BOUNDS
        return min(max(2 * rtt, low), high)
