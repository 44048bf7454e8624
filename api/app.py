"""The application: FastAPI under /api/v1, health, the sockets' routes, and the pages for everything else.

    RequestMiddleware > SecurityHeadersMiddleware > routes
                                                    └── /api/v1: BodyLimitMiddleware > operations

It opens and closes nothing: who made the components does that.
"""

from collections.abc import Sequence

from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from api import health, pages
from api.callers import limited
from api.components import Components
from api.errors import NoSuchPath
from api.problems import HANDLERS, meaning
from api.requests import BodyLimitMiddleware, RequestMiddleware
from api.routes import ROUTERS
from api.security_headers import SecurityHeadersMiddleware

EVERY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_app(components: Components, *, realtime: Sequence[BaseRoute] = ()) -> Starlette:
    """The ASGI application. `realtime` are the routes of the sockets and of the server API."""
    app = Starlette(
        routes=[
            *health.ROUTES,
            *realtime,
            Mount("/api/v1", create_v1(components)),
            Route("/api", nothing_here, methods=EVERY_METHOD),
            Route("/api/{path:path}", nothing_here, methods=EVERY_METHOD),
            Route("/problems/{slug:path}", meaning),
            *pages.routes(components.web),
        ],
        middleware=[
            Middleware(RequestMiddleware),
            Middleware(SecurityHeadersMiddleware, secure=components.secure_cookies),
        ],
        exception_handlers=dict(HANDLERS),
    )
    app.state.components = components
    return app


def create_v1(components: Components) -> FastAPI:
    """The API under /api/v1."""
    v1 = FastAPI(
        openapi_url=None,  # api/documentation.py serves it
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(limited)],
        generate_unique_id_function=lambda route: route.name,  # operationId: the handler's own name
        middleware=[Middleware(BodyLimitMiddleware)],
        exception_handlers=dict(HANDLERS),
    )
    for router in ROUTERS:
        v1.include_router(router)
    v1.state.components = components
    return v1


async def nothing_here(request: Request) -> Response:
    """Under /api a wrong address is a problem, never a page."""
    raise NoSuchPath
