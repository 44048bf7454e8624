"""What the HTTP edge itself refuses. Codes 450-459; a key that is reused or in progress is persistence/idempotency's.

RequestError
├── BadRequest
│   ├── MalformedBody           450  not JSON
│   ├── IdempotencyKeyMissing   451  the write needs an Idempotency-Key
│   └── IdempotencyKeyInvalid   452  not 1 to 255 visible ASCII characters
├── Forbidden
│   └── CrossSite               453  sent by a page of another site
├── NotFound
│   └── NoSuchPath              454
├── MethodNotAllowed            455  405
├── SlowBody                    456  408, temporary
├── PayloadTooLarge             457  413
└── Unprocessable
    └── CursorInvalid           458  not a cursor of ours
"""

from protocol.errors import (
    BadRequest,
    Forbidden,
    NotFound,
    RequestError,
    Unprocessable,
)

KEY_HEADER = "Idempotency-Key"


class MalformedBody(BadRequest):
    """The body is not JSON."""

    code, slug, title = 450, "malformed-body", "The body is not valid JSON."


class IdempotencyKeyMissing(BadRequest):
    """The write needs an Idempotency-Key."""

    code, slug = 451, "idempotency-key-missing"
    title = "This request needs an Idempotency-Key header, so that it can be repeated safely."


class IdempotencyKeyInvalid(BadRequest):
    """The key is not 1 to 255 visible ASCII characters."""

    code, slug = 452, "idempotency-key-invalid"
    title = "An Idempotency-Key is 1 to 255 visible ASCII characters."


class CrossSite(Forbidden):
    """Sent by a page of another site."""

    code, slug, title = 453, "cross-site", "This request may only come from our own pages."


class NoSuchPath(NotFound):
    """There is nothing at this path."""

    code, slug, title = 454, "no-such-path", "There is nothing at this address."


class MethodNotAllowed(RequestError):
    """The path is there, and not for this method: see the Allow header."""

    code, slug, status, title = (
        455,
        "method-not-allowed",
        405,
        "This address does not take this method.",
    )


class SlowBody(RequestError):
    """The body did not arrive in time."""

    code, slug, status, temporary = 456, "slow-body", 408, True
    title = "The request took too long to arrive."


class PayloadTooLarge(RequestError):
    """The body is larger than the API takes."""

    code, slug, status, title = 457, "payload-too-large", 413, "The request is larger than 64 KiB."


class CursorInvalid(Unprocessable):
    """Not a cursor of ours."""

    code, slug, title = 458, "cursor-invalid", "This cursor is not one that we gave."
