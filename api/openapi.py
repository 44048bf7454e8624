"""The OpenAPI 3.1 document: FastAPI's, with our refusals in the place of its own.

Every operation says `default: problem`; those with a refusal of their own name it by `problems(...)`.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.authentication import bearer, optional_bearer
from api.errors import KEY_HEADER, IdempotencyKeyInvalid, IdempotencyKeyMissing
from api.problems import MEDIA_TYPE
from persistence.idempotency import KeyInProgress, KeyReused
from protocol.errors import RequestError, Unauthenticated, Unprocessable
from services.accounts.errors import AccessExpired

TITLE = "Klear Karma"
VERSION = "1"
DESCRIPTION = """Live wellness sessions: people, slots, appointments and rooms.

Everything changes live: subscribe to the channels of the realtime socket (`/connection/websocket`, the Centrifuge
protocol) and use this API to act and to catch up. Times are RFC 3339 with an offset; ids are UUIDs.

Refusals are `application/problem+json` (RFC 9457). `code` is stable; `temporary` says whether the same request can
succeed later; `instance` is the request's id, also in `X-Request-ID`.
"""

TAGS = [
    {"name": "accounts", "description": "Signing in and out, and who I am."},
    {"name": "practitioners", "description": "Who offers what, and when they are open."},
    {"name": "booking", "description": "Holds, appointments, calendars and availability."},
    {"name": "rooms", "description": "A session's room: its people and its messages."},
]

_REFERENCE = {"$ref": "#/components/schemas/Problem"}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "A refusal (RFC 9457). Some carry further members, named where they occur.",
    "required": ["type", "title", "status", "detail", "instance", "code", "temporary"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "examples": ["/problems/slot-taken"]},
        "title": {"type": "string", "description": "What this kind of refusal is, in a sentence."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What was wrong this time."},
        "instance": {"type": "string", "description": "The request's id."},
        "code": {
            "type": "string",
            "description": "Stable; for programs.",
            "examples": ["slot-taken"],
        },
        "temporary": {
            "type": "boolean",
            "description": "Whether the same request can succeed later.",
        },
        "retry_after": {"type": "integer", "description": "Seconds, where they are known."},
        "errors": {
            "type": "array",
            "description": "With code `invalid`: each member that does not fit.",
            "items": {
                "type": "object",
                "required": ["in", "pointer", "code", "message"],
                "properties": {
                    "in": {"type": "string", "enum": ["body", "query", "path", "header", "cookie"]},
                    "pointer": {"type": "string", "examples": ["#/email"]},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}


def problems(*errors: type[RequestError]) -> dict[int | str, dict[str, Any]]:
    """For `responses=` of an operation: these refusals, by status, each with its slug and what it means."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        line = f"`{error.slug}`: {error.title}"
        response = by_status.setdefault(error.status, _response(""))
        response["description"] = "\n\n".join(filter(None, (response["description"], line)))
    return by_status


def document(app: FastAPI) -> dict[str, Any]:
    """The document of `app`, made once and kept."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=TITLE,
            version=VERSION,
            description=DESCRIPTION,
            tags=TAGS,
            servers=[{"url": "/api/v1"}],
            routes=app.routes,
        )
        app.openapi_schema = _with_problems(made)
    return app.openapi_schema


def _with_problems(made: dict[str, Any]) -> dict[str, Any]:
    parts = made["components"]
    parts["schemas"]["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(name, None)  # FastAPI's shape of a 422, which we do not send
    parts["securitySchemes"].pop(optional_bearer.scheme_name, None)
    for path in made["paths"].values():
        for operation in path.values():
            _secure(operation)
            _once_only(operation)
            _refuse(operation)
    return made


def _secure(operation: dict[str, Any]) -> None:
    """FastAPI lists every scheme that a dependency names, as alternatives: here it is needed, optional, or neither."""
    named = {name for each in operation.pop("security", ()) for name in each}
    needed: dict[str, list[str]] = {bearer.scheme_name: []}
    if bearer.scheme_name in named:
        operation["security"] = [needed]
        _add(operation["responses"], Unauthenticated, AccessExpired)
    elif named:
        operation["security"] = [{}, needed]


def _once_only(operation: dict[str, Any]) -> None:
    """A write that needs a key says so, and how the key may be refused."""
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == KEY_HEADER:
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "minLength": 1, "maxLength": 255}
            _add(
                operation["responses"],
                IdempotencyKeyMissing,
                IdempotencyKeyInvalid,
                KeyInProgress,
                KeyReused,
            )


def _refuse(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "parameters" in operation or "requestBody" in operation:
        _add(responses, Unprocessable)
    responses["default"] = _response("Any other refusal.")


def _add(responses: dict[str, Any], *errors: type[RequestError]) -> None:
    """Add these refusals to what the operation names itself. FastAPI's own 422 gives way."""
    for status, response in problems(*errors).items():
        known = responses.get(str(status), {})
        if MEDIA_TYPE in known.get("content", {}):
            known["description"] += f"\n\n{response['description']}"
        else:
            responses[str(status)] = response


def _response(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _REFERENCE}}}
