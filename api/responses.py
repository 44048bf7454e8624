"""JSON responses by orjson: dataclasses, UUIDs and times as they are.

A handler names its shape as `response_model`, for the OpenAPI document, and returns a `Json`: what our own code
built needs no second validation on its way out.
"""

from collections.abc import Mapping

import orjson
from starlette.responses import Response

MEDIA_TYPE = "application/json"


def encode(content: object) -> bytes:
    """One JSON document. Times come out as RFC 3339, UTC as +00:00."""
    return orjson.dumps(content)


class Json(Response):
    """A JSON response."""

    def __init__(
        self,
        content: object,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str = MEDIA_TYPE,
    ) -> None:
        super().__init__(encode(content), status, headers, media_type)
