"""A broker that loses a publication, or is slow to subscribe: what the fan-out makes of it."""

import asyncio
from typing import Any

import pytest

from hub.broker_memory import FORGET, MemoryBroker
from hub.subscription import Subscription
from protocol.disconnects import STATE_LOST
from protocol.envelope import ClientInfo, Publication
from tests.hub.harness import ROOM, SLOTS, Wire, personal, until, world


@pytest.mark.asyncio
async def test_a_lost_publication_ends_the_subscription_which_then_recovers() -> None:
    async with world() as place:
        peer = await place.connected(1)
        at = await peer.ask("subscribe", channel=SLOTS)
        await place.hub.publish(SLOTS, b"1")
        await place.broker.unsubscribe(SLOTS)
        await place.hub.publish(SLOTS, b"2")
        await place.broker.subscribe(SLOTS)
        await place.hub.publish(SLOTS, b"3")
        assert peer.data(SLOTS) == [1]
        assert peer.pushes("unsubscribe") == [{"code": 2500, "reason": "insufficient state"}]
        again = await peer.ask(
            "subscribe", channel=SLOTS, recover=True, epoch=at["epoch"], offset=1
        )
        assert [pub["data"] for pub in again["publications"]] == [2, 3]


@pytest.mark.asyncio
async def test_a_loss_on_the_servers_own_subscription_asks_to_come_back() -> None:
    async with world() as place:
        peer = await place.connected(1)
        top = (await place.hub.publish(personal(1), b"1")).epoch
        place.hub.publication(personal(1), Publication(data=b"3", offset=3), top)
        assert peer.wire.closed == STATE_LOST
        assert STATE_LOST.reconnect


@pytest.mark.parametrize("news", [1, 2, 3, 4, 5])
@pytest.mark.asyncio
async def test_who_listens_while_a_stream_begins_anew_is_told_with_its_first_publication(
    news: int,
) -> None:
    """Its offsets begin at one again: below, at and above those that the listeners have had."""
    time = [0.0]
    async with world(broker=MemoryBroker(clock=lambda: time[0])) as place:
        ann, bob = await place.connected(1), await place.connected(None)
        for document in (b"1", b"2", b"3"):
            await place.hub.publish(personal(1), document)
            await place.hub.publish(SLOTS, document)
        before = await bob.ask("subscribe", channel=SLOTS)
        time[0] += FORGET + 1
        for _ in range(news):
            await place.hub.publish(personal(1), b"4")
            await place.hub.publish(SLOTS, b"4")
        assert (ann.data(personal(1)), ann.wire.closed) == ([1, 2, 3], STATE_LOST)
        assert bob.pushes("unsubscribe") == [{"code": 2500, "reason": "insufficient state"}]
        again = await bob.ask(
            "subscribe", channel=SLOTS, recover=True, epoch=before["epoch"], offset=3
        )
        assert (again["recovered"], again["offset"]) == (False, news)


@pytest.mark.asyncio
async def test_what_came_before_or_twice_is_not_passed_on() -> None:
    async with world() as place:
        peer = await place.connected(1)
        top = await place.hub.publish(SLOTS, b"1")
        await peer.ask("subscribe", channel=SLOTS)
        place.hub.publication(SLOTS, Publication(data=b"1", offset=1), top.epoch)
        place.hub.publication("slots:unknown", Publication(data=b"1", offset=1), "e")
        place.hub.joined("slots:unknown", ClientInfo(user="", client=""))
        assert peer.data(SLOTS) == []


@pytest.mark.asyncio
async def test_a_gap_while_joining_is_a_temporary_error() -> None:
    async with world() as place:
        peer = await place.connected(1)
        await place.hub.publish(SLOTS, b"1")

        async def history(channel: str, **options: Any) -> Any:
            page = await MemoryBroker.history(place.broker, channel, **options)  # type: ignore[arg-type]
            place.hub.publication(SLOTS, Publication(data=b"3", offset=3), page.top.epoch)
            return page

        place.broker.history = history  # type: ignore[method-assign]
        assert await peer.refusal("subscribe", channel=SLOTS) == 100
        assert place.hub.statistics()["local_subscriptions"] == 1


class Gated:
    """A broker whose subscriptions wait at a gate."""

    def __init__(self) -> None:
        self._broker = MemoryBroker(clock=lambda: 0.0)
        self.gate = asyncio.Event()
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    async def subscribe(self, channel: str) -> None:
        if channel == ROOM:
            await self.gate.wait()
            self.calls.append("subscribe")
        await self._broker.subscribe(channel)

    async def unsubscribe(self, channel: str) -> None:
        if channel == ROOM:
            self.calls.append("unsubscribe")
        await self._broker.unsubscribe(channel)


@pytest.mark.asyncio
async def test_the_broker_is_asked_once_for_all_and_let_go_by_the_last() -> None:
    broker = Gated()
    async with world(broker=broker) as place:
        place.table.allow(ROOM, 1, 2)
        ann, bob = await place.connected(1), await place.connected(2)
        asked = [ann.post("subscribe", channel=ROOM), bob.post("subscribe", channel=ROOM)]
        await until(lambda: place.hub.statistics()["local_subscriptions"] == 4)
        assert broker.calls == []
        await place.hub.publish(ROOM, b"1")
        broker.gate.set()
        assert "error" not in await ann.reply(asked[0])
        assert "error" not in await bob.reply(asked[1])
        assert broker.calls == ["subscribe"]
        ann.leave()
        await bob.ask("unsubscribe", channel=ROOM)
        assert "error" not in await bob.ask("subscribe", channel=ROOM)
        await place.hub.publish(ROOM, b"2")
        assert bob.data(ROOM) == [2]
        bob.leave()
        await until(lambda: place.hub.statistics()["local_channels"] == 0)
        assert broker.calls[-1] == "unsubscribe"


@pytest.mark.asyncio
async def test_who_leaves_while_the_broker_is_asked_leaves_nothing() -> None:
    broker = Gated()
    async with world(broker=broker) as place:
        place.table.allow(ROOM, 1)
        peer = await place.connected(1)
        peer.post("subscribe", channel=ROOM)
        await until(lambda: place.hub.statistics()["local_subscriptions"] == 2)
        peer.leave()
        await until(lambda: place.hub.statistics()["local_channels"] == 0)
        await until(lambda: place.hub.statistics()["tasks"] == 0)
        assert broker.calls == []


@pytest.mark.asyncio
async def test_who_leaves_while_he_is_announced_is_not_there() -> None:
    gate = asyncio.Event()
    async with world() as place:
        place.table.allow(ROOM, 1)
        peer = await place.connected(1)
        presence = place.hub._presence
        add = presence.add

        async def slow(channel: str, info: ClientInfo) -> None:
            await add(channel, info)
            await gate.wait()

        presence.add = slow  # type: ignore[method-assign]
        await peer.ask("subscribe", channel=ROOM)
        place.hub._subscribing.end(peer.session, ROOM)
        gate.set()
        await until(lambda: presence.depth() == 0)


def test_a_subscription_that_is_not_positioned_takes_what_comes() -> None:
    subscription = Subscription("news:1", client="c", outlet=Wire())
    subscription.deliver(Publication(data=b"1", offset=7), "e", None)  # type: ignore[arg-type]
    assert (subscription.buffered, subscription.joining) == (1, True)
    assert subscription.merge() == [Publication(data=b"1", offset=7)]
    assert (subscription.buffered, subscription.joining) == (0, False)
