"""The socket's life, over real TCP, behind a real uvicorn: its beginning, its order and its end."""

import asyncio
import json
import logging
import secrets
import socket
import struct

import pytest
import uvloop
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.frames import Opcode

from hub.limits import Limits
from tests.hub.harness import ROOM, SIGNALS, SLOTS, personal, served, until, world
from tests.hub.sockets import (
    QUICK,
    bystander,
    client,
    early,
    echo,
    masked,
    raw,
    raw_connected,
    running,
    text,
)


@pytest.mark.asyncio
async def test_a_socket_costs_no_task() -> None:
    async with running() as place:
        before = len(asyncio.all_tasks())
        sockets = [await raw_connected(place) for _ in range(20)]
        await until(lambda: len(asyncio.all_tasks()) <= before)
        assert place.hub.statistics()["connections"] == 20
        for reader, writer in sockets:
            writer.close()
            assert reader is not None
        await until(lambda: place.hub.statistics()["connections"] == 0)


def test_it_runs_on_uvloop_too() -> None:
    async def scene() -> None:
        async with running() as place, bystander(place), client(place) as here:
            assert (await here.ask(2, rpc={"method": "echo", "data": {"n": 1}}))["rpc"]["data"] == {
                "n": 1
            }
            big = json.dumps("x" * 60_000).encode()
            for _ in range(8):
                await place.hub.publish(personal(1), big)
            assert await here.data(most=8) == ["x" * 60_000] * 8

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scene())


@pytest.mark.asyncio
async def test_what_came_with_the_handshake_is_not_lost() -> None:
    async with world(handlers={"echo": echo}) as place:
        connect_first = masked(text(1, connect={"token": place.tokens.issue(1)}))
        then = masked(text(2, rpc={"method": "echo", "data": {"n": 1}}))
        async with early(place, connect_first + then) as here:
            assert json.loads((await here.frame())[1])["id"] == 1
            assert json.loads((await here.frame())[1])["rpc"] == {"data": {"n": 1}}


@pytest.mark.asyncio
async def test_a_message_begun_with_the_handshake_is_finished() -> None:
    command = text(1, connect={})
    async with world() as place:
        async with early(place, masked(command[:5], fin=False)) as here:
            here.send(command[5:], opcode=0)
            assert json.loads((await here.frame())[1])["id"] == 1
        half = masked(command)
        async with early(place, half[:7]) as here:
            here.writer.write(half[7:])
            assert json.loads((await here.frame())[1])["id"] == 1


@pytest.mark.asyncio
async def test_what_came_too_early_and_wrong_ends_it() -> None:
    async with world() as place:
        async with early(place, masked(b"x", Opcode.BINARY)) as here:
            assert await here.closed() == 3501
        await until(lambda: place.hub.statistics()["connections"] == 0)


@pytest.mark.parametrize(
    "frames", [masked(b"", Opcode.CLOSE), masked(b"x", Opcode.CONT), b"\xff\xff"]
)
@pytest.mark.asyncio
async def test_who_ends_before_it_began_gets_nothing(
    frames: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with world() as place:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            async with early(place, frames):
                pass
        assert place.hub.statistics()["connections"] == 0
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.asyncio
async def test_fragments_are_one_message_and_control_frames_pass_between() -> None:
    async with running() as place, raw(place) as here:
        command = text(1, connect={})
        here.send(command[:3], fin=False)
        here.send(b"hello", opcode=9)
        here.send(command[3:9], opcode=0, fin=False)
        here.send(b"unasked", opcode=10)
        here.send(command[9:], opcode=0)
        assert await here.frame() == (10, b"hello")
        assert json.loads((await here.frame())[1])["id"] == 1


@pytest.mark.asyncio
async def test_a_clients_close_is_answered() -> None:
    async with running() as place, raw(place) as here:
        here.send(text(1, connect={}))
        await here.frame()
        here.send(struct.pack("!H", 1000) + b"bye", opcode=8)
        assert await here.frame() == (8, struct.pack("!H", 1000) + b"bye")
        await here.ended()
        await until(lambda: place.hub.statistics()["connections"] == 0)


@pytest.mark.asyncio
async def test_a_clients_silence_after_our_close_is_ended() -> None:
    async with running(QUICK) as place, raw(place) as here:
        here.send(b"nonsense")
        assert await here.closed() == 3501
        here.send(text(1, connect={}))
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await here.frame()
        await until(lambda: place.hub.statistics()["deadlines"] == 0)


@pytest.mark.asyncio
async def test_our_close_is_over_when_the_client_answers() -> None:
    async with running() as place, client(place) as here:
        await here.link.send("nonsense")
        assert await here.closed() == (3501, "bad request")
        await until(lambda: place.hub.statistics()["deadlines"] == 0)


@pytest.mark.asyncio
async def test_a_broken_link_is_noticed() -> None:
    async with running() as place, bystander(place):
        async with raw(place) as here:
            here.send(text(1, connect={"token": place.tokens.issue(1)}))
            await here.frame()
            assert place.hub.statistics()["connections"] == 2
            link = here.writer.get_extra_info("socket")
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await until(lambda: place.hub.statistics()["connections"] == 1)


@pytest.mark.asyncio
async def test_the_server_pings_and_the_client_answers() -> None:
    async with running(Limits(ping=0.3, pong=0.3)) as place, client(place) as here:
        for _ in range(3):
            assert await here.next() == {}
            await here.link.send("{}")
        assert (await here.closed())[0] == 3012


@pytest.mark.asyncio
async def test_a_socket_that_nobody_takes_over_stays_the_servers() -> None:
    async def kept(websocket: WebSocket) -> None:
        await websocket.accept()
        assert (await websocket.receive())["type"] == "websocket.disconnect"

    routes = [WebSocketRoute("/kept", kept)]
    async with world() as place, served(place, routes=routes), bystander(place, rpc=False):
        url = f"ws://127.0.0.1:{place.port}/kept"
        link = await connect(url)
        try:
            link.transport.write(b"\xff\xff")
            await link.wait_closed()
            assert link.close_code == 1002
        finally:
            await link.close()


@pytest.mark.asyncio
async def test_a_drain_ends_every_socket_with_3001() -> None:
    async with running(QUICK) as place, client(place, 1) as ann, client(place, 2) as bob:
        async with raw(place) as silent:
            closes = asyncio.gather(ann.closed(), bob.closed())
            await place.hub.drain()
            assert set(await closes) == {(3001, "shutdown")}
            assert await silent.closed() == 3001
        with pytest.raises(InvalidStatus) as refused:
            await connect(place.url)
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"] == "5"


@pytest.mark.asyncio
async def test_messages_of_one_tick_keep_their_order() -> None:
    async with running() as place, client(place) as here:
        place.table.allow(SIGNALS, 1)
        place.table.allow(ROOM, 1)
        await here.ask(2, subscribe={"channel": SIGNALS})
        lines = [text(n, publish={"channel": SIGNALS, "data": n}) for n in range(3, 23)]
        await here.link.send(b"\n".join(lines).decode())
        got = [await here.next() for _ in range(40)]
        assert [message["id"] for message in got if "id" in message] == list(range(3, 23))
        pushed = [message["push"]["pub"]["data"] for message in got if "push" in message]
        assert pushed == list(range(3, 23))
        first = got.index(next(message for message in got if message.get("id") == 3))
        assert got.index({"push": got[first - 1]["push"]}) < first


@pytest.mark.asyncio
async def test_writes_may_be_held_back_to_go_together() -> None:
    async with running(flush_delay=0.05) as place, client(place) as here:
        for number in range(10):
            await place.hub.publish(personal(1), str(number).encode())
        assert place.hub.flusher.depth == 1
        assert place.hub.statistics()["backlog_bytes"] > 0
        assert await here.data(most=10) == list(range(10))


@pytest.mark.asyncio
async def test_a_publication_reaches_many() -> None:
    async with running() as place:
        place.table.allow(ROOM, 1)
        readers = [await raw_connected(place) for _ in range(300)]
        for _, writer in readers:
            writer.write(
                masked(text(1, connect={}) + b"\n" + text(2, subscribe={"channel": SLOTS}))
            )
        await until(lambda: place.hub.statistics()["local_subscriptions"] == 300)
        await place.hub.publish(SLOTS, b'"to all of you"')
        for reader, writer in readers:
            async with asyncio.timeout(10):
                await reader.readuntil(b'"to all of you"')
            writer.close()
        await until(lambda: place.hub.statistics()["connections"] == 0)


@pytest.mark.asyncio
async def test_no_token_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = secrets.token_hex()
    async with running() as place, raw(place, query=f"?token={secret}") as here:
        here.send(text(1, connect={"token": secret}))
        assert await here.closed() == 3500
    logged = [
        record for record in caplog.records if not record.name.startswith("websockets.client")
    ]
    assert all(secret not in record.getMessage() for record in logged)
