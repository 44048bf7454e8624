"""The socket: Starlette routes it and shakes hands, then this takes it over. From there on it costs no task.

uvicorn's WebSocket protocol class is replaceable: `uvicorn.Config(ws=HubProtocol)`. HubProtocol serves the handshake
through ASGI as usual and lets the endpoint call `take_over`: the ASGI call returns and is freed, with uvicorn's object,
queue and scope, and bytes go straight from the transport to a Socket and back. What a Socket writes was framed once for
all receivers, and is written once a tick.

uvicorn no longer knows a socket that was taken over (its shutdown would wait for it for ever): `Hub.drain` ends it.
"""

import asyncio
import logging
from typing import Any, Protocol, final

from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from hub.hub import Hub
from hub.limits import KIB
from hub.outlet import Message
from hub.session import Session
from protocol.disconnects import BAD_REQUEST, SLOW, Disconnect

TAKE_OVER = "klear.take_over"
"""The key of the scope's extensions under which an endpoint finds `take_over`."""

MAX_MESSAGE = 64 * KIB
"""Bytes of a client's message, and of a fragment, before the hub takes over and tells its own limit."""

quiet = logging.getLogger("hub.handshake")
quiet.setLevel(logging.WARNING)
"""uvicorn logs each handshake with its query string at INFO, and frames at DEBUG: tokens never reach a log."""


class TakeOver(Protocol):
    """Hands the socket to a hub. Called once, right after the handshake was accepted."""

    def __call__(self, hub: Hub, *, network: str = "") -> None:
        """Return, and touch the socket no more. `network` is where it comes from, as `Hub.admits` counts it."""
        ...


class HubProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol until the handshake is done and the endpoint gives the socket away."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = quiet
        self.ping_interval = None  # the hub pings, in the client protocol's own words
        # no compression: a publication is framed once for everybody
        self.conn = ServerProtocol(extensions=[], max_size=MAX_MESSAGE, logger=quiet)

    @override
    async def run_asgi(self) -> None:
        """Let the endpoint find the way to take the socket over."""
        extensions: dict[str, Any] = self.scope["extensions"]
        extensions[TAKE_OVER] = self.take_over
        try:
            await super().run_asgi()
        finally:
            del extensions[TAKE_OVER]  # a cycle that would keep all of this until a collection

    @override
    def handle_parser_exception(self) -> None:
        """Nonsense before the handshake's answer: there is no close frame to answer it with yet."""
        if self.handshake_complete:
            super().handle_parser_exception()
        else:
            self.transport.abort()

    def take_over(self, hub: Hub, *, network: str = "") -> None:
        """Give the transport to a Socket of `hub`, with whatever came since the handshake.

        Raises ClientDisconnected for a client that is gone: uvicorn would log our silence as an error of ours.
        """
        transport = self.transport
        if transport.is_closing():
            raise ClientDisconnected
        socket = Socket(transport, self.conn, hub, network=network)
        transport.set_protocol(socket)
        self.connections.discard(self)
        self.transport = Released()
        while not self.queue.empty():
            socket.catch_up(self.queue.get_nowait())
        socket.fragments(self.frames, text=self.curr_msg_data_type == "text")
        if self.read_paused:
            transport.resume_reading()


@final
class Released(asyncio.Transport):
    """What is left to uvicorn of a socket that was taken over: nothing to close."""

    @override
    def close(self) -> None:
        """Nothing: the socket is another's."""


@final
class Socket(asyncio.Protocol):
    """One socket that was taken over: bytes to text for the session, and messages to frames for the transport."""

    __slots__ = (
        "_closing",
        "_flusher",
        "_hard",
        "_message",
        "_parser",
        "_paused",
        "_pending",
        "_queued",
        "_session",
        "_soft",
        "_text",
        "_transport",
        "_waiting",
    )

    def __init__(
        self, transport: asyncio.Transport, parser: ServerProtocol, hub: Hub, *, network: str
    ) -> None:
        limits = hub.limits
        self._transport = transport
        self._parser = parser
        self._soft, self._hard = limits.soft_backlog, limits.hard_backlog
        self._waiting: list[asyncio.Future[None]] = []
        self._pending: list[bytes] = []
        self._queued = 0
        self._paused = False
        self._closing = False
        self._message: bytearray | None = None
        self._text = True
        parser.max_message_size = limits.message
        # uvloop's default low mark is 16 bytes; this sets it to a quarter of the high one
        transport.set_write_buffer_limits(high=limits.soft_backlog)
        self._flusher = hub.flusher
        self._session: Session = hub.open(self, network=network)

    # What comes in

    def catch_up(self, event: Any) -> None:
        """What uvicorn had queued before the socket was taken over."""
        text = event.get("text")
        if text is None:
            self._session.end(BAD_REQUEST)
        else:
            self._session.receive(text)

    def fragments(self, frames: list[bytes], *, text: bool) -> None:
        """The begun message that uvicorn held."""
        if frames:
            self._message, self._text = bytearray(b"".join(frames)), text

    @override
    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._parser.receive_data(data)
        for event in self._parser.events_received():
            if isinstance(event, Frame):
                self._frame(event)
        self._answer()
        if self._parser.parser_exc is not None and not self._closing:
            # the parser has answered with a close frame: 1002, 1007 or 1009
            self._finish()

    def _frame(self, event: Frame) -> None:
        if self._closing:
            if event.opcode is Opcode.CLOSE:
                self._transport.close()
            return
        match event.opcode:
            case Opcode.TEXT | Opcode.BINARY:
                self._text = event.opcode is Opcode.TEXT
                self._data(event)
            case Opcode.CONT:
                self._data(event)
            case Opcode.CLOSE:
                self._answer()
                self._finish()
            case _:
                self._session.count()

    def _data(self, event: Frame) -> None:
        """A message, or a piece of one. Pieces count, so that a flood of empty ones ends."""
        if event.opcode is Opcode.CONT or not event.fin:
            self._session.count()
            if self._message is None:
                self._message = bytearray()
            self._message += event.data
            if not event.fin:
                return
            payload: bytes | bytearray | memoryview = self._message
            self._message = None
        else:
            payload = event.data
        self._deliver(bytes(payload))

    def _deliver(self, payload: bytes) -> None:
        if not self._text:
            self._session.end(BAD_REQUEST)
            return
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            self._fail(1007, "invalid UTF-8")
        else:
            self._session.receive(text)

    @override
    def eof_received(self) -> None:
        """The client has nothing more to say: the transport closes itself."""

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone."""
        self._closing = True
        self._pending.clear()
        self._queued = 0
        self._wake()
        self._session.lost()

    # What goes out

    def send(self, message: Message) -> None:
        """Queue a message; a reader who has left too many ends as slow. One alone is never too much."""
        if self._closing:
            return
        if self.backlog > self._hard:
            self._slow()
            return
        framed = message.websocket
        if not self._pending and not self._paused:
            self._flusher.add(self)
        self._pending.append(framed)
        self._queued += len(framed)

    def flush(self) -> None:
        """Write what is queued, with one call, unless the reader must catch up first."""
        if self._paused or not self._pending:
            return
        pending, self._pending = self._pending, []
        self._queued = 0
        if len(pending) == 1:
            self._transport.write(pending[0])
        else:
            self._transport.writelines(pending)
        if not self._paused:
            self._wake()

    async def writable(self) -> None:
        """Wait until what is queued is within the soft limit, or the connection ends."""
        while self.backlog > self._soft and not self._closing:
            caught_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(caught_up)
            await caught_up

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for caught_up in waiting:
            if not caught_up.done():
                caught_up.set_result(None)

    @override
    def pause_writing(self) -> None:
        """The transport's buffer is over the soft limit: what follows waits here, by reference."""
        self._paused = True

    @override
    def resume_writing(self) -> None:
        """The reader has caught up."""
        self._paused = False
        if not self._closing:
            self.flush()
        self._wake()

    @property
    def backlog(self) -> int:
        """Bytes that the kernel has not taken."""
        return self._queued + self._transport.get_write_buffer_size()

    def _slow(self) -> None:
        """Not at once: whoever sends may be in the midst of all his receivers."""
        self._pending.clear()
        self._queued = 0
        self._closing = True
        asyncio.get_running_loop().call_soon(self._end_slow)

    def _end_slow(self) -> None:
        if not self._session.ended:
            self._closing = False
            self._session.end(SLOW)

    # The end

    def close(self, why: Disconnect) -> None:
        """Send what is queued and a close frame; the client answers it, or the hub aborts in the end."""
        if self._closing:
            return
        self._paused = False
        self.flush()
        self._closing = True
        if self._parser.state is State.OPEN:
            self._parser.send_close(why.code, why.reason)
        self._answer()

    def abort(self) -> None:
        """Drop the connection."""
        self._transport.abort()

    def _fail(self, code: int, reason: str) -> None:
        self._parser.fail(code, reason)
        self._answer()
        self._finish()

    def _finish(self) -> None:
        """Our close frame is written: close when it has left."""
        self._closing = True
        self._pending.clear()
        self._queued = 0
        self._transport.close()
        self._session.closing()

    def _answer(self) -> None:
        """Write what the parser answers: pongs and close frames, between whole frames of ours."""
        out = [data for data in self._parser.data_to_send() if data]
        if out and not self._transport.is_closing():
            self._transport.writelines(out)
            if not self._closing and self._transport.get_write_buffer_size() > self._hard:
                self._slow()
