"""The `connect` command: what a client is greeted with, or refused."""

import json
from typing import Any

import pytest

from hub.broker import Broker
from hub.broker_memory import MemoryBroker
from hub.limits import Limits
from protocol.disconnects import CONNECTION_LIMIT
from protocol.errors import Unavailable
from tests.hub.harness import (
    ROOM,
    Peer,
    personal,
    until,
    world,
)


@pytest.mark.asyncio
async def test_a_token_makes_a_person_with_his_own_channel() -> None:
    async with world(version="klear 1") as place:
        peer = Peer(place.hub)
        greeted = await peer.ask("connect", token=place.tokens.issue(1, ttl=100))
        assert greeted["client"] == peer.session.connection.identity.client
        assert (greeted["version"], greeted["ping"], greeted["pong"]) == ("klear 1", 25, True)
        assert (greeted["expires"], greeted["ttl"]) in ((True, 99), (True, 100))
        assert list(greeted["subs"]) == [personal(1)]
        assert greeted["subs"][personal(1)] | {"epoch": ""} == {
            "recoverable": True,
            "positioned": True,
            "epoch": "",
            "offset": 0,
        }
        await place.hub.publish(personal(1), b'"hello"')
        assert peer.data(personal(1)) == ["hello"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"token": "forged"}, 3500),
        ({"token": 7}, 3501),
        ({"subs": [1]}, 3501),
        ({"subs": {"a": 1}}, 3501),
        ({"subs": {"a": {"recover": True, "offset": "x"}}}, 3501),
    ],
)
@pytest.mark.asyncio
async def test_a_bad_connect_ends_the_connection(params: dict[str, Any], code: int) -> None:
    async with world() as place:
        peer = Peer(place.hub)
        peer.post("connect", **params)
        await until(lambda: peer.wire.closed)
        assert peer.wire.closed is not None
        assert peer.wire.closed.code == code
        assert place.hub.statistics()["connections"] == 0


@pytest.mark.asyncio
async def test_a_person_has_so_many_connections() -> None:
    async with world(limits=Limits(connections_per_user=2)) as place:
        await place.connected(1)
        second = await place.connected(1)
        third = Peer(place.hub)
        third.post("connect", token=place.tokens.issue(1))
        await until(lambda: third.wire.closed)
        assert third.wire.closed == CONNECTION_LIMIT
        await place.connected(2)
        second.leave()
        await place.connected(1)


@pytest.mark.asyncio
async def test_subscriptions_sent_behind_connect_are_served() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1)
        peer = Peer(place.hub)
        connect, subscribe = (
            json.dumps({"id": 1, "connect": {"token": place.tokens.issue(1)}}),
            json.dumps({"id": 2, "subscribe": {"channel": ROOM}}),
        )
        peer.session.receive(f"{connect}\n{subscribe}")
        assert "error" not in await peer.reply(2)
        assert [message.get("id") for message in peer.wire.sent[:2]] == [1, 2]


class Failing:
    """A broker whose histories cannot be read."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.failing = True

    def __getattr__(self, name: str) -> Any:
        if name == "history" and self.failing:
            raise Unavailable
        return getattr(self._broker, name)


@pytest.mark.asyncio
async def test_a_broker_that_fails_is_a_temporary_error_on_connect() -> None:
    broker = Failing(MemoryBroker(clock=lambda: 0.0))
    async with world(broker=broker) as place:
        peer = Peer(place.hub)
        refused = await peer.ask("connect", token=place.tokens.issue(1))
        assert refused["error"] == {"code": 503, "message": Unavailable.title, "temporary": True}
        assert place.hub.statistics()["users"] == 0
        broker.failing = False
        assert "error" not in await peer.ask("connect", token=place.tokens.issue(1))


@pytest.mark.asyncio
async def test_a_persons_own_channel_is_recovered_on_connect() -> None:
    async with world() as place:
        peer = Peer(place.hub)
        greeted = await peer.ask("connect", token=place.tokens.issue(1))
        own = greeted["subs"][personal(1)]
        peer.leave()
        await place.hub.publish(personal(1), b'"missed"')
        again = Peer(place.hub)
        subs = {
            personal(1): {"recover": True, "epoch": own["epoch"], "offset": 0},
            personal(2): {"recover": True, "epoch": own["epoch"], "offset": 0},
            "news:1": {"recover": False},
        }
        greeted = await again.ask("connect", token=place.tokens.issue(1), subs=subs)
        assert list(greeted["subs"]) == [personal(1)]
        assert greeted["subs"][personal(1)]["recovered"] is True
        assert greeted["subs"][personal(1)]["publications"] == [{"data": "missed", "offset": 1}]
