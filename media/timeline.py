"""One publisher's clock on ours: so that his sound and his picture keep their time to each other at a subscriber.

His sender reports tell his clock (RFC 3550, 6.4.1); the smallest difference seen is the one least delayed by the
network. All tracks of one publisher share it: an error in it then moves them together, and lips stay in step.
"""

from media.rtcp import ntp_seconds

DRIFT = 0.001
"""Seconds by which the difference may grow from one report to the next: clocks drift, and routes get longer."""


class Timeline:
    """The difference between a publisher's clock and ours. `now` is our monotonic seconds."""

    __slots__ = ("_difference",)

    def __init__(self) -> None:
        self._difference: float | None = None

    def learn(self, ntp: int, now: float) -> None:
        """A report with this time came now."""
        difference = now - ntp_seconds(ntp)
        if self._difference is None or difference < self._difference + DRIFT:
            self._difference = difference
        else:
            self._difference += DRIFT

    def theirs(self, now: float) -> float | None:
        """His clock at our time; None before his first report."""
        return None if self._difference is None else now - self._difference


class TrackClock:
    """A track's RTP timestamps over time: by its reports, and until they come by its packets' arrival."""

    __slots__ = ("_arrival", "_rate", "_report", "_timeline")

    def __init__(self, timeline: Timeline, *, clock_rate: int) -> None:
        self._timeline = timeline
        self._rate = clock_rate
        self._report: tuple[float, int] | None = None
        self._arrival: tuple[float, int] | None = None

    def arrive(self, timestamp: int, now: float) -> None:
        """A packet came."""
        self._arrival = (now, timestamp)

    def report(self, ntp: int, timestamp: int, now: float) -> None:
        """A sender report came."""
        self._timeline.learn(ntp, now)
        self._report = (ntp_seconds(ntp), timestamp)

    def at(self, now: float) -> int | None:
        """The track's timestamp (32 bits) at our time; None before anything came."""
        theirs = self._timeline.theirs(now)
        if theirs is not None and self._report is not None:
            since, timestamp = self._report
            elapsed = theirs - since
        elif self._arrival is not None:
            since, timestamp = self._arrival
            elapsed = now - since
        else:
            return None
        return (timestamp + round(elapsed * self._rate)) & 0xFFFFFFFF
