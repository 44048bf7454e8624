"""The server API: POST /api/publish for other backends, with the JSON shapes of Centrifugo's, so `cent` speaks it.

It answers 200 with `result` or `error`, 400 for what is not JSON, 401 for a wrong key, 413 for a body that holds more
than the largest publication and its envelope. A publication that is too large in a body that is not is error 107.
Without a key in the settings there is no route.
"""

import hmac
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.errors import CommandError, InternalError, InvalidRequest
from hub.hub import Hub, TooLarge
from protocol.codec import InvalidJSON, decode, encode
from protocol.envelope import Malformed, text_of
from protocol.errors import RequestError

MAX_KEY = 255
"""Characters of an idempotency key: it is kept for minutes."""

FIELDS = frozenset({"channel", "data", "idempotency_key", "skip_history"})


class TooMuch(Exception):
    """The request's body is over the limit."""


def server_api(hub: Hub, *, key: str) -> list[Route]:
    """The routes, or none without a key."""
    if not key:
        return []

    async def publish(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("X-API-Key", "").encode(), key.encode()):
            return Response(status_code=401)
        try:
            body = await _body(request, most=hub.limits.publication + 4 * MAX_KEY)
            return _json({"result": await _publish(hub, decode(body))})
        except TooMuch:
            return Response(status_code=413)
        except InvalidJSON:
            return Response(status_code=400)
        except (CommandError, RequestError, Malformed, TooLarge) as error:
            return _json({"error": _explain(error)})

    return [Route("/api/publish", publish, methods=["POST"])]


async def _publish(hub: Hub, body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or "data" not in body:
        raise InvalidRequest("a channel and data are wanted")
    unknown = [name for name, value in body.items() if name not in FIELDS and value]
    idempotency_key = text_of(body, "idempotency_key")
    if unknown or len(idempotency_key) > MAX_KEY:
        raise InvalidRequest("a field that is not served")
    position = await hub.publish(
        text_of(body, "channel"),
        encode(body["data"]),
        idempotency_key=idempotency_key,
        skip_history=body.get("skip_history") is True,
    )
    return {"offset": position.offset, "epoch": position.epoch} if position.offset else {}


async def _body(request: Request, *, most: int) -> bytes:
    """The request's body. Raises TooMuch as soon as it is over `most` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooMuch
    return bytes(body)


def _explain(error: Exception) -> dict[str, Any]:
    match error:
        case CommandError():
            reply = error.reply
        case RequestError(temporary=True):
            reply = InternalError.reply
        case _:
            reply = InvalidRequest.reply
    return {"code": reply.code, "message": reply.message}


def _json(value: dict[str, Any]) -> Response:
    return Response(encode(value), media_type="application/json")
