"""Who a connection is: tokens become identities, on `connect` and on `refresh`."""

import asyncio
import logging
import uuid

import pytest

from tests.hub.harness import (
    ROOM,
    SLOTS,
    Peer,
    Tokens,
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
