"""The relay: publishes what the outbox promised, after the commit, at least once, in the order of ids.

Ids are not in the order of commits, so the relay keeps no cursor: it asks for what is not yet published, and a row that
becomes visible late is simply found late. Order within a channel still holds, without waiting for `pg_snapshot_xmin`:
whoever orders a channel takes its counter's row lock before he appends, so of two transactions on that channel the
second gets its id after the first has committed. When the second is visible, so is the first, and its id is lower.
Channels without such a counter have no order to keep. More in docs/decisions/0004.

One relay leads at a time, by an advisory lock that belongs to its connection. All its work goes through that
connection: who loses it can no longer mark anything. The idempotency key is the row's id, so what is published twice
after a crash reaches nobody twice.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from persistence import locks
from persistence.postgres import Database
from protocol.errors import RequestError

Publish = Callable[[str, bytes, str], Awaitable[object]]
"""(channel, JSON document, idempotency key). Returns when the broker has it."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayOptions:
    """Times in seconds."""

    poll: float = (
        0.25  # a wake-up from another process may be lost; nobody notices a quarter of a second
    )
    batch: int = 200  # rows read at once: memory stays bounded however far we are behind
    candidate: float = 1.0  # how often a follower asks whether the leader is gone
    retry_max: float = 5.0  # the longest pause while the broker or the database does not answer
    tries: int = (
        8  # of one row that fails in a way nobody foresaw: half a minute, then it stands aside
    )
    prune: float = 60.0
    keep: timedelta = timedelta(days=1)


class _BrokerSilent(Exception):
    """The broker did not take a publication now; it may later."""


class Relay:
    """Run one in each process that may lead. `clock` gives aware UTC."""

    def __init__(
        self,
        database: Database,
        publish: Publish,
        *,
        clock: Callable[[], datetime],
        options: RelayOptions | None = None,
    ) -> None:
        self._database = database
        self._publish = publish
        self._clock = clock
        self._options = options or RelayOptions()
        self._awake = asyncio.Event()
        self._pause = self._options.poll
        self._failing = (0, 0)
        self.connected = False  # leads, or stands by to lead
        self.leading = False

    def wake(self) -> None:
        """There is something new: do not wait for the poll. From the event loop's thread."""
        self._awake.set()

    async def run(self) -> None:
        """Lead or wait to lead, until cancelled. Survives the loss of database and broker."""
        while True:
            try:
                async with self._database.session() as connection:
                    self.connected = True
                    await self._stand_for_leader(connection)
                    await self._lead(connection)
            except locks.LOST as e:
                log.warning("relay lost the database", error=type(e).__name__)
            finally:
                self.connected = self.leading = False
            await self._back_off()

    async def _stand_for_leader(self, connection: Any) -> None:
        while True:
            if await locks.take(connection, locks.RELAY):
                break
            await asyncio.sleep(self._options.candidate)
        self.leading = True
        self._pause = self._options.poll
        log.info("relay leads")

    async def _lead(self, connection: Any) -> None:
        loop = asyncio.get_running_loop()
        prune_at = loop.time()
        while True:
            self._awake.clear()  # before reading: what commits from here on wakes us again
            try:
                is_behind = await self._publish_batch(connection)
                self._pause = self._options.poll
            except _BrokerSilent:
                await self._back_off()
                continue
            if loop.time() >= prune_at:
                await connection.execute(_PRUNE, self._clock() - self._options.keep)
                prune_at = loop.time() + self._options.prune
            if not is_behind:
                await self._wait()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._options.poll):
                await self._awake.wait()
        except TimeoutError:
            return

    async def _back_off(self) -> None:
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 2, self._options.retry_max)

    async def _publish_batch(self, connection: Any) -> bool:
        """Publish what is pending, one after the other; says whether there may be more.

        Stops at the first row that the broker does not take now: those behind it must not overtake it.
        """
        rows = await connection.fetch(_PENDING, self._options.batch)
        published: list[int] = []
        refused: list[int] = []
        try:
            for row in rows:
                done = published if await self._publish_row(row) else refused
                done.append(row["id"])
        finally:
            if published or refused:
                await connection.execute(_MARK, published, refused, self._clock())
        return len(rows) == self._options.batch

    async def _publish_row(self, row: Any) -> bool:
        """True: the broker has it. False: it never will (the row is kept a day). Raises _BrokerSilent."""
        try:
            await self._publish(row["channel"], row["payload"].encode(), str(row["id"]))
        except Exception as error:
            is_final = self._is_final(row["id"], error)
            log.warning(  # without the payload: it may be personal
                "publication failed", id=row["id"], final=is_final, error=type(error).__name__
            )
            if is_final:
                return False
            raise _BrokerSilent from error
        return True

    def _is_final(self, row: int, error: Exception) -> bool:
        """Whether the row stands aside: it was refused, or fails again and again while the broker is there.

        A row that waited for ever would hold up every channel.
        """
        if isinstance(error, RequestError):
            return not error.temporary
        if isinstance(error, OSError):  # TimeoutError is one
            return False
        if isinstance(error, ValueError):
            return True
        last, tries = self._failing
        self._failing = (row, tries + 1 if row == last else 1)
        return self._failing[1] >= self._options.tries


_PENDING = """
    SELECT id, channel, payload::text AS payload FROM persistence.outbox
    WHERE published_at IS NULL AND refused_at IS NULL ORDER BY id LIMIT $1
"""

_MARK = """
    UPDATE persistence.outbox
    SET published_at = CASE WHEN id = ANY($1::bigint[]) THEN $3::timestamptz END,
        refused_at = CASE WHEN id = ANY($2::bigint[]) THEN $3::timestamptz END
    WHERE id = ANY($1::bigint[] || $2::bigint[])
"""

_PRUNE = """
    DELETE FROM persistence.outbox WHERE id IN (
        SELECT id FROM persistence.outbox
        WHERE created_at < $1 AND (published_at IS NOT NULL OR refused_at IS NOT NULL) LIMIT 10000
    )
"""
