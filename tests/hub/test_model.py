"""A model of subscribers whose links break: none misses, doubles or misorders, nor is told what is not so.

The broker's histories are slow to read, so that publications arrive at every point of a subscription; and it forgets
streams, which begin anew under another epoch while people listen. What is published counts up through all epochs.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.broker_memory import MemoryBroker
from hub.recovery import Page
from tests.hub.harness import SLOTS, Peer, World, world

CHANNELS = ("board:1", SLOTS)
KEPT = {"board:1": 10, SLOTS: 100}


class SlowBroker:
    """Pauses on both sides of reading a history, and forgets; a broker in memory for the rest."""

    def __init__(self) -> None:
        self._broker = MemoryBroker(clock=lambda: 0.0)
        self.pauses: list[tuple[int, int]] = []
        self.published = dict.fromkeys(CHANNELS, 0)
        self._before: dict[str, int] = {}

    def forget(self, channel: str) -> None:
        """The channel's stream begins anew."""
        stream = self._broker._streams.get(channel)
        if stream is not None:
            self._before[stream.epoch] = self.published[channel] - stream.offset
            self._broker._evict(channel)

    def number(self, channel: str, epoch: str, offset: int) -> int:
        """What a position is in the count through all epochs."""
        if epoch not in self._before:
            stream = self._broker._streams[channel]
            assert stream.epoch == epoch
            return self.published[channel] - stream.offset + offset
        return self._before[epoch] + offset

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
    """What an SDK would have: a position, and all that it was given. `number` counts through all epochs."""

    channel: str
    broker: SlowBroker
    peer: Peer | None = None
    asked: int = 0
    epoch: str = ""
    offset: int = 0
    number: int = 0
    since: tuple[str, int] = ("", 0)
    seen: list[int] = field(default_factory=list)

    def catch_up(self) -> None:
        """Read all that has come."""
        if self.peer is None:
            return
        for message in self.peer.wire.sent:
            if self.asked and message.get("id") == self.asked:
                self._answered(message)
            elif message.get("push", {}).get("channel") == self.channel:
                self._pushed(message["push"])
        self.peer.wire.sent.clear()

    def _answered(self, message: dict[str, Any]) -> None:
        if "subscribe" in message:
            self._subscribed(message["subscribe"])
        else:
            assert message["error"]["temporary"]
            self.asked = 0

    def _pushed(self, push: dict[str, Any]) -> None:
        if "pub" in push:
            self._publication(push["pub"])
        else:
            assert push["unsubscribe"]["code"] == 2500
            self.asked = 0

    def _subscribed(self, result: dict[str, Any]) -> None:
        epoch, offset = self.since
        if result.get("was_recovering") and not result["recovered"]:
            assert epoch != result["epoch"] or offset < result["offset"] - KEPT[self.channel], (
                "it could have been recovered"
            )
        if result.get("recovered", False):
            assert epoch == result["epoch"]
        else:
            # what came before is fetched elsewhere: from here on none may be missed
            self.offset = result["offset"]
            number = self.broker.number(self.channel, result["epoch"], self.offset)
            self.seen += range(self.number + 1, number + 1)
            self.number = number
        self.epoch = result["epoch"]
        for pub in result.get("publications", []):
            self._publication(pub)
        assert self.offset == result["offset"]

    def _publication(self, pub: dict[str, Any]) -> None:
        assert pub["offset"] == self.offset + 1, "missed, doubled or misordered"
        assert pub["data"] == self.number + 1, "of another stream"
        self.seen.append(pub["data"])
        self.offset, self.number = pub["offset"], pub["data"]


ACTIONS = st.one_of(
    st.tuples(st.just("publish"), st.integers(0, 1), st.integers(1, 14)),
    st.tuples(
        st.just("subscribe"), st.integers(0, 3), st.tuples(st.integers(0, 3), st.integers(0, 3))
    ),
    st.tuples(st.just("drop"), st.integers(0, 3), st.none()),
    st.tuples(st.just("leave"), st.integers(0, 3), st.none()),
    st.tuples(st.just("pause"), st.integers(1, 4), st.none()),
    st.tuples(st.just("forget"), st.integers(0, 1), st.none()),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(ACTIONS, min_size=10, max_size=40))
@example([("subscribe", 1, (0, 0)), ("publish", 1, 3), ("forget", 1, None), ("publish", 1, 1)])
def test_none_misses_doubles_or_misorders(actions: list[tuple[str, int, Any]]) -> None:
    asyncio.run(play(actions))


async def play(actions: list[tuple[str, int, Any]]) -> None:
    broker = SlowBroker()
    async with world(broker=broker) as place:
        readers = [Reader(CHANNELS[n % 2], broker) for n in range(4)]
        for action, which, more in actions:
            await step(place, broker, readers, action, which, more)
        for _ in range(2):  # in the end all come back; who is refused while he joins, once more
            await asyncio.sleep(0.005)
            for reader in readers:
                await subscribe(place, reader)
        await asyncio.sleep(0.005)
        for reader in readers:
            reader.catch_up()
            assert reader.asked
            assert reader.seen == list(range(1, broker.published[reader.channel] + 1))


async def step(
    place: World,
    broker: SlowBroker,
    readers: list[Reader],
    action: str,
    which: int,
    more: Any,
) -> None:
    match action:
        case "publish":
            channel = CHANNELS[which]
            for _ in range(more):
                broker.published[channel] += 1
                await place.hub.publish(channel, str(broker.published[channel]).encode())
                await asyncio.sleep(0)
        case "subscribe":
            await subscribe(place, readers[which], broker, more)
        case "drop":
            drop(readers[which])
        case "leave":
            leave(readers[which])
        case "forget":
            broker.forget(CHANNELS[which])
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
    reader.catch_up()
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
    reader.since = (reader.epoch, reader.offset)
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
