"""Twenty thousand sockets that come for a moment: a hub's process keeps nothing of them."""

import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from websockets.frames import Frame, Opcode

from tests.hub.harness import SLOTS, personal
from tests.hub.sockets import handshake
from tests.long.conftest import Account

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

SEED, SOCKETS, AT_ONCE = 20261122, 20_000, 50
WARM = 3_000
"""Sockets before the first weighing: pools and caches are full after them."""

MOST_GROWTH = 8 * 2**20
"""Bytes: 400 for each socket would be a leak already."""

ROOT = Path(__file__).parents[2]


class Visitor:
    """A socket that speaks in frames of its own making, as cheaply as it can."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, *commands: dict[str, Any]) -> None:
        lines = b"\n".join(orjson.dumps(command) for command in commands)
        self.writer.write(Frame(Opcode.TEXT, lines).serialize(mask=True))

    async def answer(self, number: int) -> bytes:
        """Everything that came, up to the reply with this number."""
        mark = b'"id":%d,' % number
        return await self.reader.readuntil(mark)


@asynccontextmanager
async def visit(port: int) -> AsyncIterator[Visitor]:
    """A socket that has shaken hands."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    try:
        writer.write(handshake())
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        yield Visitor(reader, writer)
    finally:
        writer.close()


class Place:
    """The hub's process."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.ways: Counter[str] = Counter()

    async def state(self) -> dict[str, Any]:
        """What it says of itself."""
        async with visit(self.port) as visitor, asyncio.timeout(30):
            visitor.say({"id": 1, "connect": {}}, {"id": 2, "rpc": {"method": "state"}})
            await visitor.answer(2)
            said = b""
            while not said.endswith(b"}}}"):
                said += await visitor.reader.read(65_536)
            state: dict[str, Any] = orjson.loads(b"{" + said)["rpc"]["data"]
            return state

    async def empty(self) -> dict[str, Any]:
        """The state once nobody is there but who asks."""
        async with asyncio.timeout(60):
            while True:
                state = await self.state()
                counts = state["statistics"]
                if counts["connections"] == 1 and not counts["local_subscriptions"]:
                    return state
                await asyncio.sleep(0.1)

    async def crowd(self, sockets: int, dice: random.Random) -> None:
        """So many come and go, `AT_ONCE` at a time."""
        ways = [self.vanish, self.listen, self.leave, self.err, self.person]
        left = [dice.choice(ways) for _ in range(sockets)]

        async def stream() -> None:
            while left:
                way = left.pop()
                self.ways[way.__name__] += 1
                async with asyncio.timeout(60):
                    await way()

        await asyncio.gather(*(stream() for _ in range(AT_ONCE)))

    async def vanish(self) -> None:
        """Half way through a command."""
        async with visit(self.port) as visitor:
            visitor.writer.write(Frame(Opcode.TEXT, b'{"id":1,').serialize(mask=True)[:7])
            visitor.writer.transport.abort()

    async def listen(self) -> None:
        """To a public channel, and break off."""
        async with visit(self.port) as visitor:
            visitor.say({"id": 1, "connect": {}}, {"id": 2, "subscribe": {"channel": SLOTS}})
            await visitor.answer(2)
            visitor.writer.transport.abort()

    async def leave(self) -> None:
        """In order: unsubscribed, and with a close frame."""
        async with visit(self.port) as visitor:
            visitor.say({"id": 1, "connect": {}}, {"id": 2, "subscribe": {"channel": SLOTS}})
            visitor.say({"id": 3, "unsubscribe": {"channel": SLOTS}})
            await visitor.answer(3)
            visitor.writer.write(Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
            while await visitor.reader.read(4096):
                pass

    async def err(self) -> None:
        """And be shown out."""
        async with visit(self.port) as visitor:
            visitor.say({"id": 1, "connect": {"token": "forged"}})
            assert await visitor.reader.readexactly(4) == b"\x88\x0f\x0d\xac"  # 3500 and a word

    async def person(self) -> None:
        """With a token, a channel of one's own, and calls under way when the link breaks."""
        async with visit(self.port) as visitor:
            visitor.say({"id": 1, "connect": {"token": self.token}})
            visitor.say({"id": 2, "history": {"channel": personal(1), "limit": 10}})
            await visitor.answer(2)
            visitor.say({"id": 3, "subscribe": {"channel": SLOTS}})
            visitor.writer.close()


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.long.hub_process"),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            port, token = (await process.stdout.readline()).split()
        yield Place(int(port), token.decode())
    finally:
        process.kill()
        await process.wait()


@pytest.mark.asyncio
async def test_twenty_thousand_sockets_leave_nothing(place: Place, account: Account) -> None:
    dice = random.Random(SEED)
    await place.crowd(WARM, dice)
    before = await place.empty()
    for _ in range(4):
        await place.crowd(SOCKETS // 4, dice)
    after = await place.empty()
    growth = after["rss"] - before["rss"]
    account.cases = place.ways.total()
    account.note(
        memory=f"{before['rss'] / 2**20:.1f} MiB before and {growth / 2**20:+.1f} MiB after",
        **place.ways,
    )
    left = {name: count for name, count in after["statistics"].items() if count}
    asking = dict.fromkeys(("connections", "pending_commands", "deadlines", "tasks", "calls"), 1)
    assert left == {**asking, "broker_streams": 2}  # who asks, and histories of two channels
    assert after["tasks"] == before["tasks"]
    assert growth < MOST_GROWTH
