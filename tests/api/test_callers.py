from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import httpx2
import pytest
from fastapi import Depends, FastAPI, Request

from api.callers import caller_network, limited, same_origin
from api.components import Components
from api.problems import HANDLERS
from api.rate_limits import Rate, RateLimits
from protocol.claims import Claims
from services.accounts.tokens import Tokens
from tests.api.conftest import Connect
from tests.conftest import Clock

pytestmark = pytest.mark.asyncio


@pytest.fixture
def app(components: Components) -> FastAPI:
    made = FastAPI(exception_handlers=dict(HANDLERS), openapi_url=None)
    limits = RateLimits(
        anonymous=Rate(per_second=0.1, burst=2),
        person=Rate(per_second=0.1, burst=3),
        clock=lambda: 0.0,
    )
    made.state.components = replace(components, rate_limits=limits)

    @made.get("/limited", dependencies=[Depends(limited)])
    async def get_limited() -> None:
        return None

    @made.post("/cookie", dependencies=[Depends(same_origin)])
    async def post_cookie() -> None:
        return None

    @made.get("/network")
    async def get_network(request: Request) -> str:
        return caller_network(request)

    return made


def bearer(tokens: Tokens, clock: Clock) -> dict[str, str]:
    claims = Claims(
        person=uuid4(),
        organisation=uuid4(),
        roles=frozenset({"client"}),
        expires_at=clock() + timedelta(minutes=5),
    )
    return {"Authorization": f"Bearer {tokens.issue(claims)}"}


async def served(client: httpx2.AsyncClient, headers: dict[str, str] | None = None) -> int:
    """How many of ten requests are served."""
    answers = [await client.get("/limited", headers=headers) for _ in range(10)]
    return sum(answer.status_code == 200 for answer in answers)


async def test_an_address_that_asks_too_much_is_told_when_to_come_back(
    app: FastAPI, connect: Connect
) -> None:
    client = connect(app)
    assert await served(client) == 2
    answer = await client.get("/limited")
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-requests")
    assert answer.headers["Retry-After"] == "10"
    assert await served(connect(app, address="192.0.2.2")) == 2


async def test_people_behind_one_address_do_not_share_a_limit(
    app: FastAPI, connect: Connect, tokens: Tokens, clock: Clock
) -> None:
    client = connect(app)
    assert await served(client, bearer(tokens, clock)) == 3
    assert await served(client, bearer(tokens, clock)) == 3


async def test_a_made_up_token_buys_no_bucket_of_its_own(app: FastAPI, connect: Connect) -> None:
    client = connect(app)
    assert await served(client, {"Authorization": "Bearer one"}) == 2
    assert await served(client, {"Authorization": "Bearer two"}) == 0


async def test_a_caller_on_a_unix_socket_has_no_address(app: FastAPI) -> None:
    transport = httpx2.ASGITransport(app=app, client=None)  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
        assert (await client.get("/network")).json() == "unknown"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://klear.example"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, True),
        ({"Origin": "https://klear.example", "Cookie": "a=b"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "https://klear.example.evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": ""}, False),
        ({"Cookie": "a=b"}, False),
        ({}, True),
    ],
)
async def test_another_sites_page_is_refused(
    app: FastAPI, connect: Connect, headers: dict[str, str], allowed: bool
) -> None:
    answer = await connect(app).post("/cookie", headers=headers)
    assert answer.status_code == (200 if allowed else 403)
    if not allowed:
        assert answer.json()["code"] == "cross-site"


async def test_the_port_is_part_of_the_origin(app: FastAPI, connect: Connect) -> None:
    client = connect(app, base_url="http://localhost:8000")
    answers = [
        await client.post("/cookie", headers={"Origin": f"http://localhost{port}"})
        for port in (":8000", ":9000", "")
    ]
    assert [answer.status_code for answer in answers] == [200, 403, 403]
