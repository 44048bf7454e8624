"""Logs are JSON lines with the request's id, and hold no secrets, whoever writes them."""

import io
import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import structlog

from klear import telemetry

JWT = "eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Logging configured to a buffer; undone afterwards."""
    root = logging.getLogger()
    names = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "asyncio")
    before = (root.handlers[:], root.level, [logging.getLogger(name).level for name in names])
    old = structlog.get_config()
    buffer = io.StringIO()
    telemetry.configure("info", stream=buffer)
    yield buffer
    structlog.configure(**old)
    root.handlers[:], root.level = before[0], before[1]
    for name, level in zip(names, before[2], strict=True):
        logging.getLogger(name).setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def test_one_json_object_a_line_with_the_request_id(stream: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        structlog.get_logger("api").info("request", path="/x", status=200)
        logging.getLogger("hub").warning("rpc %s overran", "chat.send", extra={"room": "7"})
    first, second = lines(stream)
    assert first["event"] == "request"
    assert (first["request_id"], first["path"], first["level"]) == ("r-1", "/x", "info")
    assert second["event"] == "rpc chat.send overran"
    assert (second["request_id"], second["room"], second["logger"]) == ("r-1", "7", "hub")


def test_below_the_level_nothing_is_written(stream: io.StringIO) -> None:
    structlog.get_logger("api").debug("x")
    logging.getLogger("hub").debug("x")
    assert stream.getvalue() == ""


def test_uvicorn_does_not_tell_query_strings(stream: io.StringIO) -> None:
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).info('"WebSocket /connection/websocket?token=%s" [accepted]', JWT)
    assert stream.getvalue() == ""


def test_what_looks_secret_is_masked(stream: io.StringIO) -> None:
    structlog.get_logger("x").warning(
        f"bad token {JWT}",
        url="postgresql://klear_app:hush@db/klear",
        query="/connection/websocket?a=1&token=hush",
        password="hush",
        nested={"Authorization": "hush", "list": [JWT, 1], "ok": "yes"},
    )
    logging.getLogger("lib").error("refused %s", JWT)
    text = stream.getvalue()
    assert "hush" not in text
    assert JWT not in text
    first = lines(stream)[0]
    assert first["url"] == "postgresql://***@db/klear"
    assert first["nested"] == {"Authorization": "***", "list": ["***", 1], "ok": "yes"}


def test_a_traceback_shows_no_locals(stream: io.StringIO) -> None:
    hush = "a value"
    try:
        raise LookupError(len(hush))
    except LookupError:
        structlog.get_logger("x").exception("failed")
    (line,) = lines(stream)
    assert "LookupError: 7" in line["exception"]
    assert "a value" not in stream.getvalue()


def test_what_json_does_not_know_is_written_as_text(stream: io.StringIO) -> None:
    structlog.get_logger("x").info("x", value=object, numbers={1: 2})
    assert lines(stream)[0]["value"] == "<class 'object'>"
