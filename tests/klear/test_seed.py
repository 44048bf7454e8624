"""The demonstration is laid down once, and its people can sign in and be booked."""

from datetime import UTC, datetime, timedelta

import pytest

from klear.demonstration import ANA, HOUSES, MEI, PASSWORD, RAVI, STILLWATER, demo_id, house_of
from klear.seed import seed
from persistence.postgres import SYSTEM, Actor, Database
from services.accounts import repository as accounts
from services.accounts.passwords import Passwords
from services.booking import queries as booking
from services.practitioners import queries as practitioners
from tests.conftest import Clock


def test_ids_are_the_same_everywhere() -> None:
    assert str(demo_id("stillwater")) == "5becd0c9-8792-5b53-b9d5-ddfe7f75be9b"
    assert house_of(ANA.id) is STILLWATER
    assert house_of(demo_id("nobody")) is None
    assert len({person.id for house in HOUSES for person in house.people}) == 6


@pytest.mark.integration
@pytest.mark.asyncio
async def test_laid_down_once(database: Database, clock: Clock) -> None:
    passwords = Passwords()
    assert await seed(database, passwords, now=clock()) is True
    assert await seed(database, passwords, now=clock()) is False
    async with database.transaction(SYSTEM) as tx:
        stored = await accounts.password_hash(tx, ANA.id)
    assert await passwords.verify(stored, PASSWORD)
    passwords.close()


@pytest.mark.integration
@pytest.mark.asyncio
async def test_what_is_offered(database: Database) -> None:
    passwords = Passwords()
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    await seed(database, passwords, now=now)
    passwords.close()
    async with database.transaction(Actor(organisation=STILLWATER.id, person=ANA.id)) as tx:
        listed = await practitioners.practitioners(tx, STILLWATER.id, limit=10)
        assert [each.id for each in listed] == [RAVI.id, MEI.id]
        first, second = await booking.services_of(tx, RAVI.id)
        page = await booking.open_slots(
            tx, RAVI.id, first.id, since=now, until=now + timedelta(days=1), now=now
        )
    assert (first.name, second.name) == ("First conversation", "Therapy session")
    assert page.slots[0].start == now + timedelta(minutes=30)
