"""A model of subscribers whose links break: none misses, doubles or misorders, nor is told what is not so.

The broker's histories are slow to read, so that publications arrive at every point of a subscription.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.broker_memory import MemoryBroker
from hub.recovery import Page
from tests.hub.harness import SLOTS, Peer, World, world

CHANNELS = ("board:1", SLOTS)
KEPT = {"board:1": 10, SLOTS: 100}


class SlowBroker:
    """Pauses on both sides of reading a history; a broker in memory for the rest."""

    def __init__(self) -> None:
        self._broker = MemoryBroker(clock=lambda: 0.0)
        self.pauses: list[tuple[int, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    async def history(self, channel: str, **options: Any) -> Page:
        before, after = self.pauses.pop(0) if self.pauses else (0, 0)
        for _ in range(before):
            await asyncio.sleep(0)
        page = await self._broker.history(channel, **options)
        for _ in range(after):
            await asyncio.sleep(0)
        return page


@dataclass
class Reader:
    """What an SDK would have: a position, and all that it was given."""

    channel: str
    peer: Peer | None = None
    asked: int = 0
    epoch: str = ""
    offset: int = 0
    since: int = 0
    seen: list[int] = field(default_factory=list)
    whole: bool = True
    told: list[bool] = field(default_factory=list)

    def catch_up(self) -> None:
        """Read all that has come."""
        if self.peer is None:
            return
        for message in self.peer.wire.sent:
            if message.get("id") == self.asked and "subscribe" in message:
                self._subscribed(message["subscribe"])
            elif message.get("push", {}).get("channel") == self.channel:
                self._publication(message["push"]["pub"])
        self.peer.wire.sent.clear()

    def _subscribed(self, result: dict[str, Any]) -> None:
        if result.get("was_recovering"):
            self.told.append(result["recovered"])
        if result.get("was_recovering") and not result["recovered"]:
            self.whole = False
            assert self.since < result["offset"] - KEPT[self.channel], (
                "it could have been recovered"
            )
        if not self.epoch or not result.get("recovered", False):
            # what came before is fetched elsewhere: from here on none may be missed
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


ACTIONS = st.one_of(
    st.tuples(st.just("publish"), st.integers(0, 1), st.integers(1, 14)),
    st.tuples(
        st.just("subscribe"), st.integers(0, 3), st.tuples(st.integers(0, 3), st.integers(0, 3))
    ),
    st.tuples(st.just("drop"), st.integers(0, 3), st.none()),
    st.tuples(st.just("leave"), st.integers(0, 3), st.none()),
    st.tuples(st.just("pause"), st.integers(1, 4), st.none()),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(ACTIONS, max_size=40))
def test_none_misses_doubles_or_misorders(actions: list[tuple[str, int, Any]]) -> None:
    asyncio.run(play(actions))


async def play(actions: list[tuple[str, int, Any]]) -> None:
    broker = SlowBroker()
    async with world(broker=broker) as place:
        readers = [Reader(CHANNELS[n % 2]) for n in range(4)]
        tops = dict.fromkeys(CHANNELS, 0)
        for action, which, more in actions:
            await step(place, broker, readers, tops, action, which, more)
        for reader in readers:  # in the end all come back
            await subscribe(place, reader)
        await asyncio.sleep(0.01)
        for reader in readers:
            reader.catch_up()
            assert reader.offset == tops[reader.channel]
            assert reader.seen == list(range(1, tops[reader.channel] + 1))


async def step(
    place: World,
    broker: SlowBroker,
    readers: list[Reader],
    tops: dict[str, int],
    action: str,
    which: int,
    more: Any,
) -> None:
    match action:
        case "publish":
            channel = CHANNELS[which]
            for _ in range(more):
                tops[channel] += 1
                await place.hub.publish(channel, str(tops[channel]).encode())
                await asyncio.sleep(0)
        case "subscribe":
            await subscribe(place, readers[which], broker, more)
        case "drop":
            drop(readers[which])
        case "leave":
            leave(readers[which])
        case "pause":
            for _ in range(which):
                await asyncio.sleep(0)


async def subscribe(
    place: World,
    reader: Reader,
    broker: SlowBroker | None = None,
    pauses: tuple[int, int] = (0, 0),
) -> None:
    """Subscribe, from where he was, unless he has."""
    if reader.asked:
        return
    if reader.peer is None:
        reader.peer = await place.connected(1, channels=("board:1",))
        reader.peer.wire.sent.clear()
    where = (
        {"recover": True, "epoch": reader.epoch, "offset": reader.offset} if reader.epoch else {}
    )
    if broker is not None:
        broker.pauses.append(pauses)
    reader.since = reader.offset
    reader.asked = reader.peer.post("subscribe", channel=reader.channel, **where)


def drop(reader: Reader) -> None:
    """The link breaks: what was sent has come, what was not is lost."""
    if reader.peer is not None:
        reader.peer.leave()
        reader.catch_up()
    reader.peer, reader.asked = None, 0


def leave(reader: Reader) -> None:
    """He unsubscribes, and forgets nothing."""
    if reader.peer is not None and reader.asked:
        reader.peer.post("unsubscribe", channel=reader.channel)
        reader.catch_up()
        drop(reader)
