"""The API's own documentation: the OpenAPI document, and a page that shows it.

The page is swagger-ui from our own web build (`web/dist/docs/`), under the same strict policy as every page. What
FastAPI offers would load it from a third party and start it by an inline script.
"""

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import FileResponse, Response

from api.components import Parts
from api.openapi import document
from api.pages import REVALIDATE, not_built
from api.responses import Json

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The OpenAPI 3.1 document."""
    app: FastAPI = request.app
    return Json(document(app))


@router.get("/docs")
async def page(components: Parts) -> Response:
    """The documentation page."""
    file = components.web / "docs" / "index.html"
    if not file.is_file():
        return not_built()
    return FileResponse(file, headers={"Cache-Control": REVALIDATE})
