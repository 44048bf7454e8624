"""Profiles: public, unique, and listed by organisation."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from persistence.errors import RowRefused, UniqueViolated
from persistence.postgres import SYSTEM, Actor, Database
from protocol.errors import NotFound
from services.practitioners import commands, queries
from tests.services.booking.world import World

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def world(database: Database) -> AsyncIterator[World]:
    yield await World(database).build()


@pytest.mark.asyncio
async def test_a_profile_is_public(world: World) -> None:
    async with world.database.transaction(Actor(), read_only=True) as tx:
        found = await queries.practitioner(tx, world.ravi.id)
        assert (found.name, found.title, found.languages) == (
            "Dr. Ravi Menon",
            "Physiotherapist",
            ("en", "sv"),
        )
        with pytest.raises(NotFound):
            await queries.practitioner(tx, uuid4())


@pytest.mark.asyncio
async def test_an_organisation_lists_its_own_by_name(world: World) -> None:
    async with world.database.transaction(world.ana.actor, read_only=True) as tx:
        stillwater = world.ana.organisation
        first = await queries.practitioners(tx, stillwater, limit=1)
        assert [each.id for each in first] == [world.ravi.id]
        rest = await queries.practitioners(
            tx, stillwater, after=(first[0].name, first[0].id), limit=10
        )
        assert [each.id for each in rest] == [world.mei.id]


@pytest.mark.asyncio
async def test_a_person_is_a_practitioner_once_and_by_those_who_may(world: World) -> None:
    async with world.database.transaction(SYSTEM, read_only=True) as tx:
        ravi = await queries.practitioner(tx, world.ravi.id)
    with pytest.raises(UniqueViolated):
        async with world.database.transaction(world.olga.actor) as tx:
            await commands.create(tx, ravi)
    for who in (world.ana, world.ravi, world.noor):
        with pytest.raises(RowRefused):
            async with world.database.transaction(who.actor) as tx:
                await commands.create(tx, ravi)
