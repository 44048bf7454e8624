"""When a practitioner can be booked: weekly hours in his own time zone, computed to slots. Pure.

One definition carries everything: an instant is open when the practitioner's wall clock at that instant
shows a weekday and time inside one of his rules. So an hour the clocks skip is never offered, and an hour
they repeat is offered twice, as the two different hours it is. Slots are cut from the open time of one
local day, beginning where it begins; arithmetic is on instants, so that an hour is always sixty minutes.

All instants are aware UTC. Minutes of a day count from local midnight, 0 to 1440.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from services.booking.errors import InvalidRules, UnknownTimeZone

MINUTES_A_DAY = 1440
MAX_RULES = 64
"""More stretches of work in a week than anybody keeps; it bounds what one save can store."""

_PROBE = timedelta(hours=6)
"""How closely changes of the clock are looked for: no zone has two of them within six hours."""

_TZDATA = resources.files("tzdata")

Interval = tuple[datetime, datetime]
"""From (inclusive) to (exclusive)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Open every `weekday` (ISO: 1 is Monday) from `start` to `end`, in minutes of the local day."""

    weekday: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How a service takes time. `step` is the distance between starts; buffers lie around the slot."""

    duration: timedelta
    step: timedelta
    before: timedelta = timedelta()
    after: timedelta = timedelta()
    notice: timedelta = timedelta()
    horizon: timedelta = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """A stretch that is taken, buffers included: by an appointment, or by somebody's live hold."""

    start: datetime
    end: datetime
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time that is offered: `open`, or `held` for somebody who may yet let it go."""

    start: datetime
    end: datetime
    state: Literal["open", "held"] = "open"


def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of this name, as the pinned `tzdata` package has it. Raises `UnknownTimeZone`.

    Never the machine's own database: two machines would compute two calendars. A path or a folder is no name.
    """
    if name not in _names():
        raise UnknownTimeZone
    return _zone(name)


@cache
def _names() -> frozenset[str]:
    return frozenset((_TZDATA / "zones").read_text(encoding="ascii").split())


@cache
def _zone(name: str) -> ZoneInfo:
    with _TZDATA.joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def check_rules(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules in order. Raises `InvalidRules` for impossible times, overlaps, or more than `MAX_RULES`."""
    if len(rules) > MAX_RULES:
        raise InvalidRules(f"At most {MAX_RULES} stretches a week.")
    ordered = sorted(rules, key=lambda rule: (rule.weekday, rule.start))
    for rule in ordered:
        if not (1 <= rule.weekday <= 7 and 0 <= rule.start < rule.end <= MINUTES_A_DAY):
            raise InvalidRules("Hours go from 00:00 to 24:00, and end after they begin.")
    for one, following in pairwise(ordered):
        if one.weekday == following.weekday and following.start < one.end:
            raise InvalidRules("Two stretches of a day overlap.")
    return tuple(ordered)


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, also where the clocks skip its midnight."""
    midnight = datetime.combine(day, time())
    around = midnight.replace(tzinfo=UTC)
    margin = timedelta(days=2)
    for begin, end, offset in _offsets(zone, around - margin, around + margin):
        instant = _instant(midnight, offset)
        if instant < end:
            return max(begin, instant)  # `begin` where the clocks skip midnight itself
    raise AssertionError("every day begins within two days of midnight UTC")


def open_intervals(
    rules: Sequence[Rule], zone: ZoneInfo, *, since: datetime, until: datetime
) -> Iterator[Interval]:
    """The open time of every local day that touches `[since, until)`, whole and in order of time.

    `rules` as `check_rules` orders them.
    An interval never spans two local days, and two of one day never touch.
    """
    margin = timedelta(days=2)  # the longest local day fits in it: those at the edges come whole
    stretches = _offsets(zone, since - margin, until + margin)
    pieces = (piece for stretch in stretches for piece in _pieces(rules, *stretch))
    for opens, closes in _joined(pieces):
        if opens >= until:
            return
        if closes > since:
            yield opens, closes


def slots(
    timing: Timing,
    rules: Sequence[Rule],
    zone: ZoneInfo,
    busy: Sequence[Busy],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
) -> Iterator[Slot]:
    """The slots that begin in `[since, until)`, lazily and in order. What is booked is absent.

    `busy` must hold whatever lies in the window widened by the buffers, expired holds left out.
    """
    since = max(since, now + timing.notice)
    until = min(until, now + timing.horizon)
    if since >= until:
        return
    booked = _Taken([taken for taken in busy if not taken.held])
    held = _Taken([taken for taken in busy if taken.held])
    for start in _starts(timing, rules, zone, since=since, until=until):
        end = start + timing.duration
        whole = (start - timing.before, end + timing.after)
        if not booked.touches(whole):
            yield Slot(start=start, end=end, state="held" if held.touches(whole) else "open")


def is_offered(
    timing: Timing, rules: Sequence[Rule], zone: ZoneInfo, start: datetime, *, now: datetime
) -> bool:
    """Whether a slot begins at `start`, were nobody else about."""
    tick = timedelta(microseconds=1)
    found = slots(timing, rules, zone, (), since=start, until=start + tick, now=now)
    return next(found, None) is not None


def _starts(
    timing: Timing, rules: Sequence[Rule], zone: ZoneInfo, *, since: datetime, until: datetime
) -> Iterator[datetime]:
    for opens, closes in open_intervals(rules, zone, since=since, until=until):
        skipped = max(0, -((opens - since) // timing.step))  # ceil of (since - opens) / step
        start = opens + skipped * timing.step
        while start < until and start + timing.duration <= closes:
            yield start
            start += timing.step


def _joined(pieces: Iterable[tuple[date, Interval]]) -> Iterator[Interval]:
    """Pieces of one local day that touch become one."""
    day: date | None = None
    run: Interval | None = None
    for local_day, piece in pieces:
        if run and local_day == day and piece[0] == run[1]:
            run = (run[0], piece[1])
            continue
        if run:
            yield run
        day, run = local_day, piece
    if run:
        yield run


def _pieces(
    rules: Sequence[Rule], start: datetime, end: datetime, offset: timedelta
) -> Iterator[tuple[date, Interval]]:
    """The open time within a stretch of constant offset, rule by rule, with its local day."""
    first, last = (start + offset).replace(tzinfo=None), (end + offset).replace(tzinfo=None)
    midnight = datetime.combine(first.date(), time())
    while midnight < last:
        for rule in rules:
            if rule.weekday != midnight.isoweekday():
                continue
            opens = max(first, midnight + timedelta(minutes=rule.start))
            closes = min(last, midnight + timedelta(minutes=rule.end))
            if opens < closes:
                yield midnight.date(), (_instant(opens, offset), _instant(closes, offset))
        midnight += timedelta(days=1)


def _instant(wall: datetime, offset: timedelta) -> datetime:
    return (wall - offset).replace(tzinfo=UTC)


def _offsets(
    zone: ZoneInfo, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """`[since, until)` cut where the zone's clock is set: (from, to, offset from UTC)."""
    since, until = since.replace(microsecond=0), until.replace(microsecond=0)
    begin, offset, seen = since, _offset(zone, since), since
    while seen < until:
        probe = min(seen + _PROBE, until)
        if _offset(zone, probe) != offset:
            change = _change_between(zone, seen, probe, offset)
            yield begin, change, offset
            begin, offset = change, _offset(zone, change)
        seen = probe
    yield begin, until, offset


def _change_between(
    zone: ZoneInfo, before: datetime, after: datetime, offset: timedelta
) -> datetime:
    """The first whole second at which `offset` no longer holds."""
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // timedelta(seconds=2) * timedelta(seconds=1)
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    if offset is None:
        raise AssertionError("a ZoneInfo knows its offset")
    return offset


class _Taken:
    """Stretches that are taken, merged, so that one bisection answers."""

    __slots__ = ("_ends", "_starts")

    def __init__(self, busy: Sequence[Busy]) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        for taken in sorted(busy, key=lambda one: one.start):
            if self._ends and taken.start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], taken.end)
            else:
                self._starts.append(taken.start)
                self._ends.append(taken.end)

    def touches(self, interval: Interval) -> bool:
        """Whether any of it overlaps the interval."""
        at = bisect_right(self._ends, interval[0])
        return at < len(self._starts) and self._starts[at] < interval[1]
