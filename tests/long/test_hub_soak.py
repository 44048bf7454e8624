"""Subscribers whose links break: thousands of histories in memory, and hundreds of real sockets for minutes.

Nobody misses, doubles or misorders a publication unless he is told that his place could not be recovered.
"""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect

from tests.hub.harness import SLOTS, World, served, until, world
from tests.hub.test_model import ACTIONS, play
from tests.long.conftest import Account

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

EXAMPLES = 2_500
SEED, CLIENTS, SECONDS = 20261122, 200, 120
KEPT = {"board:1": 10, SLOTS: 100}
"""Publications that a channel's history keeps."""
BETWEEN = 0.1
"""Seconds between two publications of a channel: who is away for more than one loses his place on the board."""


def test_the_model_holds_for_thousands_of_histories(account: Account) -> None:
    @settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(ACTIONS, max_size=60))
    def example(actions: list[tuple[str, int, Any]]) -> None:
        account.cases += 1
        asyncio.run(play(actions))

    example()


@dataclass(kw_only=True)
class Socket:
    """A client with a real socket, which comes and goes: its position, and all that it was given."""

    channel: str
    token: str
    dice: random.Random
    epoch: str = ""
    offset: int = 0
    since: int = 0
    asked: int = 0
    seen: list[int] = field(default_factory=list)
    told: Counter[bool] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    requests: int = 1

    async def live(self, place: World, ended: asyncio.Event) -> None:
        """Come, stay a while, go in one way or another, and come back."""
        while not ended.is_set():
            async with self._link(place) as link:
                await self._subscribe(link)
                await self._read(link, seconds=self.dice.uniform(0.2, 6.0))
                await self._go(link)
            await asyncio.sleep(self.dice.choice([0.0, 0.05, 0.5, 2.5]))

    async def finish(self, place: World, top: int) -> None:
        """Come back once more, and read on until everything is there."""
        async with self._link(place) as link, asyncio.timeout(60):
            await self._subscribe(link)
            while self.offset < top:
                await self._take(link)

    def _link(self, place: World) -> connect:
        return connect(place.url, max_size=None, compression=None, proxy=None)

    async def _subscribe(self, link: ClientConnection, *, connected: bool = False) -> None:
        where = {"recover": True, "epoch": self.epoch, "offset": self.offset} if self.epoch else {}
        self.requests += 1
        self.since, self.asked = self.offset, self.requests
        lines = [{"id": self.asked, "subscribe": {"channel": self.channel, **where}}]
        if not connected:
            lines.insert(0, {"id": 1, "connect": {"token": self.token}})
        await link.send("\n".join(json.dumps(line) for line in lines))

    async def _unsubscribe(self, link: ClientConnection) -> None:
        self.requests += 1
        await link.send(json.dumps({"id": self.requests, "unsubscribe": {"channel": self.channel}}))
        async with asyncio.timeout(30):
            while not await self._take(link):
                pass

    async def _go(self, link: ClientConnection) -> None:
        way = self.dice.choice(["abort", "abort", "close", "unsubscribe"])
        self.ways[way] += 1
        if way == "abort":
            link.transport.abort()
        elif way == "close":
            await link.close()
        else:
            await self._unsubscribe(link)
            await asyncio.sleep(self.dice.choice([0.0, 0.3, 1.5]))
            await self._subscribe(link, connected=True)
            await self._read(link, seconds=1.0)

    async def _read(self, link: ClientConnection, *, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self._take(link)
        except TimeoutError:
            return

    async def _take(self, link: ClientConnection) -> bool:
        """What comes next; whether it answers the last request, or more."""
        answered = False
        for line in (await link.recv()).splitlines():
            message = json.loads(line)
            assert "error" not in message, message
            answered |= message.get("id") == self.requests
            if not message:
                await link.send("{}")
            elif message.get("id") == self.asked and "subscribe" in message:
                self._subscribed(message["subscribe"])
            elif message.get("push", {}).get("channel") == self.channel:
                self._publication(message["push"]["pub"])
        return answered

    def _subscribed(self, result: dict[str, Any]) -> None:
        recovered = result.get("recovered", False)
        if self.epoch:
            assert result["was_recovering"]
            assert result["epoch"] == self.epoch
            self.told[recovered] += 1
            is_lost = self.since < result["offset"] - KEPT[self.channel]
            assert recovered is not is_lost, "it could, or could not, have been recovered"
        if not recovered:  # what came before is fetched elsewhere: from here on none may be missed
            self.seen += range(self.offset + 1, result["offset"] + 1)
            self.offset = result["offset"]
        self.epoch = result["epoch"]
        for pub in result.get("publications", []):
            self._publication(pub)
        assert self.offset == result["offset"]

    def _publication(self, pub: dict[str, Any]) -> None:
        assert pub["offset"] == self.offset + 1, "missed, doubled or misordered"
        assert pub["data"] == pub["offset"]
        self.seen.append(pub["data"])
        self.offset = pub["offset"]


async def publish(place: World, tops: dict[str, int], ended: asyncio.Event) -> None:
    """Publish to each channel, numbered, until it ends."""
    while not ended.is_set():
        for channel in KEPT:
            tops[channel] += 1
            await place.hub.publish(channel, str(tops[channel]).encode())
        await asyncio.sleep(BETWEEN)


@pytest.mark.asyncio
async def test_two_hundred_sockets_come_and_go(account: Account) -> None:
    dice, ended, tops = random.Random(SEED), asyncio.Event(), dict.fromkeys(KEPT, 0)
    async with world() as place, served(place):
        sockets = [
            Socket(
                channel=list(KEPT)[n % 2],
                token=place.tokens.issue(n, channels=("board:1",)),
                dice=random.Random(dice.random()),
            )
            for n in range(CLIENTS)
        ]
        async with asyncio.TaskGroup() as everybody:
            everybody.create_task(publish(place, tops, ended))
            for socket in sockets:
                everybody.create_task(socket.live(place, ended))
            await asyncio.sleep(SECONDS)
            ended.set()
        await asyncio.gather(*(socket.finish(place, tops[socket.channel]) for socket in sockets))
        for socket in sockets:
            assert socket.seen == list(range(1, tops[socket.channel] + 1))
        await until(lambda: place.hub.statistics()["connections"] == 0)
        await until(lambda: place.hub.statistics()["tasks"] == 0)
        assert place.hub.statistics()["local_subscriptions"] == 0
    told = sum((socket.told for socket in sockets), Counter[bool]())
    ways = sum((socket.ways for socket in sockets), Counter[str]())
    assert told[True] > 1000
    assert told[False] > 100
    account.cases = ways.total()
    account.note(
        publications=sum(tops.values()),
        received=sum(len(socket.seen) for socket in sockets),
        recovered=told[True],
        told_that_not=told[False],
        **ways,
    )
