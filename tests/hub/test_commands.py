"""What a connected client asks for: signals, presence and calls."""

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from hub.authorizer import Grant
from hub.dispatch import Caller
from protocol.errors import Conflict
from tests.hub.harness import (
    CALL,
    ROOM,
    SIGNALS,
    SLOTS,
    until,
    world,
)


@pytest.mark.asyncio
async def test_a_signal_reaches_the_others_with_its_author() -> None:
    async with world() as place:
        place.table.allow(SIGNALS, 1, 2)
        ann, bob = await place.connected(1), await place.connected(2)
        await ann.ask("subscribe", channel=SIGNALS)
        await bob.ask("subscribe", channel=SIGNALS)
        assert await ann.ask("publish", channel=SIGNALS, data={"type": "typing"}) == {}
        [pub] = bob.pushes(channel=SIGNALS)
        assert pub == {
            "data": {"type": "typing"},
            "info": {
                "user": str(uuid.UUID(int=1)),
                "client": ann.session.connection.identity.client,
            },
        }


@pytest.mark.parametrize(("size", "passes"), [(4096, True), (4097, False), (60_000, False)])
@pytest.mark.asyncio
async def test_a_signal_is_small(size: int, passes: bool) -> None:
    async with world() as place:
        place.table.allow(SIGNALS, 1, 2)
        ann, bob = await place.connected(1), await place.connected(2)
        await ann.ask("subscribe", channel=SIGNALS)
        await bob.ask("subscribe", channel=SIGNALS)
        answer = await ann.ask("publish", channel=SIGNALS, data="x" * (size - 2))
        assert answer == (
            {} if passes else {"id": 3, "error": {"code": 107, "message": "bad request"}}
        )
        assert len(bob.pushes(channel=SIGNALS)) == passes


@pytest.mark.asyncio
async def test_a_configured_namespace_takes_what_a_message_holds() -> None:
    async with world() as place:
        ann = await place.connected(1, channels=("board:1",))
        await ann.ask("subscribe", channel="board:1")
        assert await ann.ask("publish", channel="board:1", data="x" * 60_000) == {}
        assert place.hub.namespaces.find("board:1").largest == place.hub.limits.message  # type: ignore[union-attr]


@pytest.mark.asyncio
async def test_who_is_not_subscribed_signals_nothing() -> None:
    async with world() as place:
        place.table.allow(SIGNALS, 1)
        peer = await place.connected(1)
        assert await peer.refusal("publish", channel=SIGNALS, data=1) == 103


@pytest.mark.asyncio
async def test_nobody_publishes_where_publications_last() -> None:
    async with world() as place:
        for channel in (ROOM, CALL):
            place.table.allow(channel, 1)
            peer = await place.connected(1)
            await peer.ask("subscribe", channel=channel)
            assert await peer.refusal("publish", channel=channel, data=1) == 103


@pytest.mark.asyncio
async def test_an_authorizer_may_forbid_to_publish() -> None:
    async with world() as place:
        place.table.allow(SIGNALS, 1, grant=Grant())
        peer = await place.connected(1)
        await peer.ask("subscribe", channel=SIGNALS)
        assert await peer.refusal("publish", channel=SIGNALS, data=1) == 103


@pytest.mark.asyncio
async def test_a_configured_namespace_asks_nobody() -> None:
    async with world() as place:
        peer = await place.connected(1, channels=("board:1",))
        await peer.ask("subscribe", channel="board:1")
        assert await peer.ask("publish", channel="board:1", data=None) == {}
        assert peer.pushes(channel="board:1")[0]["data"] is None
        assert place.table.asked == []


@pytest.mark.asyncio
async def test_who_is_there_comes_and_goes() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1, 2)
        ann, bob = await place.connected(1), await place.connected(2)
        await ann.ask("subscribe", channel=ROOM)
        await bob.ask("subscribe", channel=ROOM)
        await until(lambda: len(ann.pushes("join")) == 2)
        there = (await ann.ask("presence", channel=ROOM))["presence"]
        assert {info["user"] for info in there.values()} == {str(uuid.UUID(int=n)) for n in (1, 2)}
        assert await ann.ask("presence_stats", channel=ROOM) == {"num_clients": 2, "num_users": 2}
        bob.leave()
        await until(lambda: ann.pushes("leave"))
        assert ann.pushes("leave")[0]["info"]["user"] == str(uuid.UUID(int=2))
        assert len(await place.hub.presence(ROOM)) == 1
        await ann.ask("unsubscribe", channel=ROOM)
        assert await place.hub.presence(ROOM) == {}


@pytest.mark.asyncio
async def test_who_may_not_know_is_not_told() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1)
        place.table.allow(ROOM, 2, grant=Grant())
        ann, bob = await place.connected(1), await place.connected(2)
        await bob.ask("subscribe", channel=ROOM)
        await ann.ask("subscribe", channel=ROOM)
        await until(lambda: ann.pushes("join"))
        assert bob.pushes("join") == []
        assert await bob.refusal("presence", channel=ROOM) == 103


@pytest.mark.asyncio
async def test_where_there_is_none_it_is_not_available() -> None:
    async with world() as place:
        place.table.allow(SIGNALS, 1)
        peer = await place.connected(1)
        assert await peer.refusal("presence", channel=SLOTS) == 108
        assert await peer.refusal("history", channel=SIGNALS) == 108


@pytest.mark.asyncio
async def test_presence_that_fails_leaves_the_subscription() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1)
        peer = await place.connected(1)

        async def broken(channel: str, info: object) -> None:
            raise ValueError("out of order")

        place.hub._presence.add = broken  # type: ignore[method-assign]
        assert "error" not in await peer.ask("subscribe", channel=ROOM)
        await place.hub.publish(ROOM, b"1")
        assert peer.data(ROOM) == [1]


async def double(caller: Caller, params: Mapping[str, Any]) -> object:
    return {"twice": params["n"] * 2, "known": caller.claims is not None}


async def conflict(caller: Caller, params: Mapping[str, Any]) -> object:
    raise Conflict("That is taken.")


async def broken(caller: Caller, params: Mapping[str, Any]) -> object:
    raise ValueError("secret")


HANDLERS = {"double": double, "conflict": conflict, "broken": broken}


@pytest.mark.asyncio
async def test_a_call_is_answered() -> None:
    async with world(handlers=HANDLERS) as place:
        peer, nobody = await place.connected(1), await place.connected(None)
        result = await peer.ask("rpc", method="double", data={"n": 4})
        assert result == {"data": {"twice": 8, "known": True}}
        result = await nobody.ask("rpc", method="double", data={"n": 1})
        assert result == {"data": {"twice": 2, "known": False}}


@pytest.mark.asyncio
async def test_a_refused_call_says_why_and_a_broken_one_does_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with world(handlers=HANDLERS) as place:
        peer = await place.connected(1)
        refused = await peer.ask("rpc", method="conflict")
        assert refused["error"] == {"code": 409, "message": "That is taken."}
        failed = await peer.ask("rpc", method="broken", data={"password": "hush"})
        assert failed["error"] == {
            "code": 100,
            "message": "internal server error",
            "temporary": True,
        }
        assert "rpc broken failed" in caplog.text
        assert "hush" not in caplog.text
        assert await peer.refusal("rpc", method="nothing") == 104
        assert await peer.refusal("rpc", method="double", data=[1]) == 107


@pytest.mark.asyncio
async def test_calls_of_one_method_are_in_order_and_others_pass_them() -> None:
    gate, done = asyncio.Event(), []

    async def slow(caller: Caller, params: Mapping[str, Any]) -> object:
        if params["n"] == 1:
            await gate.wait()
        done.append(params["n"])
        return None

    async with world(handlers={**HANDLERS, "slow": slow}) as place:
        peer = await place.connected(1)
        first = peer.post("rpc", method="slow", data={"n": 1})
        second = peer.post("rpc", method="slow", data={"n": 2})
        assert "error" not in await peer.ask("rpc", method="double", data={"n": 1})
        assert done == []
        gate.set()
        assert (await peer.reply(first))["rpc"] == {"data": None}
        await peer.reply(second)
        assert done == [1, 2]


@pytest.mark.asyncio
async def test_a_call_that_overruns_is_answered_for_and_goes_on() -> None:
    gate, done = asyncio.Event(), []

    async def slow(caller: Caller, params: Mapping[str, Any]) -> object:
        await gate.wait()
        done.append(1)
        return None

    async with world(handlers={"slow": slow}, deadline=0.05) as place:
        peer = await place.connected(1)
        assert await peer.refusal("rpc", method="slow") == 100
        gate.set()
        await until(lambda: done)


@pytest.mark.asyncio
async def test_a_call_outlives_its_connection() -> None:
    gate, begun, done = asyncio.Event(), asyncio.Event(), []

    async def commit(caller: Caller, params: Mapping[str, Any]) -> object:
        begun.set()
        await gate.wait()
        done.append(1)
        return None

    async with world(handlers={"commit": commit}) as place:
        peer = await place.connected(1)
        peer.post("rpc", method="commit")
        await begun.wait()
        peer.leave()
        gate.set()
        await until(lambda: done)
        assert place.hub.statistics()["calls"] == 0
