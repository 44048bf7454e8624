"""The built web app, from `web/dist`: its files, and index.html for every page that the app itself routes.

Files under /assets/ carry a hash in their name and never change; everything else is asked for again each time.
/problems/<slug>, the `type` of a refusal, says what it means.
"""

from http import HTTPStatus
from pathlib import Path, PurePosixPath

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
RESERVED = (("assets",), ("health",))
"""Folders in which no page lies."""
NOT_BUILT = "The web app is not built here. Run: make run\n"


class Pages:
    """Serves `folder`. It is looked at for each request, so a build while the server runs is served at once."""

    def __init__(self, folder: Path) -> None:
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. A file, else index.html where a page may be meant, else 404. A socket is not served here."""
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        path = self._files.get_path(scope)
        response = await self._found(path, scope)
        if response is None:
            if not _may_be_a_page(path):
                raise HTTPException(HTTPStatus.NOT_FOUND)
            response = await self._found("index.html", scope)
        if response is None:
            response = not_built()
        hashed = path.startswith("assets/") and response.status_code < HTTPStatus.BAD_REQUEST
        response.headers["Cache-Control"] = IMMUTABLE if hashed else REVALIDATE
        await response(scope, receive, send)

    async def _found(self, path: str, scope: Scope) -> Response | None:
        try:
            return await self._files.get_response(path, scope)
        except HTTPException as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return None
            raise


def not_built() -> Response:
    """The answer in the place of a page before `make run`."""
    return PlainTextResponse(NOT_BUILT, HTTPStatus.SERVICE_UNAVAILABLE.value)


def routes(folder: Path) -> tuple[Mount, ...]:
    """The last route: everything that no other took."""
    return (Mount("/", Pages(folder), name="pages"),)


def _may_be_a_page(path: str) -> bool:
    """A page's address has no suffix and no hidden part. An asset that is gone must not be answered with a page."""
    parts = PurePosixPath(path).parts
    hidden = any(part.startswith(".") and part != "." for part in parts)
    return not hidden and PurePosixPath(path).suffix == "" and parts[:1] not in RESERVED
