"""What was committed is published: in order, at least once, through whatever fails."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from structlog.testing import capture_logs

from persistence import outbox
from persistence.errors import LoginRefused
from persistence.postgres import SYSTEM, Database
from persistence.relay import Relay, RelayOptions
from protocol.errors import BadRequest, Unavailable
from protocol.pushes import RoomChanged

pytestmark = pytest.mark.integration

QUICK = RelayOptions(poll=0.01, candidate=0.01, retry_max=0.02, batch=3)


class Broker:
    """Keeps what it is given; `fail` is asked first and may raise."""

    def __init__(self, fail: Callable[[str], None] = lambda channel: None) -> None:
        self.got: list[tuple[str, bytes, str]] = []
        self.fail = fail

    async def publish(self, channel: str, data: bytes, key: str) -> None:
        self.fail(channel)
        self.got.append((channel, data, key))

    @property
    def channels(self) -> list[str]:
        return [channel for channel, _, _ in self.got]


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(relay.run())
        try:
            yield
        finally:
            task.cancel()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def promise(database: Database, *channels: str) -> None:
    async with database.transaction(SYSTEM) as tx:
        push = RoomChanged(room=uuid4(), status="open")
        await outbox.append(tx, organisation=uuid4(), channels=channels, push=push)


def relay_of(database: Database, broker: Broker, options: RelayOptions = QUICK) -> Relay:
    return Relay(database, broker.publish, clock=lambda: datetime.now(UTC), options=options)


async def pending(database: Database) -> int:
    async with database.transaction(SYSTEM) as tx:
        count: int = await tx.fetchval(
            "SELECT count(*) FROM persistence.outbox WHERE published_at IS NULL AND refused_at IS NULL"
        )
        return count


async def none_pending(database: Database) -> None:
    async with asyncio.timeout(10):
        while await pending(database):
            await asyncio.sleep(0.005)


@pytest.mark.asyncio
async def test_in_order_with_the_id_as_key_over_several_batches(database: Database) -> None:
    broker = Broker()
    names = [f"room:{nth}" for nth in range(8)]
    await promise(database, *names)
    relay = relay_of(database, broker)
    async with running(relay):
        await until(lambda: len(broker.got) == 8)
        await until(lambda: relay.leading)
        await none_pending(database)
    assert broker.channels == names
    keys = [int(key) for _, _, key in broker.got]
    assert keys == sorted(set(keys))
    assert broker.got[0][1].startswith(b'{"room":"')
    assert await pending(database) == 0


@pytest.mark.asyncio
async def test_a_commit_wakes_it(database: Database) -> None:
    broker = Broker()
    relay = relay_of(database, broker, RelayOptions(poll=3600))
    database.on_outbox(relay.wake)
    async with running(relay):
        await until(lambda: relay.leading)
        await promise(database, "room:a")
        await until(lambda: broker.channels == ["room:a"])


@pytest.mark.asyncio
async def test_a_transaction_that_commits_late_is_found_late(database: Database) -> None:
    broker = Broker()
    relay = relay_of(database, broker)
    async with running(relay):
        async with database.transaction(SYSTEM) as slow:
            push = RoomChanged(room=uuid4(), status="open")
            await outbox.append(slow, organisation=uuid4(), channels=["room:slow"], push=push)
            await promise(database, "room:quick")
            await until(lambda: broker.channels == ["room:quick"])
        await until(lambda: broker.channels == ["room:quick", "room:slow"])


@pytest.mark.asyncio
async def test_a_silent_broker_is_asked_again_and_nothing_overtakes(database: Database) -> None:
    down = True

    def fail(channel: str) -> None:
        if down and channel == "room:b":
            raise Unavailable

    broker = Broker(fail)
    await promise(database, "room:a", "room:b", "room:c")
    relay = relay_of(database, broker)
    async with running(relay):
        async with asyncio.timeout(10):
            while await pending(database) != 2:
                await asyncio.sleep(0.005)
        down = False
        await until(lambda: broker.channels == ["room:a", "room:b", "room:c"])


@pytest.mark.asyncio
@pytest.mark.parametrize("error", [BadRequest, ValueError])
async def test_what_the_broker_will_never_take_is_set_aside(
    database: Database, error: type[Exception]
) -> None:
    def fail(channel: str) -> None:
        if channel == "room:a":
            raise error

    broker = Broker(fail)
    await promise(database, "room:a", "room:b")
    relay = relay_of(database, broker)
    async with running(relay):
        await until(lambda: broker.channels == ["room:b"])
        await none_pending(database)


@pytest.mark.asyncio
async def test_a_row_that_nobody_foresaw_stands_aside_in_the_end(database: Database) -> None:
    tried: list[str] = []

    def fail(channel: str) -> None:
        tried.append(channel)
        if channel == "room:poison":
            raise RuntimeError("the payload")

    broker = Broker(fail)
    await promise(database, "room:poison", "room:b")
    with capture_logs() as logs:
        async with running(relay_of(database, broker, replace(QUICK, tries=3))):
            await until(lambda: broker.channels == ["room:b"])
            await none_pending(database)
    assert tried == ["room:poison"] * 3 + ["room:b"]
    assert "the payload" not in str(logs)


@pytest.mark.asyncio
async def test_a_broker_that_is_away_is_asked_for_ever(database: Database) -> None:
    tried = 0

    def fail(channel: str) -> None:
        nonlocal tried
        tried += 1
        if tried < 6:
            raise ConnectionRefusedError

    broker = Broker(fail)
    await promise(database, "room:a")
    async with running(relay_of(database, broker, replace(QUICK, tries=2))):
        await until(lambda: broker.channels == ["room:a"])


@pytest.mark.asyncio
async def test_a_login_that_is_refused_is_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, refusals = database.session, [1, 1]

    def refused() -> Any:
        if refusals:
            refusals.pop()
            raise LoginRefused("somebody has changed the password")
        return session()

    monkeypatch.setattr(database, "session", refused)
    relay = relay_of(database, Broker())
    async with running(relay):
        assert not relay.connected
        await until(lambda: relay.leading and relay.connected)
    assert not relay.connected


@pytest.mark.asyncio
async def test_one_leads_and_the_other_takes_over(database: Database) -> None:
    broker = Broker()
    first, second = relay_of(database, broker), relay_of(database, broker)
    async with running(first):
        await until(lambda: first.leading)
        async with running(second):
            await promise(database, "room:a")
            await until(lambda: len(broker.got) == 1)
            await until(lambda: second.connected)
            assert not second.leading
    async with running(second):
        await until(lambda: second.leading)
    assert not first.leading


@pytest.mark.asyncio
async def test_it_survives_the_loss_of_its_connection(database: Database, owner_url: str) -> None:
    broker = Broker()
    relay = relay_of(database, broker)
    async with running(relay):
        await until(lambda: relay.leading)
        owner = await asyncpg.connect(owner_url)
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'klear_app' AND datname = current_database()"
        )
        await owner.close()
        await promise(database, "room:a")
        await until(lambda: broker.channels == ["room:a"])


@pytest.mark.asyncio
async def test_what_was_published_is_marked_even_when_it_is_stopped(database: Database) -> None:
    await promise(database, "room:a", "room:b")
    reached = asyncio.Event()

    async def publish(channel: str, data: bytes, key: str) -> None:
        if channel == "room:b":
            reached.set()
            await asyncio.sleep(60)

    relay = Relay(database, publish, clock=lambda: datetime.now(UTC), options=QUICK)
    async with running(relay):
        await reached.wait()
    assert await pending(database) == 1


@pytest.mark.asyncio
async def test_old_rows_go(database: Database) -> None:
    broker = Broker()
    await promise(database, "room:a")
    later = datetime.now(UTC) + timedelta(days=1, minutes=1)
    options = RelayOptions(poll=0.01, prune=0.01)
    relay = Relay(database, broker.publish, clock=lambda: later, options=options)
    async with running(relay):
        async with asyncio.timeout(10):
            while await _rows(database):
                await asyncio.sleep(0.01)


async def _rows(database: Database) -> int:
    async with database.transaction(SYSTEM) as tx:
        count: int = await tx.fetchval("SELECT count(*) FROM persistence.outbox")
        return count
