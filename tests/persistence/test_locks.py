"""A lock is held by one connection at a time, and goes with it."""

import asyncio

import pytest

from persistence import locks
from persistence.postgres import Database

pytestmark = pytest.mark.integration


@pytest.mark.asyncio
async def test_only_one_holds_it(database: Database) -> None:
    async with locks.held(database, locks.GATEWAY):
        async with database.session() as other:
            assert not await locks.take(other, locks.GATEWAY)
            assert await locks.take(other, locks.RELAY)
        with pytest.raises(locks.LockTaken):
            async with locks.held(database, locks.GATEWAY, patience=0):
                raise AssertionError("two hold it")
    async with locks.held(database, locks.GATEWAY):
        assert len({locks.MIGRATIONS, locks.RELAY, locks.GATEWAY}) == 3


@pytest.mark.asyncio
async def test_a_successor_waits_for_its_predecessor(database: Database) -> None:
    entered = asyncio.Event()

    async def successor() -> None:
        async with locks.held(database, locks.GATEWAY, patience=10):
            entered.set()

    async with asyncio.TaskGroup() as group:
        async with locks.held(database, locks.GATEWAY):
            group.create_task(successor())
            await asyncio.sleep(0.05)
            assert not entered.is_set()
        async with asyncio.timeout(10):
            await entered.wait()
