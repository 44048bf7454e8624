"""The hub with clients that have no socket: what they ask for, and what they are told."""

import asyncio
import json
import logging
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from hub.authorizer import Grant, Identity
from hub.broker import Broker
from hub.broker_memory import MemoryBroker
from hub.dispatch import Caller
from hub.errors import UnknownChannel
from hub.hub import TooLarge
from hub.limits import Limits
from protocol.codec import InvalidJSON
from protocol.disconnects import CONNECTION_LIMIT, FORCED, SHUTDOWN, Disconnect
from protocol.errors import Conflict, Forbidden, Unavailable
from tests.hub.harness import (
    CALL,
    ELSEWHERE,
    ROOM,
    SIGNALS,
    SLOTS,
    Peer,
    Tokens,
    personal,
    until,
    world,
)

QUICK = Limits(
    stale=0.1, ping=0.2, pong=0.1, token_grace=0.1, close=0.3, drain=0.2, drain_interval=0.1
)


# Connecting


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


@pytest.mark.asyncio
async def test_without_a_token_he_is_nobody() -> None:
    async with world() as place:
        peer = Peer(place.hub)
        greeted = await peer.ask("connect")
        assert greeted["subs"] == {}
        assert "expires" not in greeted
        assert "error" not in await peer.ask("subscribe", channel=SLOTS)
        assert await peer.refusal("subscribe", channel=ROOM) == 103
        assert place.table.asked == [SLOTS]


@pytest.mark.asyncio
async def test_a_guest_has_no_channel_of_his_own() -> None:
    async with world() as place:
        peer = Peer(place.hub)
        token = place.tokens.issue(1, room=uuid.UUID(int=0xA))
        assert (await peer.ask("connect", token=token))["subs"] == {}


@pytest.mark.asyncio
async def test_an_expired_token_is_an_error_and_a_new_one_connects() -> None:
    async with world() as place:
        peer = Peer(place.hub)
        assert await peer.refusal("connect", token=place.tokens.issue(1, ttl=-1)) == 109
        assert "error" not in await peer.ask("connect", token=place.tokens.issue(1))


@pytest.mark.asyncio
async def test_a_token_that_ends_while_it_is_read_is_expired() -> None:
    tokens = Tokens()
    claims = tokens.verify(tokens.issue(1, ttl=0.05))
    await asyncio.sleep(0.06)
    async with world(verify=lambda _: claims) as place:
        assert await Peer(place.hub).refusal("connect", token="any") == 109


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


# Subscribing


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


# Recovery


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


@pytest.mark.asyncio
async def test_a_namespace_without_recovery_tells_no_position() -> None:
    async with world() as place:
        peer = await place.connected(1)
        await place.hub.publish("news:1", b"1")
        assert await peer.ask("subscribe", channel="news:1", recover=True, epoch="", offset=0) == {}
        await place.hub.publish("news:1", b"2")
        assert peer.data("news:1") == [2]


# Publishing


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


# Presence


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


# History


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


# RPC


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


# Refreshing


@pytest.mark.asyncio
async def test_a_new_token_renews_the_connection() -> None:
    async with world() as place:
        peer = await place.connected(1, ttl=50)
        result = await peer.ask("refresh", token=place.tokens.issue(1, ttl=500))
        assert result["expires"] is True
        assert 490 < result["ttl"] <= 500
        assert await peer.refusal("refresh", token=place.tokens.issue(1, ttl=-1)) == 109


@pytest.mark.parametrize("token", ["forged", "another", ""])
@pytest.mark.asyncio
async def test_a_wrong_token_ends_the_connection(token: str) -> None:
    async with world() as place:
        peer = await place.connected(1)
        token = place.tokens.issue(2) if token == "another" else token
        peer.post("refresh", token=token)
        await until(lambda: peer.wire.closed)
        assert peer.wire.closed is not None
        assert peer.wire.closed.code == 3500


# What the server does


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
async def test_the_server_disconnects_a_person() -> None:
    async with world() as place:
        ann, bob = await place.connected(1), await place.connected(2)
        await place.hub.disconnect(str(uuid.UUID(int=1)))
        assert (ann.wire.closed, bob.wire.closed) == (FORCED, None)
        why = Disconnect(4001, "come back")
        await place.hub.disconnect(str(uuid.UUID(int=2)), why=why)
        assert bob.wire.closed == why


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


# Time


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
async def test_tokens_reach_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with world() as place:
        token = place.tokens.issue(1)
        peer = Peer(place.hub)
        await peer.ask("connect", token=token)
        await peer.ask("refresh", token=token)
        peer.post("refresh", token="forged-secret")
        await until(lambda: peer.wire.closed)
    assert token not in caplog.text
    assert "forged-secret" not in caplog.text
