"""What surrounds every request: an id, a log line, a bounded body, and no traceback for a stranger.

Pure ASGI, outside of routing. WebSockets pass with their id: the hub bounds and logs its own.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import PayloadTooLarge, SlowBody
from api.problems import problem
from protocol.errors import RequestError

MAX_BODY = 64 * 1024
"""Bytes: as large as a message on the realtime socket may be. The API takes forms, not files."""
BODY_TIMEOUT = 15.0
"""Seconds for a body to arrive: 64 KiB at 35 kbit/s, a bad line. A slower sender is holding the connection open."""
MAX_LOGGED_PATH = 200

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
"""What we take over from a proxy. It is repeated in headers and logs, so nothing else."""

log = structlog.get_logger(__name__)


class RequestMiddleware:
    """Gives a request its id (X-Request-ID, accepted and echoed), logs its end, and answers for a fault of ours."""

    def __init__(self, app: ASGIApp, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = _request_id(Headers(scope=scope))
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            if scope["type"] == "http":
                await self._serve(scope, receive, send)
            else:
                await self._app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = self._clock()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = scope["state"]["request_id"]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            log.exception("request failed", method=scope["method"], path=_path(scope))
            if not status:
                await problem(Request(scope), RequestError())(scope, receive, send_with_id)
        finally:
            took = round((self._clock() - began) * 1000, 1)
            log.info(
                "request",
                method=scope["method"],
                path=_path(scope),
                status=status,
                milliseconds=took,
            )


class BodyLimitMiddleware:
    """Takes the whole body before the application sees the request: at most MAX_BODY, at most BODY_TIMEOUT."""

    def __init__(
        self, app: ASGIApp, *, max_body: int = MAX_BODY, timeout: float = BODY_TIMEOUT
    ) -> None:
        self._app = app
        self._max_body = max_body
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await self._body(scope, receive)
        except RequestError as error:
            # The rest of the body is still on its way: the connection cannot carry another request.
            refusal = problem(Request(scope), error, {"Connection": "close"})
            await refusal(scope, receive, send)
            return
        if body is not None:
            await self._app(scope, _replay(body, receive), send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body, or None when the sender went away in the middle of it."""
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > self._max_body:
            raise PayloadTooLarge
        try:
            async with asyncio.timeout(self._timeout):
                return await self._collect(receive)
        except TimeoutError:
            raise SlowBody from None

    async def _collect(self, receive: Receive) -> bytes | None:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._max_body:
                raise PayloadTooLarge
        return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once, then what the connection says: that it closed."""
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _path(scope: Scope) -> str:
    """The path without its query: a query may hold a token or a name."""
    path: str = scope["path"]
    return path[:MAX_LOGGED_PATH]
