from typing import Annotated

import httpx2
import pytest
import structlog
from fastapi import FastAPI, Query
from starlette.exceptions import HTTPException

from api.fields import Body, Text
from api.problems import HANDLERS
from api.requests import RequestMiddleware
from protocol.errors import Conflict, TooManyRequests, Unauthenticated, Unavailable
from tests.api.conftest import Connect

pytestmark = pytest.mark.asyncio


class SlotTaken(Conflict):
    """For these tests."""

    code, slug, title = 1000, "slot-taken", "Somebody was faster."


class Inner(Body):
    """A part of a form."""

    count: int


class Form(Body):
    """A form."""

    name: Text
    parts: tuple[Inner, ...] = ()


REFUSALS = {
    "taken": SlotTaken("It went a second ago.", next_open=["10:00"]),
    "slow": TooManyRequests(retry_after=7),
    "away": Unavailable(reason="deadlock"),
    "who": Unauthenticated(),
    "teapot": HTTPException(418),
    "bad": HTTPException(400, "parse error"),
    "fault": RuntimeError("a secret of ours"),
}


@pytest.fixture
def client(connect: Connect) -> httpx2.AsyncClient:
    app = FastAPI(exception_handlers=dict(HANDLERS), openapi_url=None)

    @app.get("/refuse/{what}")
    async def refuse(what: str) -> None:
        raise REFUSALS[what]

    @app.post("/form")
    async def form(body: Form, limit: Annotated[int, Query(le=5)] = 1) -> None:
        return None

    return connect(RequestMiddleware(app))


async def test_a_refusal_is_a_problem(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/refuse/taken", headers={"X-Request-ID": "r1"})
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/slot-taken",
        "title": "Somebody was faster.",
        "status": 409,
        "detail": "It went a second ago.",
        "instance": "r1",
        "code": "slot-taken",
        "temporary": False,
        "next_open": ["10:00"],
    }


async def test_a_time_to_wait_is_a_header_too(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/refuse/slow")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "7"
    assert answer.json()["retry_after"] == 7
    assert answer.json()["temporary"] is True
    assert "Retry-After" not in (await client.get("/refuse/away")).headers


async def test_why_a_part_of_ours_is_away_is_for_the_log(client: httpx2.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await client.get("/refuse/away")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "deadlock" not in answer.text
    assert (lines[0]["code"], lines[0]["reason"]) == ("unavailable", "deadlock")


async def test_who_is_not_signed_in_learns_how(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/refuse/who")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [("teapot", 500, "internal"), ("bad", 400, "bad-request"), ("fault", 500, "internal")],
)
async def test_what_is_not_ours_says_little(
    client: httpx2.AsyncClient, what: str, status: int, code: str
) -> None:
    answer = await client.get(f"/refuse/{what}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "secret" not in answer.text
    assert "parse" not in answer.text


async def test_a_wrong_path_and_a_wrong_method_are_problems(client: httpx2.AsyncClient) -> None:
    wrong_path = await client.get("/nowhere")
    assert (wrong_path.status_code, wrong_path.json()["code"]) == (404, "no-such-path")
    wrong_method = await client.delete("/form")
    assert (wrong_method.status_code, wrong_method.json()["code"]) == (405, "method-not-allowed")
    assert wrong_method.headers["Allow"] == "POST"


async def test_each_member_that_does_not_fit_is_named(client: httpx2.AsyncClient) -> None:
    body = {"name": 7, "parts": [{"count": 1}, {"count": "x", "a/b~c": 1}]}
    answer = await client.post("/form", json=body, params={"limit": 9})
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert {(each["in"], each["pointer"], each["code"]) for each in errors} == {
        ("query", "#/limit", "less_than_equal"),
        ("body", "#/name", "string_type"),
        ("body", "#/parts/1/count", "int_parsing"),
        ("body", "#/parts/1/a~1b~0c", "extra_forbidden"),
    }
    assert all(each["message"] for each in errors)


async def test_what_was_sent_is_never_repeated(client: httpx2.AsyncClient) -> None:
    answer = await client.post(
        "/form", json={"name": "x", "parts": "hunter2", "password": "hunter2"}
    )
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


async def test_a_body_that_is_no_json_is_a_bad_request(client: httpx2.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/form", content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed-body")


async def test_a_form_of_another_type_is_not_read_as_json(client: httpx2.AsyncClient) -> None:
    # What a page of another site can send without asking: no JSON to us.
    headers = {"Content-Type": "text/plain"}
    answer = await client.post("/form", content=b'{"name": "x"}', headers=headers)
    assert answer.status_code == 422


async def test_errors_are_told_to_a_number(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/form", json={"name": "x", "parts": [{}] * 500})
    assert len(answer.json()["errors"]) == 50


@pytest.mark.parametrize("name", [r"a\u0000b", r"\ud800", r"\udfff x"])
async def test_text_that_postgres_cannot_hold_is_refused(
    client: httpx2.AsyncClient, name: str
) -> None:
    content = b'{"name": "' + name.encode() + b'"}'
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/form", content=content, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/name"


async def test_a_members_name_that_no_utf8_can_hold_breaks_nothing(
    client: httpx2.AsyncClient,
) -> None:
    headers = {"Content-Type": "application/json"}
    for content in (rb'{"name": "x", "\ud800": 1}', rb'{"name": "x", "parts": [{"\ud800": 1}]}'):
        answer = await client.post("/form", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_text_of_every_language_passes(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/form", json={"name": "Åsa 明 𝄞 \u200d"})
    assert answer.status_code == 200
