"""Clients with real sockets, over real TCP, behind a real uvicorn."""

import asyncio
import base64
import json
import os
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

from api.realtime import realtime
from hub.dispatch import Caller
from hub.limits import Limits
from hub.websocket import HubProtocol
from tests.hub.harness import World, served, until, world

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


async def raw_connected(place: World) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(handshake())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def text(number: int, /, **command: Any) -> bytes:
    return json.dumps({"id": number, **command}).encode()


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

    async def subscribe(self, channel: str, token: str = "") -> None:
        await self.opened()
        got = b""
        await self.send(text(1, connect={"token": token}))
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
