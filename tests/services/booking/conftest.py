"""The world in which booking is tested."""

import pytest_asyncio

from persistence.postgres import Database
from tests.services.booking.world import World


@pytest_asyncio.fixture
async def world(database: Database) -> World:
    return await World(database).build()
