import pytest
from starlette.responses import HTMLResponse, JSONResponse
from starlette.types import Receive, Scope, Send

from api.security_headers import SecurityHeadersMiddleware, page_policy
from tests.api.conftest import Connect


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await HTMLResponse("<p>", headers={"Cache-Control": "no-cache"})(scope, receive, send)


async def data(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({})(scope, receive, send)


def test_the_policy_of_a_page() -> None:
    assert page_policy("klear.example:8000").split("; ") == [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self' ws://klear.example:8000 wss://klear.example:8000",
        "font-src 'self'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000", "klear.example", "a-b.c"])
def test_the_sockets_host_is_the_pages(host: str) -> None:
    assert f"connect-src 'self' ws://{host} wss://{host};" in page_policy(host)


@pytest.mark.parametrize(
    "host", ["", "a; script-src *", "a b", "a,b", "*", "a:b", "a:123456", "[x]", "a\n", "é.example"]
)
def test_a_host_that_could_widen_the_policy_is_left_out(host: str) -> None:
    assert "connect-src 'self';" in page_policy(host)
    assert "*" not in page_policy(host)


@pytest.mark.asyncio
async def test_every_answer_is_guarded(connect: Connect) -> None:
    for app in (page, data):
        answer = await connect(SecurityHeadersMiddleware(app, secure=False)).get("/")
        headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Permissions-Policy"].startswith("camera=(self), microphone=(self), ")
        assert "Strict-Transport-Security" not in headers


@pytest.mark.asyncio
async def test_a_page_loads_its_parts_and_data_loads_nothing(connect: Connect) -> None:
    of_page = await connect(SecurityHeadersMiddleware(page, secure=False)).get("/")
    assert of_page.headers["Content-Security-Policy"] == page_policy("klear.example")
    assert of_page.headers["Cache-Control"] == "no-cache"
    of_data = await connect(SecurityHeadersMiddleware(data, secure=False)).get("/")
    policy = "default-src 'none'; frame-ancestors 'none'"
    assert of_data.headers["Content-Security-Policy"] == policy
    assert of_data.headers["Cache-Control"] == "no-store"


@pytest.mark.asyncio
async def test_over_https_it_stays_so(connect: Connect) -> None:
    answer = await connect(SecurityHeadersMiddleware(data, secure=True)).get("/")
    strict = answer.headers["Strict-Transport-Security"]
    assert strict == "max-age=31536000; includeSubDomains"


@pytest.mark.asyncio
async def test_what_is_no_http_passes() -> None:
    seen: list[str] = []

    async def socket(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: object) -> dict[str, str]:
        return {}

    app = SecurityHeadersMiddleware(socket, secure=False)
    await app({"type": "websocket"}, nothing, nothing)  # type: ignore[arg-type]
    assert seen == ["websocket"]
