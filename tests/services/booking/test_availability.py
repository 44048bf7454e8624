"""Slots against a model that walks minute by minute, and the days on which clocks are set."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.booking.availability import (
    MAX_RULES,
    Busy,
    Rule,
    Slot,
    Timing,
    check_rules,
    day_start,
    is_offered,
    open_intervals,
    slots,
    zone_of,
)
from services.booking.errors import InvalidRules, UnknownTimeZone

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ZONES = [
    "UTC",
    "Europe/London",
    "Europe/Stockholm",
    "America/Vancouver",
    "America/New_York",
    "America/St_Johns",  # half an hour off
    "America/Havana",  # clocks change at midnight
    "America/Sao_Paulo",
    "Asia/Kathmandu",  # a quarter of an hour off
    "Asia/Kolkata",
    "Asia/Beirut",
    "Australia/Lord_Howe",  # set by half an hour
    "Pacific/Apia",
    "Pacific/Chatham",
    "Africa/Casablanca",
]
CHANGES = [
    # days near which one of these zones sets its clocks, and a quiet one
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 4, 5),
    date(2026, 10, 4),
    date(2026, 10, 25),
    date(2026, 11, 1),
    date(2026, 7, 15),
    date(2011, 12, 30),  # Apia had no such day
    date(2010, 11, 7),  # St. John's went back from 00:01 to 23:01 the day before
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def timing(minutes: int = 60, step: int | None = None, **more: timedelta) -> Timing:
    return Timing(
        duration=timedelta(minutes=minutes), step=timedelta(minutes=step or minutes), **more
    )


def starts_on(zone: str, day: str, rule: tuple[int, int], minutes: int = 60) -> list[str]:
    """The starts in local time with their offset, for one day's rule."""
    there, local_day = zone_of(zone), date.fromisoformat(day)
    rules = [Rule(weekday=local_day.isoweekday(), start=rule[0], end=rule[1])]
    since, until = day_start(local_day, there), day_start(local_day + DAY, there)
    found = slots(timing(minutes), rules, there, (), since=since, until=until, now=since - DAY)
    return [slot.start.astimezone(there).strftime("%H:%M%z") for slot in found]


def test_a_plain_day() -> None:
    assert starts_on("Europe/London", "2026-07-15", (9 * 60, 12 * 60)) == [
        "09:00+0100",
        "10:00+0100",
        "11:00+0100",
    ]


def test_the_hour_the_clocks_skip_is_never_offered() -> None:
    assert starts_on("Europe/London", "2026-03-29", (0, 4 * 60)) == [
        "00:00+0000",
        "02:00+0100",
        "03:00+0100",
    ]


def test_hours_that_begin_in_the_gap_begin_after_it() -> None:
    assert starts_on("Europe/London", "2026-03-29", (90, 4 * 60)) == ["02:00+0100", "03:00+0100"]


def test_hours_that_lie_in_the_gap_are_not_there() -> None:
    assert starts_on("Europe/London", "2026-03-29", (60, 120)) == []


def test_the_hour_the_clocks_repeat_is_two_hours() -> None:
    assert starts_on("Europe/London", "2026-10-25", (0, 3 * 60)) == [
        "00:00+0100",
        "01:00+0100",
        "01:00+0000",
        "02:00+0000",
    ]


def test_hours_that_end_in_the_fold_are_open_both_times() -> None:
    assert starts_on("Europe/London", "2026-10-25", (60, 90), 30) == ["01:00+0100", "01:00+0000"]


def test_clocks_set_by_half_an_hour() -> None:
    assert starts_on("Australia/Lord_Howe", "2026-10-04", (60, 180), 30) == [
        "01:00+1030",
        "01:30+1030",
        "02:30+1100",
    ]


def test_a_day_without_midnight_begins_after_it() -> None:
    assert day_start(date(2026, 3, 8), zone_of("America/Havana")) == at("2026-03-08T01:00:00-04:00")


def test_a_midnight_that_comes_twice_counts_once() -> None:
    assert day_start(date(2026, 11, 1), zone_of("America/Havana")) == at(
        "2026-11-01T00:00:00-04:00"
    )


def test_a_day_that_never_was_begins_with_the_next() -> None:
    apia = zone_of("Pacific/Apia")
    assert day_start(date(2011, 12, 30), apia) == day_start(date(2011, 12, 31), apia)


def test_buffers_keep_their_distance() -> None:
    busy = [Busy(start=at("2026-07-15T10:00Z"), end=at("2026-07-15T11:00Z"))]
    found = slots(
        timing(60, 30, before=15 * MINUTE, after=15 * MINUTE),
        [Rule(weekday=3, start=8 * 60, end=13 * 60)],
        zone_of("UTC"),
        busy,
        since=at("2026-07-15T00:00Z"),
        until=at("2026-07-16T00:00Z"),
        now=at("2026-07-14T00:00Z"),
    )
    assert [slot.start.hour * 60 + slot.start.minute for slot in found] == [480, 510, 690, 720]


def test_a_live_hold_is_shown_and_a_booking_is_not() -> None:
    busy = [
        Busy(start=at("2026-07-15T09:00Z"), end=at("2026-07-15T10:00Z"), held=True),
        Busy(start=at("2026-07-15T10:00Z"), end=at("2026-07-15T11:00Z")),
    ]
    found = slots(
        timing(),
        [Rule(weekday=3, start=9 * 60, end=12 * 60)],
        zone_of("UTC"),
        busy,
        since=at("2026-07-15T00:00Z"),
        until=at("2026-07-16T00:00Z"),
        now=at("2026-07-14T00:00Z"),
    )
    assert list(found) == [
        Slot(start=at("2026-07-15T09:00Z"), end=at("2026-07-15T10:00Z"), state="held"),
        Slot(start=at("2026-07-15T11:00Z"), end=at("2026-07-15T12:00Z")),
    ]


@pytest.mark.parametrize(
    ("now", "offered"),
    [
        ("2026-07-15T08:00:00Z", True),
        ("2026-07-15T08:00:00.000001Z", False),  # notice of an hour
        ("2026-05-16T09:00:00Z", False),  # a horizon of sixty days: not yet
        ("2026-05-16T09:00:01Z", True),
    ],
)
def test_notice_and_horizon(now: str, offered: bool) -> None:
    rules = [Rule(weekday=3, start=9 * 60, end=10 * 60)]
    answer = is_offered(
        timing(60, notice=timedelta(hours=1)),
        rules,
        zone_of("UTC"),
        at("2026-07-15T09:00Z"),
        now=at(now),
    )
    assert answer is offered


@pytest.mark.parametrize(
    "start", ["2026-07-15T09:30Z", "2026-07-15T09:00:00.5Z", "2026-07-16T09:00Z"]
)
def test_only_starts_on_the_grid_are_offered(start: str) -> None:
    rules = [Rule(weekday=3, start=9 * 60, end=17 * 60)]
    now = at("2026-07-14T00:00Z")
    assert is_offered(timing(), rules, zone_of("UTC"), at("2026-07-15T10:00Z"), now=now)
    assert not is_offered(timing(), rules, zone_of("UTC"), at(start), now=now)


def test_zones_are_those_of_the_pinned_database() -> None:
    """British Columbia set its clocks for the last time in March 2026: older databases do not know."""
    december = at("2026-12-01T20:00Z").astimezone(zone_of("America/Vancouver"))
    assert december.utcoffset() == -7 * 60 * MINUTE
    assert zone_of("America/Vancouver") is zone_of("America/Vancouver")


@pytest.mark.parametrize(
    "name", ["", "America", "Mars/Olympus", "../zones", "/etc/localtime", "utc"]
)
def test_what_names_no_zone_is_refused(name: str) -> None:
    with pytest.raises(UnknownTimeZone):
        zone_of(name)


def test_adjacent_rules_are_one_stretch() -> None:
    rules = [Rule(weekday=3, start=540, end=600), Rule(weekday=3, start=600, end=660)]
    day = (at("2026-07-15T00:00Z"), at("2026-07-16T00:00Z"))
    assert list(open_intervals(rules, zone_of("UTC"), since=day[0], until=day[1])) == [
        (at("2026-07-15T09:00Z"), at("2026-07-15T11:00Z"))
    ]


def test_rules_are_put_in_order() -> None:
    late, early = Rule(weekday=5, start=0, end=60), Rule(weekday=1, start=600, end=1440)
    assert check_rules([late, early]) == (early, late)


@pytest.mark.parametrize(
    "rules",
    [
        [Rule(weekday=0, start=0, end=60)],
        [Rule(weekday=8, start=0, end=60)],
        [Rule(weekday=1, start=60, end=60)],
        [Rule(weekday=1, start=-1, end=60)],
        [Rule(weekday=1, start=0, end=1441)],
        [Rule(weekday=1, start=0, end=61), Rule(weekday=1, start=60, end=90)],
        [Rule(weekday=1, start=n, end=n + 1) for n in range(MAX_RULES + 1)],
    ],
)
def test_impossible_rules_are_refused(rules: list[Rule]) -> None:
    with pytest.raises(InvalidRules):
        check_rules(rules)


# --- the model -------------------------------------------------------------------------------


def walk(
    rules: list[Rule], zone: ZoneInfo, since: datetime, until: datetime
) -> list[list[datetime]]:
    """The open minutes, in stretches within one local day: what the clock on the wall says, every minute."""
    runs: list[list[datetime]] = []
    day = None
    minute = since
    while minute < until:
        wall = minute.astimezone(zone)
        clock = wall.hour * 60 + wall.minute
        if any(r.weekday == wall.isoweekday() and r.start <= clock < r.end for r in rules):
            if runs and day == wall.date() and runs[-1][-1] + MINUTE == minute:
                runs[-1].append(minute)
            else:
                runs.append([minute])
            day = wall.date()
        minute += MINUTE
    return runs


def cut(
    runs: list[list[datetime]],
    offer: Timing,
    busy: list[Busy],
    since: datetime,
    until: datetime,
    now: datetime,
) -> list[Slot]:
    """The slots of these stretches, one after the other."""
    found = []
    for run in runs:
        for start in run[:: offer.step // MINUTE]:
            end = start + offer.duration
            if end - MINUTE > run[-1] or not since <= start < until:
                continue
            if not now + offer.notice <= start < now + offer.horizon:
                continue
            taken = [
                b for b in busy if start - offer.before < b.end and b.start < end + offer.after
            ]
            if all(b.held for b in taken):
                found.append(Slot(start=start, end=end, state="held" if taken else "open"))
    return found


def model(
    offer: Timing,
    rules: list[Rule],
    zone: ZoneInfo,
    busy: list[Busy],
    since: datetime,
    until: datetime,
    now: datetime,
) -> list[Slot]:
    """The same by the slowest honest means: look at the clock on the wall, every minute."""
    runs = walk(rules, zone, since - 2 * DAY, until + 2 * DAY)
    return cut(runs, offer, busy, since, until, now)


@st.composite
def weeks(draw: st.DrawFn) -> list[Rule]:
    rules = []
    for weekday in draw(st.sets(st.integers(1, 7), min_size=1)):
        cuts = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=6)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False):
            rules.append(Rule(weekday=weekday, start=start * 15, end=end * 15))
    return list(check_rules(rules))


@st.composite
def bookings(draw: st.DrawFn, since: datetime) -> list[Busy]:
    return [
        Busy(start=start, end=start + MINUTE * draw(st.integers(1, 300)), held=draw(st.booleans()))
        for offset in draw(st.lists(st.integers(-300, 3 * 1440), max_size=6))
        for start in [since + offset * MINUTE]
    ]


@st.composite
def offers(draw: st.DrawFn) -> Timing:
    buffers = st.sampled_from([0, 5, 15, 40]).map(lambda n: n * MINUTE)
    return Timing(
        duration=draw(st.sampled_from([15, 25, 45, 60, 90])) * MINUTE,
        step=draw(st.sampled_from([5, 15, 20, 60])) * MINUTE,
        before=draw(buffers),
        after=draw(buffers),
        notice=draw(st.integers(0, 180)) * MINUTE,
        horizon=draw(st.sampled_from([DAY, 60 * DAY])),
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_slots_are_those_of_the_model(data: st.DataObject) -> None:
    zone = zone_of(data.draw(st.sampled_from(ZONES)))
    day = data.draw(st.sampled_from(CHANGES)) + data.draw(st.integers(-1, 1)) * DAY
    since = datetime.combine(day, time(), UTC) + data.draw(st.integers(-900, 900)) * MINUTE
    until = since + data.draw(st.integers(1, 2 * 1440)) * MINUTE
    now = since + data.draw(st.integers(-1440, 600)) * MINUTE
    offer, rules, busy = data.draw(offers()), data.draw(weeks()), data.draw(bookings(since))
    found = list(slots(offer, rules, zone, busy, since=since, until=until, now=now))
    assert found == model(offer, rules, zone, busy, since, until, now)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2035, 12, 31)))
def test_a_day_begins_where_its_date_first_shows(zone_name: str, day: date) -> None:
    zone = zone_of(zone_name)
    begins = day_start(day, zone)
    assert begins.astimezone(zone).date() >= day
    assert (begins - MINUTE).astimezone(zone).date() < day
