"""Who a connection is: tokens become identities, on `connect` and on `refresh`."""

import asyncio
import logging
import uuid
from typing import Any

import pytest

from protocol.disconnects import INVALID_TOKEN
from tests.hub.harness import (
    ROOM,
    SLOTS,
    Peer,
    Tokens,
    personal,
    until,
    world,
)


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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"organisation": 0xEE}),
        ({}, {"room": uuid.UUID(int=0xA)}),
        ({"room": uuid.UUID(int=0xA)}, {}),
        ({"room": uuid.UUID(int=0xA)}, {"room": uuid.UUID(int=0xB)}),
    ],
)
@pytest.mark.asyncio
async def test_a_persons_token_for_elsewhere_ends_the_connection(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    async with world() as place:
        peer = await place.connected(1, **before)
        assert "error" not in await peer.ask("refresh", token=place.tokens.issue(1, **before))
        peer.post("refresh", token=place.tokens.issue(1, **after))
        await until(lambda: peer.wire.closed)
        assert peer.wire.closed == INVALID_TOKEN


@pytest.mark.asyncio
async def test_who_brings_a_token_keeps_the_channels_that_it_lists() -> None:
    async with world() as place:
        place.table.allow(ROOM, 1)
        peer = await place.connected(1, channels=("board:1", "board:2"))
        for channel in ("board:1", "board:2", "news:1", "lobby:1", ROOM):
            assert "error" not in await peer.ask("subscribe", channel=channel)
        await peer.ask("refresh", token=place.tokens.issue(1, channels=("board:2",)))
        ended = [push for push in map(pushed, peer.wire.sent) if "unsubscribe" in push]
        assert [(push["channel"], push["unsubscribe"]["code"]) for push in ended] == [
            ("board:1", 2000)
        ]
        assert set(peer.session.connection.subscriptions) == {
            personal(1), "board:2", "news:1", "lobby:1", ROOM,
        }  # fmt: skip
        assert await peer.refusal("publish", channel="board:1", data=1) == 103
        assert await peer.ask("publish", channel="board:2", data=1) == {}


def pushed(message: dict[str, Any]) -> dict[str, Any]:
    push: dict[str, Any] = message.get("push", {})
    return push


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
