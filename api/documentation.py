"""The API's own documentation page: swagger-ui from our own build, under the same strict policy as every page.

The web build copies swagger-ui to `web/dist/docs/`. What FastAPI offers would load it from a third party and start
it by an inline script.
"""

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import HTMLResponse, Response

from api.openapi import document
from api.responses import Json

router = APIRouter(include_in_schema=False)

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Klear Karma API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<main id="documentation"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/api/v1/docs/start.js"></script>
</body>
</html>
"""

START = """SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#documentation",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
"""
"""`validatorUrl: null`: without it the page would show its document to swagger.io."""


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The OpenAPI 3.1 document."""
    app: FastAPI = request.app
    return Json(document(app))


@router.get("/docs")
async def page() -> Response:
    """The documentation page."""
    return HTMLResponse(PAGE)


@router.get("/docs/start.js")
async def start() -> Response:
    """The script that starts it."""
    return Response(START, media_type="text/javascript")
