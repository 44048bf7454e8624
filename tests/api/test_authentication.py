from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI

from api.authentication import Anyone, Signed, SignedOrGuest
from api.components import Components
from api.problems import HANDLERS
from protocol.claims import Claims
from services.accounts.tokens import Tokens
from tests.api.conftest import Connect
from tests.conftest import Clock

pytestmark = pytest.mark.asyncio

PERSON, ORGANISATION, ROOM = uuid4(), uuid4(), uuid4()


@pytest.fixture
def client(connect: Connect, components: Components) -> httpx2.AsyncClient:
    app = FastAPI(exception_handlers=dict(HANDLERS), openapi_url=None)
    app.state.components = components

    @app.get("/anyone")
    async def anyone(claims: Anyone) -> UUID | None:
        return None if claims is None else claims.person

    @app.get("/guest")
    async def guest(claims: SignedOrGuest) -> UUID:
        return claims.person

    @app.get("/signed")
    async def signed(claims: Signed) -> UUID:
        return claims.person

    return connect(app)


def token(tokens: Tokens, clock: Clock, *, room: UUID | None = None) -> dict[str, str]:
    claims = Claims(
        person=PERSON,
        organisation=ORGANISATION,
        roles=frozenset({"guest" if room else "client"}),
        expires_at=clock() + timedelta(minutes=5),
        room=room,
    )
    return {"Authorization": f"Bearer {tokens.issue(claims)}"}


async def statuses(client: httpx2.AsyncClient, headers: dict[str, str]) -> list[int]:
    paths = ("/anyone", "/guest", "/signed")
    return [(await client.get(path, headers=headers)).status_code for path in paths]


async def test_a_person_passes_everywhere(
    client: httpx2.AsyncClient, tokens: Tokens, clock: Clock
) -> None:
    headers = token(tokens, clock)
    for path in ("/anyone", "/guest", "/signed"):
        answer = await client.get(path, headers=headers)
        assert answer.json() == str(PERSON)


async def test_a_guest_passes_where_guests_do(
    client: httpx2.AsyncClient, tokens: Tokens, clock: Clock
) -> None:
    assert await statuses(client, token(tokens, clock, room=ROOM)) == [200, 200, 403]


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Basic YTpi"}])
async def test_nobody_passes_where_anyone_does(
    client: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    assert await statuses(client, headers) == [200, 401, 401]
    assert (await client.get("/anyone", headers=headers)).json() is None


@pytest.mark.parametrize("sent", ["Bearer", "Bearer ", "Bearer noise", "bearer a.b.c"])
async def test_a_token_that_is_none_is_refused_everywhere(
    client: httpx2.AsyncClient, sent: str
) -> None:
    answer = await client.get("/anyone", headers={"Authorization": sent})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert await statuses(client, {"Authorization": sent}) == [401, 401, 401]


async def test_an_expired_token_says_so(
    client: httpx2.AsyncClient, tokens: Tokens, clock: Clock
) -> None:
    headers = token(tokens, clock)
    clock.advance(minutes=5)
    answer = await client.get("/signed", headers=headers)
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (401, "token-expired")


async def test_a_join_links_token_is_no_access_token(
    client: httpx2.AsyncClient, tokens: Tokens, clock: Clock
) -> None:
    link = tokens.issue_join(
        ROOM, client=PERSON, organisation=ORGANISATION, expires_at=clock() + timedelta(days=1)
    )
    assert await statuses(client, {"Authorization": f"Bearer {link}"}) == [401, 401, 401]
