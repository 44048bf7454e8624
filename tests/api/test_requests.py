import asyncio
import re
from typing import Any

import pytest
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.requests import MAX_BODY, BodyLimitMiddleware, RequestMiddleware
from tests.api.conftest import Connect

pytestmark = pytest.mark.asyncio


async def tell(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the request's id."""
    request = Request(scope, receive)
    await PlainTextResponse(request.state.request_id)(scope, receive, send)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with how long the body is."""
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("a secret of ours")


async def broken_midway(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("a secret of ours")


class Sender:
    """A connection of ours to an application: gives messages one by one, keeps what is sent."""

    def __init__(self, *messages: Message, then: Message | None = None) -> None:
        self._messages = list(messages)
        self._then = then
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        if self._messages:
            return self._messages.pop(0)
        if self._then is None:
            await asyncio.Event().wait()
        return self._then or {}

    async def send(self, message: Message) -> None:
        self.sent.append(message)


def scope(kind: str = "http", **other: Any) -> Scope:
    return {
        "type": kind,
        "method": "POST",
        "path": "/x",
        "query_string": b"",
        "headers": [],
        **other,
    }


# The id


async def test_a_request_gets_an_id(connect: Connect) -> None:
    answer = await connect(RequestMiddleware(tell)).get("/")
    assert re.fullmatch(r"[0-9a-f]{32}", answer.text)
    assert answer.headers["X-Request-ID"] == answer.text


async def test_an_id_that_came_along_is_kept(connect: Connect) -> None:
    given = {"X-Request-ID": "proxy-7_f.3"}
    answer = await connect(RequestMiddleware(tell)).get("/", headers=given)
    assert answer.text == answer.headers["X-Request-ID"] == "proxy-7_f.3"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\tb", "<script>", "é".encode()])
async def test_an_id_that_could_do_harm_is_replaced(connect: Connect, given: str | bytes) -> None:
    raw = given if isinstance(given, bytes) else given.encode()
    answer = await connect(RequestMiddleware(tell)).get("/", headers=[(b"X-Request-ID", raw)])
    assert re.fullmatch(r"[0-9a-f]{32}", answer.text)


async def test_a_websocket_gets_an_id_too() -> None:
    seen: list[str] = []

    async def socket(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["state"]["request_id"])

    sender = Sender()
    await RequestMiddleware(socket)(scope("websocket"), sender.receive, sender.send)
    assert re.fullmatch(r"[0-9a-f]{32}", seen[0])


async def test_a_lifespan_passes_untouched() -> None:
    seen: list[Scope] = []

    async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    sender = Sender()
    for app in (RequestMiddleware(lifespan), BodyLimitMiddleware(lifespan)):
        await app({"type": "lifespan"}, sender.receive, sender.send)
    assert seen == [{"type": "lifespan"}] * 2


# The log


async def test_the_log_tells_the_request_and_no_query(connect: Connect) -> None:
    with structlog.testing.capture_logs(
        processors=[structlog.contextvars.merge_contextvars]
    ) as lines:
        await connect(RequestMiddleware(tell)).get(
            "/join", params={"token": "secret"}, headers={"X-Request-ID": "r1"}
        )
    (line,) = lines
    assert isinstance(line.pop("milliseconds"), float)
    assert line == {
        "event": "request",
        "log_level": "info",
        "method": "GET",
        "path": "/join",
        "status": 200,
        "request_id": "r1",
    }


async def test_a_path_is_logged_to_a_length(connect: Connect) -> None:
    with structlog.testing.capture_logs() as lines:
        await connect(RequestMiddleware(tell)).get("/" + "x" * 1000)
    assert len(lines[0]["path"]) == 200


# A fault of ours


async def test_a_fault_is_a_problem_without_a_word_of_it(connect: Connect) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await connect(RequestMiddleware(broken)).get("/")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["instance"] == answer.headers["X-Request-ID"]
    assert "secret" not in answer.text
    assert [line["event"] for line in lines] == ["request failed", "request"]
    assert lines[0]["exc_info"]


async def test_a_fault_after_the_start_is_not_answered_twice() -> None:
    sender = Sender()
    with structlog.testing.capture_logs() as lines:
        await RequestMiddleware(broken_midway)(scope(), sender.receive, sender.send)
    assert [each["type"] for each in sender.sent] == ["http.response.start"]
    assert lines[-1]["status"] == 200


# The body


async def test_a_body_up_to_the_limit_arrives(connect: Connect) -> None:
    answer = await connect(BodyLimitMiddleware(echo)).post("/", content=b"x" * MAX_BODY)
    assert answer.text == str(MAX_BODY)


async def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    sender = Sender()  # would wait for ever for a body
    headers = [(b"content-length", str(MAX_BODY + 1).encode())]
    app = BodyLimitMiddleware(echo)
    await app(scope(headers=headers), sender.receive, sender.send)
    assert sender.sent[0]["status"] == 413
    assert (b"connection", b"close") in sender.sent[0]["headers"]


@pytest.mark.parametrize("length", [None, b"1", b"-5", b"many"])
async def test_a_body_that_hides_its_size_is_counted(length: bytes | None) -> None:
    part: Message = {"type": "http.request", "body": b"x" * MAX_BODY, "more_body": True}
    sender = Sender(part, part)
    headers = [] if length is None else [(b"content-length", length)]
    app: ASGIApp = BodyLimitMiddleware(echo)
    await app(scope(headers=headers), sender.receive, sender.send)
    assert sender.sent[0]["status"] == 413


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    sender = Sender({"type": "http.request", "body": b"x", "more_body": True})
    app = BodyLimitMiddleware(echo, timeout=0.01)
    await app(scope(), sender.receive, sender.send)
    assert sender.sent[0]["status"] == 408


async def test_a_sender_who_goes_away_is_not_answered() -> None:
    sender = Sender(
        {"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}
    )
    await BodyLimitMiddleware(echo)(scope(), sender.receive, sender.send)
    assert sender.sent == []


async def test_after_the_body_comes_what_the_connection_says() -> None:
    got: list[Message] = []

    async def watch(scope: Scope, receive: Receive, send: Send) -> None:
        got.extend([await receive(), await receive()])

    parts: tuple[Message, ...] = (
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"c"},
    )
    sender = Sender(*parts, then={"type": "http.disconnect"})
    await BodyLimitMiddleware(watch)(scope(), sender.receive, sender.send)
    assert got == [
        {"type": "http.request", "body": b"abc", "more_body": False},
        {"type": "http.disconnect"},
    ]
