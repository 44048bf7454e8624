"""Readers that do not keep pace, over real TCP: bounded, disconnected, and nobody's concern but their own."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import uvloop
from websockets.asyncio.client import connect
from websockets.frames import Opcode

from hub.dispatch import Caller
from hub.limits import Limits
from tests.hub.harness import SLOTS, personal, served, until, world
from tests.hub.sockets import (
    QUICK,
    Client,
    Slow,
    bystander,
    client,
    flood,
    running,
    text,
)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_slow_reader_is_disconnected_and_harms_nobody(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def scene() -> None:
        async with running(QUICK) as place, client(place, 2) as quick:
            await quick.ask(2, subscribe={"channel": "news:1"})
            slow = Slow(place.port)
            try:
                await slow.subscribe("news:1")
                sent = await flood(place, quick, most=400)
                await until(lambda: place.hub.statistics()["connections"] == 1)
                assert 8 <= sent < 400
                assert place.hub.statistics()["backlog_bytes"] == 0
                await place.hub.publish("news:1", b'"unharmed"')
                assert await quick.data(most=1) == ["unharmed"]
            finally:
                slow.link.close()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(scene())


@pytest.mark.asyncio
async def test_a_slow_reader_who_reads_on_is_told_why() -> None:
    async with running() as place, client(place, 2) as quick:
        await quick.ask(2, subscribe={"channel": "news:1"})
        slow = Slow(place.port)
        try:
            await slow.subscribe("news:1")
            await flood(place, quick, most=400)
            assert await slow.close_code() == 3008
        finally:
            slow.link.close()


@pytest.mark.asyncio
async def test_a_client_who_asks_and_reads_nothing_is_slow_too() -> None:
    async with running(Limits(hard_backlog=100_000, soft_backlog=10_000, burst=10_000)) as place:
        slow = Slow(place.port)
        try:
            await slow.opened()
            await slow.send(text(1, connect={}))
            for _ in range(400):
                try:
                    await slow.send(b"p" * 125, Opcode.PING)
                    await slow.send(text(2, rpc={"method": "echo", "data": {"x": "y" * 50_000}}))
                except OSError:
                    break
            await until(lambda: place.hub.statistics()["connections"] == 0)
        finally:
            slow.link.close()


@pytest.mark.asyncio
async def test_who_recovers_more_than_a_backlog_is_not_slow_by_it() -> None:
    big = json.dumps("x" * 50_000).encode()
    boards = [f"board:{n}" for n in range(8)]
    async with running() as place:
        token = place.tokens.issue(1, channels=boards)
        async with connect(place.url, max_size=None) as link:
            here = Client(link)
            await here.ask(1, connect={"token": token})
            epochs = {
                board: (await here.ask(n, subscribe={"channel": board}))["subscribe"]["epoch"]
                for n, board in enumerate(boards, 2)
            }
        for board in boards:
            for _ in range(9):
                await place.hub.publish(board, big)
        slow = Slow(place.port, roomy=True)
        try:
            await slow.opened()
            lines = [text(1, connect={"token": token})]
            for n, board in enumerate(boards, 2):
                where = {"recover": True, "epoch": epochs[board], "offset": 0}
                lines.append(text(n, subscribe={"channel": board, **where}))
                lines.append(text(n + 100, history={"channel": board, "limit": -1}))
            await slow.send(b"\n".join(lines))
            got = b""
            while not all(b'"id":%d,' % (n + 100) in got for n in range(2, 10)):
                got += await slow.receive(1 << 20)
            assert got.count(b'"recovered":true') == 8
            assert len(got) > 8 * 2 * 9 * 50_000
        finally:
            slow.link.close()


@pytest.mark.asyncio
async def test_nobody_throws_another_out_by_signals() -> None:
    """Who is behind does without them, and has all the rest when he has caught up."""
    async with running() as place, client(place, 2) as quick:
        slow = Slow(place.port)
        try:
            await slow.subscribe("lobby:1", place.tokens.issue(1))
            await quick.ask(2, subscribe={"channel": "lobby:1"})
            for _ in range(400):
                await place.hub.publish("lobby:1", json.dumps("x" * 60_000).encode())
                [_] = await quick.data(most=1)
            assert place.hub.statistics()["connections"] == 2
            await place.hub.publish(personal(1), b'"not fleeting"')
            got = b""
            while b"not fleeting" not in got:
                got += await slow.receive(1 << 20)
            assert got.count(b"lobby:1") < 400
        finally:
            slow.link.close()


@pytest.mark.asyncio
async def test_a_message_larger_than_the_backlog_is_sent_all_the_same() -> None:
    async def large(caller: Caller, params: Mapping[str, Any]) -> object:
        return "x" * 2_000_000

    async with world(handlers={"large": large}) as place, served(place), client(place) as here:
        reply = await here.ask(2, rpc={"method": "large"})
        assert len(reply["rpc"]["data"]) == 2_000_000


@pytest.mark.asyncio
async def test_who_is_gone_while_his_answer_waits_leaves_nothing() -> None:
    big = json.dumps("x" * 50_000).encode()
    async with running() as place, bystander(place):
        for _ in range(9):
            await place.hub.publish(SLOTS, big)
        slow = Slow(place.port)
        await slow.opened()
        await slow.send(text(1, connect={}))
        for n in range(2, 40):
            await slow.send(text(n, history={"channel": SLOTS, "limit": -1}))
        await until(lambda: place.hub.statistics()["backlog_bytes"] > 100_000)
        slow.link.close()
        await until(lambda: place.hub.statistics()["connections"] == 1)
        await until(lambda: place.hub.statistics()["tasks"] == 0)
