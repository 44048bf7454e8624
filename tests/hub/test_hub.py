"""The hub and all its connections: whom it puts out, how many it admits, what it lets go of."""

import uuid

import pytest

from hub.limits import Limits
from protocol.disconnects import FORCED, SHUTDOWN, Disconnect
from tests.hub.harness import (
    ELSEWHERE,
    ROOM,
    SLOTS,
    Peer,
    until,
    world,
)

QUICK = Limits(
    stale=0.1, ping=0.2, pong=0.1, token_grace=0.1, close=0.3, drain=0.2, drain_interval=0.1
)


@pytest.mark.asyncio
async def test_the_server_puts_a_person_out_of_a_channel() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1, 2)
        ann, bob = await place.connected(1), await place.connected(2)
        tab = await place.connected(1)
        for peer in (ann, bob, tab):
            await peer.ask("subscribe", channel=ROOM)
        await place.hub.unsubscribe(str(uuid.UUID(int=1)), ROOM)
        await place.hub.unsubscribe(str(uuid.UUID(int=1)), ELSEWHERE)
        await place.hub.unsubscribe(str(uuid.UUID(int=9)), ROOM)
        out = [{"code": 2000, "reason": "server unsubscribe"}]
        assert [peer.pushes("unsubscribe") for peer in (ann, bob, tab)] == [out, [], out]
        await place.hub.publish(ROOM, b"1")
        assert [peer.data(ROOM) for peer in (ann, bob, tab)] == [[], [1], []]


@pytest.mark.asyncio
async def test_the_server_disconnects_a_person() -> None:
    async with world() as place:
        ann, bob = await place.connected(1), await place.connected(2)
        await place.hub.disconnect(str(uuid.UUID(int=1)))
        assert (ann.wire.closed, bob.wire.closed) == (FORCED, None)
        why = Disconnect(4001, "come back")
        await place.hub.disconnect(str(uuid.UUID(int=2)), why=why)
        assert bob.wire.closed == why


@pytest.mark.asyncio
async def test_everything_is_let_go_of() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1)
        peer = await place.connected(1)
        await peer.ask("subscribe", channel=ROOM)
        await peer.ask("subscribe", channel=SLOTS)
        busy = place.hub.statistics()
        assert (busy["connections"], busy["users"], busy["present"]) == (1, 1, 1)
        assert (busy["local_subscriptions"], busy["broker_channels"]) == (3, 3)
        peer.leave()
        await until(lambda: place.hub.statistics()["broker_channels"] == 0)
        idle = place.hub.statistics()
        kept = {"broker_streams": 3}
        assert {name: depth for name, depth in idle.items() if depth} == kept


@pytest.mark.asyncio
async def test_who_signs_out_is_disconnected_where_he_did() -> None:
    async with world() as place:
        here = [await place.connected(1, session=7), await place.connected(1, session=7)]
        others = [
            await place.connected(1, session=8),
            await place.connected(1),
            await place.connected(2, session=7),
            await place.connected(None),
        ]
        await place.hub.disconnect_session(uuid.UUID(int=7), uuid.UUID(int=1))
        assert [peer.wire.closed for peer in here] == [FORCED, FORCED]
        assert [peer.wire.closed for peer in others] == [None] * 4


@pytest.mark.asyncio
async def test_a_session_ends_under_the_token_that_was_brought_last() -> None:
    async with world() as place:
        peer = await place.connected(1, session=7)
        await peer.ask("refresh", token=place.tokens.issue(1, session=8))
        await place.hub.disconnect_session(uuid.UUID(int=7), uuid.UUID(int=1))
        assert peer.wire.closed is None
        await place.hub.disconnect_session(uuid.UUID(int=8), uuid.UUID(int=1))
        assert peer.wire.closed == FORCED
        assert not FORCED.reconnect


@pytest.mark.asyncio
async def test_a_drain_asks_all_to_come_back_and_lets_nobody_in() -> None:
    async with world(limits=QUICK) as place:
        peers = [await place.connected(n) for n in range(1, 6)]
        assert place.hub.admits()
        await place.hub.drain()
        assert [peer.wire.closed for peer in peers] == [SHUTDOWN] * 5
        assert all(peer.wire.aborted for peer in peers)
        assert not place.hub.admits()
        assert place.hub.statistics()["connections"] == 0


@pytest.mark.asyncio
async def test_a_drain_of_nobody_is_quick() -> None:
    async with world() as place:
        await place.hub.drain()


@pytest.mark.asyncio
async def test_connections_are_bounded_in_number_and_rate() -> None:
    async with world(limits=Limits(connections=1)) as place:
        assert place.hub.admits()
        await place.connected(1)
        assert not place.hub.admits()
    async with world(limits=Limits(connect_burst=2, connect_rate=0.001)) as place:
        assert [place.hub.admits() for _ in range(3)] == [True, True, False]
    assert not place.hub.admits()


@pytest.mark.asyncio
async def test_strangers_are_bounded_by_network_and_those_with_a_token_by_themselves() -> None:
    async with world(limits=Limits(strangers=2)) as place:
        first, second = (Peer(place.hub, network="192.0.2.1") for _ in range(2))
        assert not place.hub.admits("192.0.2.1")
        assert place.hub.admits("192.0.2.2")
        assert place.hub.admits()
        await first.ask("connect")
        assert not place.hub.admits("192.0.2.1")
        await second.ask("connect", token=place.tokens.issue(1))
        assert place.hub.admits("192.0.2.1")
        third = Peer(place.hub, network="192.0.2.1")
        assert not place.hub.admits("192.0.2.1")
        second.leave()
        assert not place.hub.admits("192.0.2.1")
        for peer in (first, third):
            assert place.hub.statistics()["strangers"]
            peer.leave()
        assert place.hub.admits("192.0.2.1")
        assert place.hub.statistics()["strangers"] == 0


@pytest.mark.asyncio
async def test_who_may_not_come_with_his_token_is_a_stranger_until_he_is_gone() -> None:
    async with world(limits=Limits(strangers=1, connections_per_user=1)) as place:
        await place.connected(1)
        peer = Peer(place.hub, network="192.0.2.1")
        peer.post("connect", token=place.tokens.issue(1))
        await until(lambda: peer.wire.closed)
        peer.leave()
        assert place.hub.admits("192.0.2.1")
        assert place.hub.statistics()["strangers"] == 0
