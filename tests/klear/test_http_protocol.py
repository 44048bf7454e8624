"""Heads of requests are bounded in length and in time, over real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from hub.websocket import HubProtocol
from klear import http_protocol
from klear.http_protocol import HEAD_MAX, HttpProtocol
from klear.server import listen

ENOUGH = 60 * 2**20
"""Bytes that one connection could send as headers once."""


async def echo(request: Request) -> Response:
    return Response(await request.body())


async def slow(request: Request) -> Response:
    await request.app.state.go.wait()
    return Response(b"slow")


async def socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


class Site:
    """A server, and its address."""

    def __init__(self, port: int, go: asyncio.Event) -> None:
        self.port = port
        self.go = go

    @asynccontextmanager
    async def connected(
        self,
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    app = Starlette(
        routes=[
            Route("/echo", echo, methods=["POST", "GET"]),
            Route("/slow", slow),
            WebSocketRoute("/socket", socket),
        ]
    )
    app.state.go = asyncio.Event()
    config = uvicorn.Config(
        app, http=HttpProtocol, ws=HubProtocol, loop="none", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    with listen("127.0.0.1", 0) as listener:
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve([listener]))
            yield Site(listener.getsockname()[1], app.state.go)
            server.should_exit = True


async def read(reader: asyncio.StreamReader) -> bytes:
    """All until the end, however it ends."""
    said = b""
    async with asyncio.timeout(20):
        with contextlib.suppress(ConnectionResetError):
            while piece := await reader.read(65536):
                said += piece
    return said


async def pour(writer: asyncio.StreamWriter, piece: bytes) -> int:
    """Send the same piece again and again until the server has had enough; returns how much it took."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        while sent < ENOUGH and not writer.transport.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
            sent += len(piece)
    return sent


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"GET /echo HTTP/1.1\r\nhost: a\r\n", b"x-a: " + b"b" * 1000 + b"\r\n"),
        (b"GET /echo HTTP/1.1\r\nhost: a\r\nx-a: ", b"b" * 5000),
        (b"GET /", b"a" * 5000),
        (b"", b"\r\n" * 2000),
        (
            b"POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
            b"x-a: " + b"b" * 1000 + b"\r\n",
        ),
    ],
    ids=["many", "one", "target", "blank", "trailers"],
)
async def test_a_head_without_end_is_cut_off(site: Site, begin: bytes, piece: bytes) -> None:
    async with site.connected() as (reader, writer):
        writer.write(begin)
        sent = await pour(writer, piece)
        said = await read(reader)
    assert sent < ENOUGH
    assert said == b"" or b" 431 " in said.split(b"\r\n")[0]


@pytest.mark.asyncio
async def test_one_that_is_too_long_is_told(site: Site) -> None:
    async with site.connected() as (reader, writer):
        writer.write(b"GET /echo HTTP/1.1\r\nhost: a\r\nx-a: " + b"b" * HEAD_MAX + b"\r\n\r\n")
        assert (await read(reader)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.asyncio
async def test_nonsense_is_told_apart(site: Site) -> None:
    async with site.connected() as (reader, writer):
        writer.write(b"nonsense\r\n\r\n")
        assert (await read(reader)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.asyncio
async def test_long_heads_and_long_bodies_are_fine(site: Site) -> None:
    body = b"x" * 10 * HEAD_MAX
    async with site.connected() as (reader, writer):
        for _ in range(3):
            writer.write(b"POST /echo HTTP/1.1\r\nhost: a\r\nx-a: " + b"b" * (HEAD_MAX - 100))
            writer.write(b"\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            async with asyncio.timeout(20):
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 ")
                assert await reader.readexactly(len(body)) == body


@pytest.mark.asyncio
@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET /echo HTTP/1.1\r\nhost: a\r\n"])
async def test_a_head_that_does_not_come_ends_the_connection(
    site: Site, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_PATIENCE", 0.1)
    async with site.connected() as (reader, writer):
        writer.write(sent)
        assert await read(reader) == b""


@pytest.mark.asyncio
async def test_so_does_a_second_one(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async with site.connected() as (reader, writer):
        writer.write(b"GET /echo HTTP/1.1\r\nhost: a\r\n\r\n")
        async with asyncio.timeout(20):
            await reader.readuntil(b"\r\n\r\n")
        monkeypatch.setattr(http_protocol, "HEAD_PATIENCE", 0.1)
        writer.write(b"GET /echo HTTP/1.1\r\n")
        assert await read(reader) == b""


@pytest.mark.asyncio
async def test_who_waits_for_an_answer_is_not_sent_away(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_PATIENCE", 0.05)
    async with site.connected() as (reader, writer):
        writer.write(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n")
        await asyncio.sleep(0.05)
        writer.write(b"GET /ec")  # the next one, half of it
        await asyncio.sleep(0.3)
        site.go.set()
        assert (await read(reader)).endswith(b"slow")


@pytest.mark.asyncio
async def test_sockets_leave_it_after_their_head(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "HEAD_PATIENCE", 0.2)
    async with connect(f"ws://127.0.0.1:{site.port}/socket") as client:
        await asyncio.sleep(0.4)
        await client.send("hello")
        assert await client.recv() == "hello"
