"""The socket, over real TCP, behind a real uvicorn."""

import asyncio
import base64
import json
import logging
import os
import secrets
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode

from api.realtime import realtime
from hub.dispatch import Caller
from hub.limits import Limits
from hub.outlet import Message, frame
from hub.websocket import HubProtocol
from tests.hub.harness import ROOM, SIGNALS, SLOTS, World, personal, served, until, world

QUIET = "news:quiet"
QUICK = Limits(close=0.3, drain=0.2, drain_interval=0.05)


def masked(payload: bytes, opcode: Opcode = Opcode.TEXT, fin: bool = True) -> bytes:
    return Frame(opcode, payload, fin).serialize(mask=True)


class Client:
    """A WebSocket client that speaks JSON lines."""

    def __init__(self, link: ClientConnection) -> None:
        self.link = link

    async def ask(self, number: int = 1, /, **command: Any) -> dict[str, Any]:
        await self.link.send(json.dumps({"id": number, **command}))
        while True:
            message = await self.next()
            if message.get("id") == number:
                return message

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            message: dict[str, Any] = json.loads(await self.link.recv())
        return message

    async def data(self, *, most: int) -> list[Any]:
        """The next publications."""
        found: list[Any] = []
        while len(found) < most:
            message = await self.next()
            if "pub" in message.get("push", {}):
                found.append(message["push"]["pub"]["data"])
        return found

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the server's close."""
        async with asyncio.timeout(10):
            await self.link.wait_closed()
        assert self.link.close_code is not None
        return self.link.close_code, self.link.close_reason or ""


@asynccontextmanager
async def client(place: World, person: int | None = 1, **options: Any) -> AsyncIterator[Client]:
    """A connected client."""
    async with connect(place.url, max_size=None, **options) as link:
        here = Client(link)
        token = {} if person is None else {"token": place.tokens.issue(person)}
        assert "connect" in await here.ask(connect=token)
        yield here


@asynccontextmanager
async def bystander(place: World, *, rpc: bool = True) -> AsyncIterator[None]:
    """Somebody whom whatever happens here does not harm."""
    async with client(place, None) as other:
        assert "subscribe" in await other.ask(2, subscribe={"channel": QUIET})
        yield
        await place.hub.publish(QUIET, b'"still here"')
        assert (await other.data(most=1)) == ["still here"]
        answer = await other.ask(3, rpc={"method": "echo", "data": {"a": 1}})
        assert ("rpc" in answer) is rpc


async def echo(caller: Caller, params: Mapping[str, Any]) -> object:
    return params


@asynccontextmanager
async def running(limits: Limits | None = None, **options: Any) -> AsyncIterator[World]:
    async with world(limits=limits, handlers={"echo": echo}, **options) as place, served(place):
        yield place


class Raw:
    """A client that sends whatever bytes it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, payload: bytes, *, opcode: int = 1, fin: bool = True, mask: bool = True) -> None:
        """One frame."""
        self.writer.write(Frame(Opcode(opcode), payload, fin).serialize(mask=mask))

    async def frame(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload."""
        async with asyncio.timeout(10):
            head, size = await self.reader.readexactly(2)
            assert head & 0x80
            assert not size & 0x80
            if size == 126:
                [size] = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                [size] = struct.unpack("!Q", await self.reader.readexactly(8))
            return head & 0x0F, await self.reader.readexactly(size)

    async def closed(self) -> int:
        """The code of the server's close frame, after which he closes."""
        while True:
            opcode, payload = await self.frame()
            if opcode == 8:
                return int.from_bytes(payload[:2], "big")

    async def ended(self) -> None:
        async with asyncio.timeout(10):
            while await self.reader.read(65_536):
                pass


def handshake(query: str = "") -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET /connection/websocket{query} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


@asynccontextmanager
async def raw(place: World, *, query: str = "") -> AsyncIterator[Raw]:
    """A socket that has shaken hands."""
    async with shaken(place.port, handshake(query)) as here:
        yield here


@asynccontextmanager
async def shaken(port: int, first: bytes) -> AsyncIterator[Raw]:
    """A socket that sent `first` and got an answer to its handshake."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(first)
        async with asyncio.timeout(10):
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        yield Raw(reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def early(place: World, frames: bytes) -> AsyncIterator[Raw]:
    """A client too eager to wait for the handshake's answer: his frames are there before the endpoint runs.

    The protocol listens by itself: uvicorn's HTTP parser would drop what comes in the packet of the handshake.
    """
    app = Starlette(routes=[realtime(place.hub)])
    config = uvicorn.Config(app, ws=HubProtocol, lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: HubProtocol(config, state, {}), "127.0.0.1", 0)
    try:
        async with shaken(server.sockets[0].getsockname()[1], handshake() + frames) as here:
            yield here
    finally:
        server.close()
        await until(lambda: not state.tasks and not state.connections)


def text(number: int, /, **command: Any) -> bytes:
    return json.dumps({"id": number, **command}).encode()


# Frames


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 100_000])
def test_a_frame_is_as_the_library_would_write_it(size: int) -> None:
    payload = b"x" * size
    assert frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


def test_a_message_is_framed_once() -> None:
    message = Message(b"{}")
    assert message.websocket is message.websocket


# A socket's life


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


async def raw_connected(place: World) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(handshake())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


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
async def test_who_ends_before_it_began_gets_nothing(frames: bytes) -> None:
    async with world() as place:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            async with early(place, frames):
                pass
        assert place.hub.statistics()["connections"] == 0


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


# Bad input


@pytest.mark.parametrize(
    ("payload", "options", "code"),
    [
        (b"nonsense", {}, 3501),
        (b"", {}, 3501),
        (b"{}", {}, 3501),
        (text(1, rpc={"method": "echo"}), {}, 3501),
        (text(1, connect={"token": "forged"}), {}, 3500),
        (text(1, connect={}), {"opcode": 2}, 3501),
        (b"\xff\xfe", {}, 1007),
        (b"x" * 65_537, {}, 1009),
        (text(1, connect={}), {"mask": False}, 1002),
        (b"x", {"opcode": 0}, 1002),
        (b"x", {"opcode": 8}, 1002),
        (b"x" * 126, {"opcode": 9}, 1002),
    ],
)
@pytest.mark.asyncio
async def test_bad_input_ends_its_connection_alone(
    payload: bytes, options: dict[str, Any], code: int
) -> None:
    async with running() as place, bystander(place):
        async with raw(place) as here:
            if options.get("opcode") in (8, 9):
                opcode = options["opcode"]
                size = bytes((0x80 | opcode, 0x80 | len(payload))) if len(payload) < 126 else b""
                size = size or bytes((0x80 | opcode, 0xFE)) + len(payload).to_bytes(2, "big")
                here.writer.write(size + b"\0\0\0\0" + payload)
            else:
                here.send(payload, **options)
            assert await here.closed() == code
        await until(lambda: place.hub.statistics()["connections"] == 1)


@pytest.mark.asyncio
async def test_a_message_in_too_large_pieces_is_too_large() -> None:
    async with running() as place, bystander(place), raw(place) as here:
        here.send(b"x" * 40_000, fin=False)
        here.send(b"x" * 40_000, opcode=0)
        assert await here.closed() == 1009


@pytest.mark.asyncio
async def test_the_largest_message_is_served() -> None:
    async with running() as place, client(place) as here:
        empty = len(text(2, rpc={"method": "echo", "data": {"x": ""}}))
        filler = "x" * (65_536 - empty)
        reply = await here.ask(2, rpc={"method": "echo", "data": {"x": filler}})
        assert reply["rpc"]["data"]["x"] == filler


@pytest.mark.asyncio
async def test_a_new_message_within_another_is_a_protocol_error() -> None:
    async with running() as place, raw(place) as here:
        here.send(b"x", fin=False)
        here.send(b"y")
        assert await here.closed() == 1002


@pytest.mark.parametrize("opcode", [9, 10, 0])
@pytest.mark.asyncio
async def test_a_flood_of_frames_that_are_no_messages_is_ended(opcode: int) -> None:
    async with running(Limits(burst=50, rate=1.0)) as place, bystander(place), raw(place) as here:
        here.send(text(1, connect={}))
        if opcode == 0:
            here.send(b"", fin=False)
        for _ in range(200):
            here.send(b"", opcode=opcode, fin=opcode != 0)
        assert await here.closed() == 3013


@settings(deadline=None, max_examples=20)
@given(st.binary(min_size=1, max_size=300))
def test_random_bytes_harm_nobody(noise: bytes) -> None:
    async def scene() -> None:
        async with running(QUICK) as place, bystander(place):
            async with raw(place) as here:
                here.writer.write(noise)
                here.writer.write_eof()
                await here.ended()
            await until(lambda: place.hub.statistics()["connections"] == 1)

    asyncio.run(scene())


# Slow readers


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


async def flood(place: World, quick: Client, *, most: int) -> int:
    """Publish until the slow reader is gone; the quick one keeps pace."""
    for number in range(most):
        if place.hub.statistics()["connections"] == 1:
            return number
        await place.hub.publish("news:1", json.dumps("x" * 100_000).encode())
        await quick.data(most=1)
    return most


class Slow:
    """A client with little room (unless `roomy`) that reads only when told to."""

    def __init__(self, port: int, *, roomy: bool = False) -> None:
        self.link = socket.socket()
        if not roomy:
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.link.connect(("127.0.0.1", port))
        self.link.setblocking(False)
        self.link.sendall(handshake())

    async def send(self, payload: bytes, opcode: Opcode = Opcode.TEXT) -> None:
        async with asyncio.timeout(10):
            await asyncio.get_running_loop().sock_sendall(self.link, masked(payload, opcode))

    async def receive(self, most: int) -> bytes:
        async with asyncio.timeout(10):
            return await asyncio.get_running_loop().sock_recv(self.link, most)

    async def opened(self) -> None:
        """Wait for the handshake's answer."""
        got = b""
        while b"\r\n\r\n" not in got:
            got += await self.receive(4096)

    async def subscribe(self, channel: str) -> None:
        await self.opened()
        got = b""
        await self.send(text(1, connect={}))
        await self.send(text(2, subscribe={"channel": channel}))
        while b'"id":2' not in got:
            got += await self.receive(4096)

    async def close_code(self) -> int:
        """Read all there is; the last frame is the close frame."""
        got = b""
        while chunk := await self.receive(1 << 20):
            got += chunk
            at = got.rfind(b"\x88\x06")
            if at >= 0 and len(got) == at + 8:
                await self.send(got[at + 2 :], Opcode.CLOSE)
                return int.from_bytes(got[at + 2 : at + 4], "big")
        raise AssertionError("no close frame")


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


# Going away


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
