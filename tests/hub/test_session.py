"""A connection over time: it connects, answers pings and renews its token, or it is closed."""

import uuid

import pytest

from hub.authorizer import Identity
from hub.limits import Limits
from tests.hub.harness import (
    Peer,
    until,
    world,
)

QUICK = Limits(
    stale=0.1, ping=0.2, pong=0.1, token_grace=0.1, close=0.3, drain=0.2, drain_interval=0.1
)


@pytest.mark.asyncio
async def test_who_does_not_connect_is_closed() -> None:
    async with world(limits=QUICK) as place:
        peer = Peer(place.hub)
        await until(lambda: peer.wire.closed)
        assert peer.wire.closed is not None
        assert peer.wire.closed.code == 3502
        await until(lambda: peer.wire.aborted)


@pytest.mark.asyncio
async def test_who_answers_no_ping_is_closed() -> None:
    async with world(limits=QUICK) as place:
        peer = await place.connected(1)
        await until(lambda: {} in peer.wire.sent)
        peer.session.receive("{}")
        await until(lambda: peer.wire.closed)
        assert peer.wire.sent.count({}) >= 2
        assert peer.wire.closed is not None
        assert peer.wire.closed.code == 3012


@pytest.mark.asyncio
async def test_whose_token_ends_is_closed() -> None:
    async with world(limits=Limits(token_grace=0.1)) as place:
        peer = await place.connected(1, ttl=0.3)
        await until(lambda: peer.wire.closed)
        assert peer.wire.closed is not None
        assert peer.wire.closed.code == 3005


@pytest.mark.asyncio
async def test_an_end_is_told_once_however_it_came_about() -> None:
    async with world() as place:
        ends: list[Identity] = []

        def fail(identity: Identity) -> None:
            raise ValueError("not my day")

        place.hub.on_disconnect(fail)
        place.hub.on_disconnect(ends.append)
        ann, bob = await place.connected(1), await place.connected(2)
        Peer(place.hub).leave()
        ann.leave()
        ann.leave()
        await place.hub.disconnect(str(uuid.UUID(int=2)))
        bob.leave()
        assert [end.user for end in ends] == [str(uuid.UUID(int=n)) for n in (1, 2)]
