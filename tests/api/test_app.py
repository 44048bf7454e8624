import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message

from api.app import EVERY_METHOD, create_app
from api.components import Components
from tests.api.conftest import Connect

pytestmark = pytest.mark.asyncio


@pytest.fixture
def client(components: Components, connect: Connect) -> httpx2.AsyncClient:
    return connect(create_app(components))


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/me", "/api/v1/nope", "/api/v1/me/"]
)
@pytest.mark.parametrize("method", EVERY_METHOD)
async def test_under_api_a_wrong_address_is_a_problem(
    client: httpx2.AsyncClient, method: str, path: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-path")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["instance"] == answer.headers["X-Request-ID"]


async def test_a_wrong_method_is_a_problem_that_names_the_right_one(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.delete("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET"


async def test_answers_of_the_api_are_stored_nowhere(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/me")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["Strict-Transport-Security"]


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.post("/api/v1/auth/sign-in", content=b"x" * 65537)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload-too-large")
    assert answer.json()["instance"] == answer.headers["X-Request-ID"]


async def test_the_sockets_routes_come_before_the_pages(
    components: Components, connect: Connect
) -> None:
    async def publish(request: Request) -> Response:
        return PlainTextResponse(request.app.state.components.public_url)

    routes = [Route("/api/publish", publish, methods=["POST"])]
    client = connect(create_app(components, realtime=routes))
    assert (await client.post("/api/publish")).text == components.public_url
    assert (await client.get("/api/publish")).status_code == 404


async def test_a_burst_of_strangers_is_slowed(client: httpx2.AsyncClient) -> None:
    answers = [await client.get("/api/v1/me") for _ in range(260)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:200] == [401] * 200
    assert 429 in statuses
    assert (await client.get("/health/live")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/me", "/api/v1/nope", "/api/x"])
async def test_a_socket_to_a_wrong_address_is_refused_quietly(
    components: Components, path: str
) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": path, "headers": [], "query_string": b"", "root_path": ""}
    await create_app(components)(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_a_problems_type_says_what_it_means(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/problems/hold-expired")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == {
        "type": "/problems/hold-expired",
        "title": "Your time to book this slot is over. Choose it again.",
        "status": 409,
        "temporary": False,
        "description": "The hold is over or was never the caller's: the two are never told apart.",
    }
    for path in ("/problems/never", "/problems/", "/problems/hold-expired/x"):
        gone = await client.get(path)
        assert (gone.status_code, gone.json()["code"]) == (404, "no-such-path")
