from dataclasses import replace
from uuid import uuid4

import pytest

from persistence.errors import CheckViolated, UniqueViolated
from persistence.postgres import SYSTEM, Actor, Database
from services.organisations.commands import found
from services.organisations.errors import SlugTaken
from services.organisations.model import Organisation
from services.organisations.queries import organisation, organisation_of_slug
from tests.conftest import Clock

pytestmark = pytest.mark.integration

STILLWATER = Organisation(
    id=uuid4(), slug="stillwater", name="Stillwater Wellness", time_zone="Europe/London"
)


async def make(database: Database, made: Organisation, clock: Clock) -> None:
    async with database.transaction(SYSTEM) as tx:
        await found(tx, made, now=clock())


@pytest.mark.asyncio
async def test_an_organisation_is_found_again(database: Database, clock: Clock) -> None:
    await make(database, STILLWATER, clock)
    async with database.transaction(SYSTEM) as tx:
        assert await organisation(tx, STILLWATER.id) == STILLWATER
        assert await organisation_of_slug(tx, "stillwater") == STILLWATER
        assert await organisation(tx, uuid4()) is None
        assert await organisation_of_slug(tx, "northlight") is None


@pytest.mark.asyncio
async def test_a_slug_is_taken_once(database: Database, clock: Clock) -> None:
    await make(database, STILLWATER, clock)
    with pytest.raises(SlugTaken):
        await make(database, replace(STILLWATER, id=uuid4()), clock)


@pytest.mark.asyncio
async def test_an_id_that_is_taken_is_our_mistake(database: Database, clock: Clock) -> None:
    await make(database, STILLWATER, clock)
    with pytest.raises(UniqueViolated):
        await make(database, replace(STILLWATER, slug="northlight"), clock)


@pytest.mark.asyncio
@pytest.mark.parametrize("slug", ["", "Still", "still water", "-still", "still-", "a" * 64])
async def test_a_slug_fits_an_address(database: Database, clock: Clock, slug: str) -> None:
    with pytest.raises(CheckViolated):
        await make(database, replace(STILLWATER, slug=slug), clock)


@pytest.mark.asyncio
async def test_an_organisation_is_seen_from_within_only(database: Database, clock: Clock) -> None:
    await make(database, STILLWATER, clock)
    async with database.transaction(Actor(organisation=STILLWATER.id, person=uuid4())) as tx:
        assert await organisation(tx, STILLWATER.id) == STILLWATER
    async with database.transaction(Actor(organisation=uuid4(), person=uuid4())) as tx:
        assert await organisation(tx, STILLWATER.id) is None
