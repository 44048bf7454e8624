"""Subscriptions begin and end; every refusal is the same."""

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from hub.limits import Limits
from protocol.errors import Forbidden, Unavailable
from tests.hub.harness import (
    ELSEWHERE,
    ROOM,
    SIGNALS,
    SLOTS,
    personal,
    until,
    world,
)


@pytest.mark.asyncio
async def test_a_subscriber_hears_what_is_published_until_he_leaves() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1, 2)
        ann, bob = await place.connected(1), await place.connected(2)
        result = await ann.ask("subscribe", channel=ROOM)
        assert (result["recoverable"], result["positioned"], result["offset"]) == (True, True, 0)
        await bob.ask("subscribe", channel=ROOM)
        await place.hub.publish(ROOM, b"1")
        assert await bob.ask("unsubscribe", channel=ROOM) == {}
        await place.hub.publish(ROOM, b"2")
        assert (ann.data(ROOM), bob.data(ROOM)) == ([1, 2], [1])
        assert ann.pushes()[-1] == {"data": 2, "offset": 2}


@pytest.mark.parametrize(
    "channel",
    [
        ELSEWHERE,
        personal(2),
        "room:nothing",
        "nowhere:1",
        "",
        "room",
        ROOM.upper(),
        "x" * 300,
        "shut:1",
        "board:1",
    ],
)
@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("subscribe", {}),
        ("publish", {"data": 1}),
        ("presence", {}),
        ("presence_stats", {}),
        ("history", {"limit": 1}),
    ],
)
@pytest.mark.asyncio
async def test_one_and_the_same_refusal(method: str, more: Mapping[str, Any], channel: str) -> None:
    async with world() as place:
        peer = await place.connected(1)
        refused = await peer.ask(method, channel=channel, **more)
        assert refused == {"id": 2, "error": {"code": 103, "message": "permission denied"}}
        assert place.hub.statistics()["local_subscriptions"] == 1


@pytest.mark.asyncio
async def test_one_channel_is_subscribed_once() -> None:
    async with world() as place:
        peer = await place.connected(1)
        assert "error" not in await peer.ask("subscribe", channel=SLOTS)
        assert await peer.refusal("subscribe", channel=SLOTS) == 105
        assert await peer.refusal("subscribe", channel=personal(1)) == 105


@pytest.mark.asyncio
async def test_a_connection_has_so_many_channels() -> None:
    async with world(limits=Limits(channels=2)) as place:
        peer = await place.connected(1)
        assert "error" not in await peer.ask("subscribe", channel="news:1")
        assert await peer.refusal("subscribe", channel="news:2") == 106
        await peer.ask("unsubscribe", channel="news:1")
        assert "error" not in await peer.ask("subscribe", channel="news:2")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("subscribe", {"channel": 7}),
        ("subscribe", {"channel": SLOTS, "recover": True, "offset": "x"}),
        ("subscribe", {"channel": SLOTS, "flag": "x"}),
        ("publish", {"channel": SIGNALS}),
        ("history", {"channel": SLOTS, "since": 1}),
        ("history", {"channel": SLOTS, "limit": -2}),
        ("refresh", {"token": []}),
        ("rpc", {"method": []}),
    ],
)
@pytest.mark.asyncio
async def test_a_malformed_request_is_an_error(method: str, params: dict[str, Any]) -> None:
    async with world() as place:
        place.table.allow(SIGNALS, 1)
        peer = await place.connected(1)
        await peer.ask("subscribe", channel=SIGNALS)
        assert await peer.refusal(method, **params) == 107


@pytest.mark.asyncio
async def test_json_too_deep_to_write_is_an_error() -> None:
    async with world() as place:
        place.table.allow(SIGNALS, 1)
        peer = await place.connected(1)
        await peer.ask("subscribe", channel=SIGNALS)
        deep: object = 1
        for _ in range(400):
            deep = [deep]
        assert await peer.refusal("publish", channel=SIGNALS, data=deep) == 107


@pytest.mark.asyncio
async def test_an_authorizer_that_fails_is_a_temporary_error_and_says_nothing() -> None:
    async with world() as place:
        peer = await place.connected(1)
        for error, code in ((Unavailable(), 100), (ValueError("secret"), 100), (Forbidden(), 103)):
            place.table.error = error
            refused = await peer.ask("subscribe", channel=ROOM)
            assert refused["error"]["code"] == code
            assert refused["error"].get("temporary", False) is (code == 100)
            assert "secret" not in refused["error"]["message"]
        place.table.error = None
        place.table.allow(ROOM, 1)
        assert "error" not in await peer.ask("subscribe", channel=ROOM)


@pytest.mark.asyncio
async def test_an_authorizer_that_thinks_too_long_is_a_temporary_error() -> None:
    async with world(limits=Limits(command_deadline=0.05)) as place:
        peer = await place.connected(1)
        place.table.hold = asyncio.Event()
        assert await peer.refusal("subscribe", channel=ROOM) == 100
        assert place.hub.statistics()["local_subscriptions"] == 1


@pytest.mark.asyncio
async def test_who_is_put_out_while_he_comes_in_stays_out() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1)
        peer = await place.connected(1)
        place.table.hold = asyncio.Event()
        number = peer.post("subscribe", channel=ROOM)
        await until(lambda: place.table.asked)
        await place.hub.unsubscribe(str(uuid.UUID(int=1)), ROOM)
        place.table.hold.set()
        assert (await peer.reply(number))["error"]["code"] == 103
        await until(lambda: place.hub.statistics()["local_channels"] == 1)


@pytest.mark.asyncio
async def test_leaving_while_a_subscription_is_on_its_way_leaves_nothing() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1)
        peer = await place.connected(1)
        place.table.hold = asyncio.Event()
        peer.post("subscribe", channel=ROOM)
        await until(lambda: place.table.asked)
        peer.leave()
        await until(lambda: place.hub.statistics()["tasks"] == 0)
        assert place.hub.statistics()["local_channels"] == 0
