"""Headers that every response carries: what a page may load and do, and what others may do with it.

The policy has no `unsafe-inline` and no third party. `connect-src` names the socket's own host beside 'self', for
browsers to which 'self' is not yet a WebSocket's origin too.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?", re.ASCII)
"""A Host header that may be repeated in a policy: nothing that could end the directive."""

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()"
    ),
}
NOT_MODIFIED = HTTPStatus.NOT_MODIFIED.value

_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_ONE_YEAR = 31_536_000


def page_policy(host: str) -> str:
    """The Content-Security-Policy of a page that was asked from `host`."""
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    directives = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "connect-src": f"'self'{sockets}",
        "font-src": "'self'",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


class SecurityHeadersMiddleware:
    """Adds the headers to what does not set them itself. `secure`: served over HTTPS, and to be for a year."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = dict(_ALWAYS)
        if secure:
            self._headers["Strict-Transport-Security"] = f"max-age={_ONE_YEAR}; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # A 304 says "what you have still stands": headers of its own would replace those stored with the page.
                kind = {} if message["status"] == NOT_MODIFIED else _by_kind(headers, host)
                for name, value in {**self._headers, **kind}.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _by_kind(headers: Headers, host: str) -> Mapping[str, str]:
    """A page may load its parts; anything else loads nothing, and is stored nowhere unless it says so itself."""
    if headers.get("content-type", "").startswith("text/html"):
        return {"Content-Security-Policy": page_policy(host)}
    return {"Content-Security-Policy": _API_POLICY, "Cache-Control": "no-store"}
