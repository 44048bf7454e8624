"""Postgres: one pool, and transactions that know who acts.

Each transaction sets the actor with `SET LOCAL` before its first statement, and the policies of row-level security
read it through migration 0001's `klear.current_person()`, `klear.current_organisation()` and `klear.is_system()`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from asyncpg import Record

from persistence.errors import BROKEN, DatabaseUnavailable, mapped
from protocol.claims import Claims


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. `system` sees everything the application's role may see: workers, the relay, the look-up at sign-in."""

    organisation: UUID | None = None
    person: UUID | None = None
    system: bool = False

    @staticmethod
    def of(claims: Claims) -> "Actor":
        """The actor behind a verified token."""
        return Actor(organisation=claims.organisation, person=claims.person)


SYSTEM = Actor(system=True)
"""Nobody in particular: a part of the program itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresOptions:
    """How to reach Postgres, and how long to wait. Times in seconds."""

    url: str = field(repr=False)  # it holds a password
    pool_min: int = 1
    pool_max: int = 10  # two a core would do; bookings hold theirs while they wait for a row lock
    acquire_timeout: float = 5.0
    statement_timeout: float = 10.0  # the deadline of an RPC: nobody waits longer for the answer
    lock_timeout: float = 5.0
    idle_timeout: float = (
        30.0  # in a transaction: a coroutine that hangs must not hold locks for ever
    )


class Transaction:
    """One connection inside one transaction of one actor. Its methods are asyncpg's, with our errors."""

    __slots__ = ("_connection", "actor", "appended")

    def __init__(self, connection: Any, actor: Actor) -> None:
        self._connection = connection
        self.actor = actor
        self.appended = False  # set by outbox.append: wakes the relay after the commit

    async def fetch(self, sql: str, *args: object) -> list[Record]:
        """All rows."""
        with mapped():
            rows: list[Record] = await self._connection.fetch(sql, *args)
            return rows

    async def fetchrow(self, sql: str, *args: object) -> Record | None:
        """The first row, or None."""
        with mapped():
            row: Record | None = await self._connection.fetchrow(sql, *args)
            return row

    async def fetchval(self, sql: str, *args: object) -> Any:
        """The first column of the first row, or None."""
        with mapped():
            return await self._connection.fetchval(sql, *args)

    async def execute(self, sql: str, *args: object) -> str:
        """Run it and return the command tag: `UPDATE 1`."""
        with mapped():
            tag: str = await self._connection.execute(sql, *args)
            return tag

    async def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run it once for each row, pipelined."""
        with mapped():
            await self._connection.executemany(sql, rows)


class Database:
    """The pool. `open` before the first transaction, `close` after the last."""

    def __init__(self, options: PostgresOptions) -> None:
        self._options = options
        self._pool: Any = None
        self._on_outbox: list[Callable[[], None]] = []

    async def open(self) -> None:
        """Connect. Raises DatabaseUnavailable, or asyncpg's error where the URL itself is wrong."""
        options = self._options
        with mapped():
            self._pool = await asyncpg.create_pool(
                options.url,
                min_size=options.pool_min,
                max_size=options.pool_max,
                timeout=options.acquire_timeout,
                command_timeout=_patience(options),
                init=_prepare,
                server_settings=_server_settings(options),
            )

    async def close(self) -> None:
        """Wait for the transactions under way, but not for ever, then disconnect."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(self._options.statement_timeout):
                await pool.close()
        except TimeoutError:
            pool.terminate()

    async def ping(self) -> None:
        """Ask for an answer. Raises DatabaseUnavailable."""
        with mapped():
            await self._require_pool().fetchval("SELECT 1", timeout=self._options.acquire_timeout)

    def on_outbox(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each commit that appended to the outbox. It must not block or raise."""
        self._on_outbox.append(callback)

    @asynccontextmanager
    async def transaction(
        self, actor: Actor, *, read_only: bool = False
    ) -> AsyncIterator[Transaction]:
        """A transaction as `actor`: committed at the end, rolled back on any error (which is raised again)."""
        pool = self._require_pool()
        connection, begun = await self._begin(pool, actor, read_only=read_only)
        try:
            transaction = Transaction(connection, actor)
            async with _ended(begun):
                yield transaction
        finally:
            await _release(pool, connection)
        if transaction.appended:
            for callback in self._on_outbox:
                callback()

    async def _begin(self, pool: Any, actor: Actor, *, read_only: bool) -> tuple[Any, Any]:
        """A connection, and a transaction begun on it.

        Connections that were lost while they lay idle (Postgres restarted) show it only here: they are replaced.
        """
        left = self._options.pool_max
        while True:
            with mapped():
                connection = await pool.acquire(timeout=self._options.acquire_timeout)
            begun = connection.transaction(readonly=read_only)
            try:
                with mapped():
                    await begun.start()
                    await connection.execute(_ACT_AS, *_settings_of(actor))
            except BaseException as error:
                await _roll_back(begun)
                await _release(pool, connection)
                if not isinstance(error, DatabaseUnavailable) or not left:
                    raise
                left -= 1
            else:
                return connection, begun

    def session(self) -> AbstractAsyncContextManager[Any]:
        """As the function `session`, with this pool's options."""
        return session(self._options)

    def _require_pool(self) -> Any:
        if self._pool is None:
            raise RuntimeError("the database is not open")
        return self._pool


@asynccontextmanager
async def session(options: PostgresOptions) -> AsyncIterator[Any]:
    """A connection of its own outside the pool, acting as the system: for session locks, which belong to one."""
    with mapped():
        connection = await asyncpg.connect(
            options.url,
            timeout=options.acquire_timeout,
            command_timeout=_patience(options),
            server_settings=_server_settings(options) | {"klear.system": "true"},
        )
    try:
        with mapped():
            await _prepare(connection)
        yield connection
    finally:
        connection.terminate()  # at once: a clean goodbye would wait for a server that may be gone


@asynccontextmanager
async def _ended(begun: Any) -> AsyncIterator[None]:
    """COMMIT after the block, or ROLLBACK. The block's own errors are not taken for the database's."""
    try:
        yield
    except BaseException:
        await _roll_back(begun)
        raise
    with mapped():
        await begun.commit()


async def _roll_back(begun: Any) -> None:
    with suppress(*BROKEN):  # where the connection is lost, the server has rolled back already
        await begun.rollback()


async def _release(pool: Any, connection: Any) -> None:
    with suppress(*BROKEN):  # the pool drops a connection that it cannot reset
        await pool.release(connection)


_ACT_AS = """
    SELECT set_config('klear.person_id', $1, true),
           set_config('klear.organisation_id', $2, true),
           set_config('klear.system', $3, true)
"""


def _settings_of(actor: Actor) -> tuple[str, str, str]:
    return (
        str(actor.person) if actor.person else "",
        str(actor.organisation) if actor.organisation else "",
        "true" if actor.system else "",
    )


def _patience(options: PostgresOptions) -> float:
    """Seconds to wait for an answer: the server gives up before that, unless the network lost it."""
    return options.statement_timeout + 2


def _server_settings(options: PostgresOptions) -> dict[str, str]:
    milliseconds = 1000
    return {
        "application_name": "klear",
        "timezone": "UTC",
        "statement_timeout": str(int(options.statement_timeout * milliseconds)),
        "lock_timeout": str(int(options.lock_timeout * milliseconds)),
        "idle_in_transaction_session_timeout": str(int(options.idle_timeout * milliseconds)),
    }


async def _prepare(connection: Any) -> None:
    """Let json and jsonb columns be Python values, and uuids the standard library's: orjson takes no others."""
    await connection.set_type_codec(
        "uuid", schema="pg_catalog", encoder=_uuid_bytes, decoder=_uuid, format="binary"
    )
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=_dump, decoder=orjson.loads
        )


def _uuid_bytes(value: UUID | str) -> bytes:
    return value.bytes if isinstance(value, UUID) else UUID(value).bytes


def _uuid(raw: bytes) -> UUID:
    return UUID(bytes=bytes(raw))


def _dump(value: object) -> str:
    return orjson.dumps(value).decode()
