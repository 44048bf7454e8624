"""Advisory locks: what only one process may be at a time. A lock belongs to a connection and goes with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from persistence.errors import PersistenceError
from persistence.postgres import Database

# Any numbers that nobody else in this database takes: "klea", and a count.
MIGRATIONS = 0x6B6C6561_00000001
RELAY = 0x6B6C6561_00000002
GATEWAY = 0x6B6C6561_00000003


class LockTaken(PersistenceError):
    """Another process holds it."""


async def take(connection: Any, lock: int) -> bool:
    """Take the lock for this connection, if it is free."""
    taken: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock)
    return taken


@asynccontextmanager
async def held(database: Database, lock: int, *, patience: float = 3.0) -> AsyncIterator[None]:
    """Hold the lock during the block. A predecessor has `patience` seconds to go. Raises LockTaken."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    async with database.session() as connection:
        while True:
            if await take(connection, lock):
                break
            if loop.time() >= until:
                raise LockTaken
            await asyncio.sleep(0.1)
        yield
