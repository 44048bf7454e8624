"""The load tests' client, against the hub behind a real server."""

import asyncio
from typing import Any

import pytest

from loadtests.client import RealtimeClient, Refused
from tests.hub.harness import ELSEWHERE, ROOM, SLOTS, World, served, world


def _address(place: World) -> str:
    return f"ws://127.0.0.1:{place.port}/connection/websocket"


def _watch(address: str, channel: str, *, token: str = "", wanted: int) -> list[Any]:
    with RealtimeClient.connected(address, token=token) as client:
        client.command("subscribe", {"channel": channel})
        seen = []
        for _, data in client.publications(20):
            seen.append(data)
            if len(seen) == wanted:
                break
        return seen


@pytest.mark.asyncio
async def test_a_watcher_receives_what_is_published() -> None:
    async with world() as place, served(place):
        watching = asyncio.ensure_future(
            asyncio.to_thread(_watch, _address(place), SLOTS, wanted=3)
        )
        for number in range(1000):
            await place.hub.publish(SLOTS, b'{"n":%d}' % number)
            await asyncio.sleep(0.005)
            if watching.done():
                break
        seen = await watching
    numbers = [data["n"] for data in seen]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


@pytest.mark.asyncio
async def test_a_refusal_has_its_code() -> None:
    async with world() as place, served(place):
        token = place.tokens.issue()
        place.table.allow(ROOM, 1)
        with pytest.raises(Refused) as refused:
            await asyncio.to_thread(_watch, _address(place), ELSEWHERE, token=token, wanted=1)
    assert refused.value.code == 103


@pytest.mark.asyncio
async def test_pings_are_answered_while_waiting() -> None:
    def ask(address: str) -> list[Any]:
        with RealtimeClient.connected(address) as client:
            client._socket.send("{}")  # the hub answers nothing to a pong: the next reply is ours
            client.command("subscribe", {"channel": SLOTS})
            return list(client.publications(0.05))

    async with world() as place, served(place):
        assert await asyncio.to_thread(ask, _address(place)) == []
