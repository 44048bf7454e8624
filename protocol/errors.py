"""What went wrong, in words a client can act on.

RequestError                 a request that was refused and changed nothing
├── BadRequest               400  the request is malformed
├── Unauthenticated          401  nobody is signed in
├── Forbidden                403  this person may not do this
├── NotFound                 404  no such thing, or none that this person may see
├── Conflict                 409  the state of things does not allow it
├── Gone                     410  it was there, and is over
├── Unprocessable            422  well-formed, but not valid
├── TooManyRequests          429  slow down (temporary)
└── Unavailable              503  try again (temporary)

Packages subclass these beside their rules and give each refusal a slug and a code of its own:
400-599 here, 1000-1099 booking, 1100-1199 rooms, 1200-1299 calls, 1300-1399 accounts. Centrifuge's
own codes (100-113) belong to the hub. Codes stay in 400-1999, as the client protocol asks of applications.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class RequestError(Exception):
    """A refusal. `code` and `slug` are stable; `temporary` says whether a retry can help."""

    code: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    temporary: ClassVar[bool] = False
    title: ClassVar[str] = "Something went wrong."

    def __init__(self, detail: str = "", /, **fields: Any) -> None:
        self.detail = detail or self.title
        self.fields: Mapping[str, Any] = fields
        super().__init__(self.detail)


class BadRequest(RequestError):
    """The request is malformed."""

    code, slug, status, title = 400, "bad-request", 400, "The request is malformed."


class Unauthenticated(RequestError):
    """Nobody is signed in, or the token is not valid."""

    code, slug, status, title = 401, "unauthenticated", 401, "Sign in first."


class Forbidden(RequestError):
    """This person may not do this."""

    code, slug, status, title = 403, "forbidden", 403, "You may not do this."


class NotFound(RequestError):
    """No such thing, or none that this person may see: the two are never told apart."""

    code, slug, status, title = 404, "not-found", 404, "There is no such thing."


class Conflict(RequestError):
    """The state of things does not allow it."""

    code, slug, status, title = 409, "conflict", 409, "The state of things does not allow it."


class Gone(RequestError):
    """It was there, and is over."""

    code, slug, status, title = 410, "gone", 410, "This is over."


class Unprocessable(RequestError):
    """Well-formed, but not valid."""

    code, slug, status, title = 422, "invalid", 422, "Some of this is not valid."


class TooManyRequests(RequestError):
    """Slow down. `fields["retry_after"]` holds seconds where they are known."""

    code, slug, status, temporary = 429, "too-many-requests", 429, True
    title = "Too many requests. Try again in a moment."


class Unavailable(RequestError):
    """Try again: a part we need does not answer."""

    code, slug, status, temporary = 503, "unavailable", 503, True
    title = "This is not available at the moment. Try again."
