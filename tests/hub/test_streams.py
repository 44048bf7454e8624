"""A channel's stream as a client gets it: what he missed, and its history."""

from typing import Any

import pytest

from hub.authorizer import Grant
from hub.errors import UnknownChannel
from hub.hub import TooLarge
from hub.limits import Limits
from protocol.codec import InvalidJSON
from tests.hub.harness import (
    CALL,
    ROOM,
    SLOTS,
    world,
)


@pytest.mark.asyncio
async def test_what_was_missed_is_recovered() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1)
        peer = await place.connected(1)
        at = await peer.ask("subscribe", channel=ROOM)
        await place.hub.publish(ROOM, b"1")
        peer.leave()
        await place.hub.publish(ROOM, b"2")
        await place.hub.publish(ROOM, b"3")
        again = await place.connected(1)
        result = await again.ask(
            "subscribe", channel=ROOM, recover=True, epoch=at["epoch"], offset=1
        )
        assert (result["was_recovering"], result["recovered"], result["offset"]) == (True, True, 3)
        assert [pub["data"] for pub in result["publications"]] == [2, 3]
        await place.hub.publish(ROOM, b"4")
        assert again.data(ROOM) == [4]


@pytest.mark.asyncio
async def test_what_is_no_longer_kept_is_not_recovered() -> None:
    async with world() as place:
        peer = await place.connected(1, channels=("board:1",))
        at = await peer.ask("subscribe", channel="board:1")
        await peer.ask("unsubscribe", channel="board:1")
        for _ in range(11):
            await place.hub.publish("board:1", b"1")
        place_lost = {"channel": "board:1", "recover": True, "epoch": at["epoch"], "offset": 0}
        assert await peer.refusal("subscribe", **place_lost, flag=3) == 112
        result = await peer.ask("subscribe", **place_lost, flag=1)
        assert (result["was_recovering"], result["recovered"]) == (True, False)
        assert "publications" not in result
        await peer.ask("unsubscribe", channel="board:1")
        other = await peer.ask("subscribe", **{**place_lost, "epoch": "other", "offset": 11})
        assert other["recovered"] is False


@pytest.mark.asyncio
async def test_a_calls_state_is_recovered_by_its_last() -> None:
    async with world() as place:
        place.table.allow(CALL, 1)
        peer = await place.connected(1)
        at = await peer.ask("subscribe", channel=CALL)
        await peer.ask("unsubscribe", channel=CALL)
        for state in (b"1", b"2", b"3"):
            await place.hub.publish(CALL, state)
        result = await peer.ask(
            "subscribe", channel=CALL, recover=True, epoch=at["epoch"], offset=0
        )
        assert (result["recovered"], result["offset"]) == (True, 3)
        assert result["publications"] == [{"data": 3, "offset": 3}]


@pytest.mark.asyncio
async def test_a_namespace_without_recovery_tells_no_position() -> None:
    async with world() as place:
        peer = await place.connected(1)
        await place.hub.publish("news:1", b"1")
        assert await peer.ask("subscribe", channel="news:1", recover=True, epoch="", offset=0) == {}
        await place.hub.publish("news:1", b"2")
        assert peer.data("news:1") == [2]


@pytest.mark.asyncio
async def test_the_programs_mistakes_are_its_own() -> None:
    async with world(limits=Limits(publication=10)) as place:
        with pytest.raises(UnknownChannel):
            await place.hub.publish("nowhere:1", b"1")
        with pytest.raises(InvalidJSON):
            await place.hub.publish(ROOM, b"{")
        with pytest.raises(TooLarge):
            await place.hub.publish(ROOM, b'"1234567890"')


@pytest.mark.asyncio
async def test_a_key_publishes_once() -> None:
    async with world() as place:
        peer = await place.connected(None)
        await peer.ask("subscribe", channel=SLOTS)
        first = await place.hub.publish(SLOTS, b"1", idempotency_key="k")
        again = await place.hub.publish(SLOTS, b"1", idempotency_key="k")
        assert first == again
        assert peer.data(SLOTS) == [1]


@pytest.mark.asyncio
async def test_history_is_read() -> None:
    async with world() as place:
        peer = await place.connected(1)
        for number in range(1, 5):
            await place.hub.publish(SLOTS, str(number).encode())
        top = await peer.ask("history", channel=SLOTS)
        assert (top["publications"], top["offset"]) == ([], 4)
        since = {"epoch": top["epoch"], "offset": 2}

        async def read(**options: Any) -> list[int]:
            result = await peer.ask("history", channel=SLOTS, **options)
            return [pub["data"] for pub in result["publications"]]

        assert await read(limit=-1) == [1, 2, 3, 4]
        assert await read(limit=2, reverse=True) == [4, 3]
        assert await read(limit=10, since=since) == [3, 4]
        assert await read(limit=10, since={"offset": 3}) == [4]
        assert await peer.refusal("history", channel=SLOTS, since={**since, "epoch": "old"}) == 112


@pytest.mark.asyncio
async def test_history_may_be_forbidden() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1, grant=Grant(history=False))
        peer = await place.connected(1)
        assert await peer.refusal("history", channel=ROOM, limit=1) == 103
