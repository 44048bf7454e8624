"""Advisory locks: what only one process may be at a time. A lock belongs to a connection and goes with it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog

from persistence.errors import BROKEN, DatabaseUnavailable, LoginRefused, PersistenceError

# Any numbers that nobody else in this database takes: "klea", and a count.
MIGRATIONS = 0x6B6C6561_00000001
RELAY = 0x6B6C6561_00000002
GATEWAY = 0x6B6C6561_00000003

Connect = Callable[[], AbstractAsyncContextManager[Any]]
"""A connection of one's own for the block: persistence/postgres.session."""

LOST = (DatabaseUnavailable, LoginRefused, *BROKEN)
"""What says that a connection is gone, or cannot be had now. A login may be refused while people change passwords."""

log = structlog.get_logger(__name__)


class LockTaken(PersistenceError):
    """Another process holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Times in seconds. `patience` is for a predecessor to go; `ping` is how soon a dead connection is noticed."""

    patience: float = 3.0
    ping: float = 2.0
    retry: float = 0.2
    retry_max: float = 5.0


async def take(connection: Any, lock: int) -> bool:
    """Take the lock for this connection, if it is free."""
    taken: bool = await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock)
    return taken


class Holder:
    """Holds one lock, and takes it again when its connection was lost. Enter it, then let `watch` run."""

    def __init__(self, connect: Connect, lock: int, *, options: Holding | None = None) -> None:
        self._connect = connect
        self._lock = lock
        self._options = options or Holding()
        self._session = AsyncExitStack()
        self._connection: Any = None
        self._backend: tuple[int, Any] | None = None

    async def __aenter__(self) -> "Holder":
        """Take it. Raises LockTaken, and what connecting raises."""
        await self._take()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let it go."""
        await self._drop()

    async def watch(self) -> NoReturn:
        """Hold it for ever. Raises LockTaken when another had it first after a loss (Postgres was restarted)."""
        while True:
            await self._until_lost()
            log.warning("lock lost", lock=self._lock)
            await self._take_again()
            log.info("lock taken again", lock=self._lock)

    async def _until_lost(self) -> None:
        while True:
            try:
                await self._connection.fetchval("SELECT 1", timeout=self._options.ping * 2)
            except LOST:
                return
            await asyncio.sleep(self._options.ping)

    async def _take_again(self) -> None:
        pause = self._options.retry
        while True:
            try:
                await self._take()
            except LOST as error:
                log.warning("lock not taken again yet", error=type(error).__name__)
            else:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._options.retry_max)

    async def _take(self) -> None:
        await self._drop()
        async with AsyncExitStack() as stack:
            self._connection = await stack.enter_async_context(self._connect())
            await self._wait_for_it()
            self._session = stack.pop_all()

    async def _wait_for_it(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._options.patience
        if self._backend is not None:  # the network lost us, and Postgres has not noticed
            await self._connection.execute(_END, *self._backend)
        while not await take(self._connection, self._lock):
            if loop.time() >= until:
                raise LockTaken
            await asyncio.sleep(0.1)
        self._backend = tuple(await self._connection.fetchrow(_ME))

    async def _drop(self) -> None:
        await self._session.aclose()


_ME = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"

_END = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid = $1 AND backend_start = $2 AND pid <> pg_backend_pid()
"""
