"""Every refusal as problem+json (RFC 9457), mapped in one place.

`type` is /problems/<slug>, `instance` the request's id, `code` the slug; `temporary` says whether the same request
can succeed later; further members come with the refusal. A fault of ours says nothing of what it was.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.errors import MalformedBody, MethodNotAllowed, NoSuchPath, PayloadTooLarge
from api.responses import Json
from protocol.errors import BadRequest, RequestError, Unprocessable

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 50
"""Validation errors told at once: a body of 64 KiB can hold thousands."""

log = structlog.get_logger(__name__)

Handler = Callable[[Request, Any], Awaitable[Response]]


def problem(
    request: Request, error: RequestError, headers: Mapping[str, str] | None = None
) -> Response:
    """The response to a refusal."""
    body = {
        **_told(error),
        "type": f"/problems/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": getattr(request.state, "request_id", ""),
        "code": error.slug,
        "temporary": error.temporary,
    }
    sent = {**_headers(error), **(headers or {})}
    return Json(body, status=error.status, headers=sent, media_type=MEDIA_TYPE)


async def refused(request: Request, error: RequestError) -> Response:
    """A RequestError. Why a part of ours does not answer is for the log."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request not served", code=error.slug, **error.fields)
    return problem(request, error)


async def invalid(request: Request, error: RequestValidationError) -> Response:
    """A request that does not fit its shape: 422 with each error's place, or 400 when it is no JSON at all."""
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return problem(request, MalformedBody())
    return problem(request, Unprocessable(errors=[_place(each) for each in found[:MAX_ERRORS]]))


async def routed(request: Request, error: HTTPException) -> Response:
    """What routing refuses: no such path, or not with this method."""
    return problem(request, _from_http(error), error.headers)


async def failed(request: Request, error: Exception) -> Response:
    """A fault of ours. It is logged by the middleware, which knows the request."""
    return problem(request, RequestError())


async def meaning(request: Request) -> Response:
    """What a refusal's `type` leads to: what it means, in JSON. NoSuchPath for a slug that none has."""
    slug = request.path_params["slug"]
    found = next((each for each in _refusals(RequestError) if each.slug == slug), None)
    if found is None:
        raise NoSuchPath
    said = {
        "type": f"/problems/{slug}",
        "title": found.title,
        "status": found.status,
        "temporary": found.temporary,
        "description": inspect.getdoc(found),
    }
    return Json(said)


def _refusals(kind: type[RequestError]) -> Iterator[type[RequestError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _refusals(each)


HANDLERS: Mapping[Any, Handler] = {
    RequestError: refused,
    RequestValidationError: invalid,
    HTTPException: routed,
    Exception: failed,
}
"""For `exception_handlers` of both applications, the outer and the mounted one."""

_BY_STATUS: Mapping[int, type[RequestError]] = {
    400: BadRequest,
    404: NoSuchPath,
    405: MethodNotAllowed,
    413: PayloadTooLarge,
}
"""What Starlette and FastAPI raise by themselves; another status would be a mistake of ours, and is told as one."""


def _told(error: RequestError) -> Mapping[str, Any]:
    """The refusal's own members; of a fault of ours only when to come back."""
    if error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return error.fields
    return {name: value for name, value in error.fields.items() if name == "retry_after"}


def _headers(error: RequestError) -> dict[str, str]:
    headers = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110, 15.5.2: a 401 must name a scheme
    if (seconds := error.fields.get("retry_after")) is not None:
        headers["Retry-After"] = str(seconds)
    return headers


def _from_http(error: HTTPException) -> RequestError:
    refusal = _BY_STATUS.get(error.status_code, RequestError)
    return refusal()


def _place(error: Mapping[str, Any]) -> dict[str, str]:
    """Where and what. The value itself is never repeated: it may be a password."""
    where, *path = error["loc"]
    return {
        "in": str(where),
        "pointer": _pointer(path),
        "code": error["type"],
        "message": error["msg"],
    }


def _pointer(path: Sequence[str | int]) -> str:
    """A JSON pointer in a fragment (RFC 6901, 6), as RFC 9457's own example has it."""
    escaped = (str(each).replace("~", "~0").replace("/", "~1") for each in path)
    return "#" + "".join(f"/{each}" for each in escaped)
