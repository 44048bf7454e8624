"""Slots against the model that walks minute by minute: thousands of weeks, offers and bookings, in every zone."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.booking import availability
from services.booking.availability import slots, zone_of
from tests.long.conftest import Account
from tests.services.booking.test_availability import (
    CHANGES,
    DAY,
    MINUTE,
    ZONES,
    bookings,
    cut,
    offers,
    walk,
    weeks,
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

WEEKS, CASES = 2_500, 8
"""The wall clock is walked once a week of rules; the windows, offers and bookings upon it are cases of their own."""

DATES = st.one_of(st.sampled_from(CHANGES), st.dates(date(2000, 1, 1), date(2037, 12, 28)))
NAMES = st.one_of(st.sampled_from(ZONES), st.sampled_from(sorted(availability._names())))


def test_slots_are_those_of_the_model_twenty_thousand_times(account: Account) -> None:
    offered = 0
    zones = set()

    @settings(max_examples=WEEKS, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def week(data: st.DataObject) -> None:
        nonlocal offered
        name = data.draw(NAMES)
        zone, rules = zone_of(name), data.draw(weeks())
        zones.add(name)
        midnight = datetime.combine(data.draw(DATES), time(), UTC)
        runs = walk(rules, zone, midnight - 4 * DAY, midnight + 5 * DAY)
        for _ in range(CASES):
            since = midnight + data.draw(st.integers(-2 * 1440, 1440)) * MINUTE
            until = since + data.draw(st.integers(1, 2 * 1440)) * MINUTE
            now = since + data.draw(st.integers(-1440, 600)) * MINUTE
            offer, busy = data.draw(offers()), data.draw(bookings(since))
            found = list(slots(offer, rules, zone, busy, since=since, until=until, now=now))
            assert found == cut(runs, offer, busy, since, until, now)
            account.cases += 1
            offered += len(found)

    week()
    account.note(slots=offered, zones=len(zones))
    assert account.cases >= 20_000
