"""A lock is held by one connection at a time, goes with it, and is taken again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from persistence import locks
from persistence.errors import DatabaseUnavailable
from persistence.locks import GATEWAY, Holder, Holding, LockTaken
from persistence.postgres import Database

pytestmark = pytest.mark.integration

QUICK = Holding(patience=0.5, ping=0.02, retry=0.02)


def holder(database: Database, **options: float) -> Holder:
    return Holder(database.session, GATEWAY, options=Holding(**options))


@pytest.mark.asyncio
async def test_only_one_holds_it(database: Database) -> None:
    async with holder(database):
        async with database.session() as other:
            assert not await locks.take(other, GATEWAY)
            assert await locks.take(other, locks.RELAY)
        with pytest.raises(LockTaken):
            async with holder(database, patience=0):
                raise AssertionError("two hold it")
    async with holder(database):
        assert len({locks.MIGRATIONS, locks.RELAY, GATEWAY}) == 3


@pytest.mark.asyncio
async def test_a_successor_waits_for_its_predecessor(database: Database) -> None:
    entered = asyncio.Event()

    async def successor() -> None:
        async with holder(database, patience=10):
            entered.set()

    async with asyncio.TaskGroup() as group:
        async with holder(database):
            group.create_task(successor())
            await asyncio.sleep(0.05)
            assert not entered.is_set()
        async with asyncio.timeout(10):
            await entered.wait()


async def holders(owner_url: str) -> list[int]:
    connection = await asyncpg.connect(owner_url)
    rows = await connection.fetch(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        GATEWAY & 0xFFFFFFFF,
    )
    await connection.close()
    return [row["pid"] for row in rows]


async def end(owner_url: str, pid: int) -> None:
    connection = await asyncpg.connect(owner_url)
    await connection.execute("SELECT pg_terminate_backend($1)", pid)
    await connection.close()


@asynccontextmanager
async def watching(held: Holder) -> AsyncIterator[asyncio.Task[Any]]:
    task = asyncio.get_running_loop().create_task(held.watch())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


@pytest.mark.asyncio
async def test_a_lost_lock_is_taken_again(database: Database, owner_url: str) -> None:
    async with Holder(database.session, GATEWAY, options=QUICK) as held, watching(held):
        [first] = await holders(owner_url)
        await end(owner_url, first)
        async with asyncio.timeout(10):
            while not set(await holders(owner_url)) - {first}:
                await asyncio.sleep(0.02)


@pytest.mark.asyncio
async def test_what_the_network_lost_does_not_stand_in_its_own_way(
    database: Database, owner_url: str
) -> None:
    left: list[Any] = []

    @asynccontextmanager
    async def connect() -> AsyncIterator[Any]:
        """Goodbye is never heard: the server keeps the connection, and the lock with it."""
        session = database.session()
        left.append(session)
        yield await session.__aenter__()

    async with Holder(connect, GATEWAY, options=QUICK) as held:
        [first] = await holders(owner_url)
        await held._take()
        assert set(await holders(owner_url)) - {first}
    for session in left:
        await session.__aexit__(None, None, None)


@pytest.mark.asyncio
async def test_who_comes_too_late_says_so(database: Database, owner_url: str) -> None:
    refused, asked = False, asyncio.Event()

    @asynccontextmanager
    async def connect() -> AsyncIterator[Any]:
        if refused:
            asked.set()
            raise DatabaseUnavailable
        async with database.session() as connection:
            yield connection

    async with Holder(connect, GATEWAY, options=QUICK) as held, watching(held) as task:
        refused = True
        [first] = await holders(owner_url)
        await end(owner_url, first)
        async with holder(database):
            async with asyncio.timeout(10):
                await asked.wait()
            refused = False
            async with asyncio.timeout(10):
                await asyncio.wait({task})
        assert isinstance(task.exception(), LockTaken)
