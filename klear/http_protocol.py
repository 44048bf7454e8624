"""uvicorn's HTTP protocol with bounds that it does not have: how long a request's head is, and how long it takes.

A head (the request line and the headers) and the trailers behind a body are at most HEAD_MAX bytes: longer ones are
answered with 431 and the end. A head that has not come whole within HEAD_PATIENCE ends the connection without a word.
Between requests uvicorn's own keep-alive time holds, and bodies are bounded by the API.
"""

import asyncio
from typing import Any, cast

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_MAX = 64 * 1024
"""Bytes. Browsers send one or two KiB."""

HEAD_PATIENCE = 10.0
"""Seconds for a whole head, from the connection or from its first byte on a connection that was kept."""

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class HeadTooLarge(Exception):
    """Raised inside the parser's callbacks: it stops there, and tells uvicorn that the request is no good."""


class HttpProtocol(HttpToolsProtocol):
    """Pass it to uvicorn as `http`. WebSockets leave it after their head, as ever."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._expecting = True
        self._heads = 0
        self._told = 0  # bytes of this head that the parser has told us
        self._untold = 0  # bytes since it last told us anything: it keeps the unfinished field
        self._deadline: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody came: he has a little time to say what for."""
        super().connection_made(transport)
        self._arm()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """He has gone."""
        self._disarm()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        """Parse, and see whether what is not yet whole has grown too long or begun to take time."""
        expecting, heads = self._expecting, self._heads
        self._untold += len(data)
        super().data_received(data)
        if self._untold > HEAD_MAX:
            self._refuse()
        elif expecting and heads == self._heads and self._deadline is None:
            self._arm()

    @override
    def send_400_response(self, msg: str) -> None:
        """The parser gave up: because of us, or of nonsense."""
        if self._told > HEAD_MAX:
            self._refuse()
        else:
            super().send_400_response(msg)

    # What the parser tells

    @override
    def on_message_begin(self) -> None:
        """A request begins."""
        self._told = self._untold = 0
        super().on_message_begin()

    @override
    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        self._count(len(url))
        super().on_url(url)

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        self._count(len(name) + len(value) + len(": \r\n"))
        super().on_header(name, value)

    @override
    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._untold = 0
        self._heads += 1
        self._expecting = False
        self._disarm()
        super().on_headers_complete()

    @override
    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._untold = 0
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        """The request is whole."""
        self._untold = 0
        self._expecting = True
        super().on_message_complete()

    def _count(self, length: int) -> None:
        self._untold = 0
        self._told += length
        if self._told > HEAD_MAX:
            raise HeadTooLarge

    def _refuse(self) -> None:
        if self.transport.is_closing():
            return
        if self._is_idle():
            self.transport.write(_TOO_LARGE)
        self.transport.close()

    def _is_idle(self) -> bool:
        """Whether no answer is under way."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete

    def _arm(self) -> None:
        self._deadline = self.loop.call_later(HEAD_PATIENCE, self._give_up)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        """Too slow; but the answer to the request before may still be under way."""
        self._deadline = None
        if self._is_idle():
            self.transport.close()
        else:
            self._arm()
