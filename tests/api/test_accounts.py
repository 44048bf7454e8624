"""Sign-in, sessions and joining through the whole application on a real Postgres."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from uuid import UUID, uuid4

import httpx2
import pytest
import pytest_asyncio
import structlog
from starlette.applications import Starlette

from api.app import create_app
from api.components import Components
from persistence.postgres import SYSTEM, Database, Transaction
from protocol.claims import Claims
from protocol.disconnects import FORCED
from protocol.pushes import Appointment
from protocol.pushes import Person as Someone
from services.accounts.commands import enrol
from services.accounts.model import Person
from services.organisations.commands import found
from services.organisations.model import Organisation
from tests.api.conftest import Connect
from tests.conftest import Clock
from tests.hub.harness import Peer, world

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

STILLWATER = Organisation(
    id=uuid4(), slug="stillwater", name="Stillwater Wellness", time_zone="Europe/London"
)
ANA = Person(
    id=uuid4(),
    organisation=STILLWATER.id,
    email="ana@demo.example",
    name="Ana Lindqvist",
    locale="sv-SE",
    time_zone="Europe/Stockholm",
    roles=frozenset({"client", "assistant"}),
)
ANA_VIEW = {
    "id": str(ANA.id),
    "name": "Ana Lindqvist",
    "email": "ana@demo.example",
    "locale": "sv-SE",
    "time_zone": "Europe/Stockholm",
    "roles": ["assistant", "client"],
    "organisation": {
        "id": str(STILLWATER.id),
        "name": "Stillwater Wellness",
        "time_zone": "Europe/London",
    },
}
RIGHT = {"email": "ana@demo.example", "password": "klear-demo"}
APPOINTMENT = uuid4()


@pytest_asyncio.fixture
async def whole(
    components: Components, database: Database, clock: Clock
) -> AsyncIterator[Components]:
    """Components over a database with Ana in it, and one appointment of hers."""
    hashed = await components.passwords.hash(RIGHT["password"])
    async with database.transaction(SYSTEM) as tx:
        await found(tx, STILLWATER, now=clock())
        await enrol(tx, ANA, password_hash=hashed, now=clock())

    async def links(tx: Transaction, appointment: UUID, /) -> Appointment | None:
        return booked(clock()) if appointment == APPOINTMENT else None

    yield replace(components, database=database, join_links=links)


def booked(start: datetime) -> Appointment:
    return Appointment(
        id=APPOINTMENT,
        status="booked",
        start=start,
        end=start + timedelta(hours=1),
        service_id=uuid4(),
        service_name="Breathwork",
        practitioner=Someone(id=uuid4(), name="Dr. Ravi Menon"),
        client=Someone(id=ANA.id, name=ANA.name),
        time_zone="Europe/London",
    )


@pytest.fixture
def app(whole: Components) -> Starlette:
    return create_app(whole)


@pytest.fixture
def browser(app: Starlette, connect: Connect) -> httpx2.AsyncClient:
    """A client that keeps cookies and says where it comes from, as a browser does."""
    return connect(
        app,
        base_url="https://klear.example/api/v1",
        headers={"Sec-Fetch-Site": "same-origin"},
    )


def bearer(answer: httpx2.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_signing_in_and_out(browser: httpx2.AsyncClient, clock: Clock) -> None:
    signed_in = await browser.post("/auth/sign-in", json=RIGHT)
    assert signed_in.status_code == 200
    assert signed_in.json()["person"] == ANA_VIEW
    assert datetime.fromisoformat(signed_in.json()["expires_at"]) == clock() + timedelta(minutes=5)
    me = await browser.get("/me", headers=bearer(signed_in))
    assert (me.status_code, me.json()) == (200, ANA_VIEW)
    refreshed = await browser.post("/auth/refresh")
    assert refreshed.json()["person"] == ANA_VIEW
    out = await browser.post("/auth/sign-out")
    assert (out.status_code, out.content) == (204, b"")
    assert "__Secure-klear-session" not in browser.cookies
    again = await browser.post("/auth/refresh")
    assert (again.status_code, again.json()["code"]) == (401, "no-session")


async def test_signing_out_closes_the_sessions_sockets(
    whole: Components, connect: Connect, clock: Clock
) -> None:
    async with world(verify=whole.tokens.verify, clock=clock) as place:
        app = create_app(replace(whole, signed_out=place.hub.disconnect_session))
        here, there = (
            connect(app, base_url="https://klear.example/api/v1") for _ in ("here", "there")
        )
        pages = [Peer(place.hub) for _ in range(3)]
        for browser, page in zip((here, here, there), pages, strict=True):
            if "__Secure-klear-session" not in browser.cookies:
                signed_in = await browser.post("/auth/sign-in", json=RIGHT)
            token = signed_in.json()["access_token"]
            assert "error" not in await page.ask("connect", token=token)
        out = await here.post("/auth/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
        assert out.status_code == 204
        assert [page.wire.closed for page in pages] == [FORCED, FORCED, None]
        again = await here.post("/auth/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
        assert (again.status_code, pages[2].wire.closed) == (204, None)


async def test_the_cookie_is_out_of_reach(browser: httpx2.AsyncClient) -> None:
    answer = await browser.post("/auth/sign-in", json=RIGHT)
    header, _ = answer.headers.get_list("Set-Cookie")
    cookie = SimpleCookie(header)["__Secure-klear-session"]
    assert cookie["httponly"] is True
    assert cookie["secure"] is True
    assert cookie["samesite"] == "lax"
    assert cookie["path"] == "/api/v1/auth"
    assert cookie["domain"] == ""
    assert cookie["max-age"] == str(7 * 24 * 3600)
    assert cookie.value not in answer.text
    out = await browser.post("/auth/sign-out")
    gone = SimpleCookie(out.headers["Set-Cookie"])["__Secure-klear-session"]
    assert (gone.value, gone["max-age"], gone["path"]) == ("", "0", "/api/v1/auth")


async def test_a_browser_that_was_in_before_is_not_kept_out(
    browser: httpx2.AsyncClient, app: Starlette, connect: Connect
) -> None:
    answer = await browser.post("/auth/sign-in", json=RIGHT)
    _, header = answer.headers.get_list("Set-Cookie")
    cookie = SimpleCookie(header)["__Secure-klear-device"]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "lax")
    assert (cookie["path"], cookie["max-age"]) == ("/api/v1/auth", str(180 * 24 * 3600))
    await browser.post("/auth/sign-out")
    stranger = connect(app, base_url="https://klear.example/api/v1")
    for _ in range(7):
        failed = await stranger.post("/auth/sign-in", json={**RIGHT, "password": "wrong"})
    assert failed.status_code == 429
    assert (await stranger.post("/auth/sign-in", json=RIGHT)).status_code == 429
    assert (await browser.post("/auth/sign-in", json=RIGHT)).status_code == 200


async def test_without_https_the_cookie_has_a_plain_name(
    whole: Components, connect: Connect
) -> None:
    client = connect(
        create_app(replace(whole, secure_cookies=False)), base_url="http://localhost:8000/api/v1"
    )
    answer = await client.post("/auth/sign-in", json=RIGHT)
    headers = answer.headers.get_list("Set-Cookie")
    assert [header.split("=")[0] for header in headers] == ["klear-session", "klear-device"]
    assert not any("Secure" in header for header in headers)
    origin = {"Origin": "http://localhost:8000"}
    assert (await client.post("/auth/refresh", headers=origin)).status_code == 200


async def test_a_refresh_follows_the_cookie_for_a_month(
    browser: httpx2.AsyncClient, clock: Clock
) -> None:
    await browser.post("/auth/sign-in", json=RIGHT)
    for _ in range(5):
        clock.advance(days=6)
        answer = await browser.post("/auth/refresh")
        statuses = answer.status_code
    assert statuses == 401  # 30 days, however busy
    assert answer.json()["code"] == "no-session"


async def test_tabs_that_refresh_together_stay_signed_in(
    browser: httpx2.AsyncClient, clock: Clock
) -> None:
    await browser.post("/auth/sign-in", json=RIGHT)
    clock.advance(minutes=5)
    answers = await asyncio.gather(*(browser.post("/auth/refresh") for _ in range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    clock.advance(minutes=5)
    assert (await browser.post("/auth/refresh")).status_code == 200


async def test_signing_in_anew_ends_the_session_before(browser: httpx2.AsyncClient) -> None:
    await browser.post("/auth/sign-in", json=RIGHT)
    old = browser.cookies["__Secure-klear-session"]
    await browser.post("/auth/sign-in", json=RIGHT)
    browser.cookies.clear()
    headers = {"Cookie": f"__Secure-klear-session={old}"}
    assert (await browser.post("/auth/refresh", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "body", [{**RIGHT, "password": "wrong"}, {**RIGHT, "email": "nobody@demo.example"}]
)
async def test_who_is_not_known_learns_nothing(
    browser: httpx2.AsyncClient, body: dict[str, str]
) -> None:
    answer = await browser.post("/auth/sign-in", json=body)
    assert answer.status_code == 401
    problem = answer.json()
    del problem["instance"]
    assert problem == {
        "type": "/problems/invalid-credentials",
        "title": "The e-mail address or the password is not right.",
        "status": 401,
        "detail": "The e-mail address or the password is not right.",
        "code": "invalid-credentials",
        "temporary": False,
    }
    assert not browser.cookies


async def test_who_fails_too_often_waits_and_then_may(
    browser: httpx2.AsyncClient, clock: Clock, app: Starlette, connect: Connect
) -> None:
    for _ in range(7):
        answer = await browser.post("/auth/sign-in", json={**RIGHT, "password": "wrong"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-attempts")
    assert answer.headers["Retry-After"] == "1"
    elsewhere = connect(app, address="198.51.100.1", base_url="https://klear.example/api/v1")
    assert (await elsewhere.post("/auth/sign-in", json=RIGHT)).status_code == 200
    clock.advance(seconds=1)
    assert (await browser.post("/auth/sign-in", json=RIGHT)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ana@demo.example"},
        {**RIGHT, "email": "x"},
        {**RIGHT, "email": "a\0b@demo.example"},
        {**RIGHT, "password": ""},
        {**RIGHT, "password": "x" * 257},
        {**RIGHT, "remember": True},
        {**RIGHT, "password": 7},
    ],
)
async def test_a_form_that_does_not_fit_is_told_so(
    browser: httpx2.AsyncClient, body: dict[str, object]
) -> None:
    answer = await browser.post("/auth/sign-in", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/refresh", "/auth/sign-out"])
async def test_another_sites_page_reaches_no_session(
    browser: httpx2.AsyncClient, path: str
) -> None:
    await browser.post("/auth/sign-in", json=RIGHT)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        answer = await browser.post(path, json=RIGHT, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-site")
    assert (await browser.post("/auth/refresh")).status_code == 200


async def test_signing_out_without_a_session_is_no_error(browser: httpx2.AsyncClient) -> None:
    assert (await browser.post("/auth/sign-out")).status_code == 204
    browser.cookies.set("__Secure-klear-session", "noise", path="/api/v1/auth")
    assert (await browser.post("/auth/refresh")).status_code == 401
    assert (await browser.post("/auth/sign-out")).status_code == 204


async def test_an_expired_access_token_hinders_no_refresh(
    browser: httpx2.AsyncClient, clock: Clock
) -> None:
    signed_in = await browser.post("/auth/sign-in", json=RIGHT)
    clock.advance(minutes=6)
    answer = await browser.post("/auth/refresh", headers=bearer(signed_in))
    assert answer.status_code == 200


async def test_me_is_nobody_without_a_token(browser: httpx2.AsyncClient) -> None:
    answer = await browser.get("/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_the_token_of_a_person_who_is_gone_serves_no_more(
    browser: httpx2.AsyncClient, whole: Components, clock: Clock
) -> None:
    claims = Claims(
        person=uuid4(),
        organisation=STILLWATER.id,
        roles=frozenset({"client"}),
        expires_at=clock() + timedelta(minutes=5),
    )
    headers = {"Authorization": f"Bearer {whole.tokens.issue(claims)}"}
    assert (await browser.get("/me", headers=headers)).status_code == 401


# Joining by a link


async def test_a_link_takes_a_guest_to_one_room_and_to_nothing_else(
    browser: httpx2.AsyncClient, whole: Components, clock: Clock
) -> None:
    token = whole.tokens.issue_join(
        APPOINTMENT,
        client=ANA.id,
        organisation=STILLWATER.id,
        expires_at=clock() + timedelta(hours=3),
    )
    answer = await browser.post("/auth/join", json={"token": token})
    assert answer.status_code == 200
    joined = answer.json()
    assert joined["room"] == joined["appointment"]["id"] == str(APPOINTMENT)
    assert joined["person"] == {"id": str(ANA.id), "name": "Ana Lindqvist"}
    assert joined["appointment"]["service_name"] == "Breathwork"
    assert joined["appointment"]["practitioner"]["name"] == "Dr. Ravi Menon"
    assert set(joined["appointment"]) == {"id", "start", "end", "service_name", "practitioner"}
    assert not browser.cookies
    assert (await browser.get("/me", headers=bearer(answer))).status_code == 403


async def test_a_link_that_is_over_is_gone_and_noise_was_never_there(
    browser: httpx2.AsyncClient, whole: Components, clock: Clock
) -> None:
    token = whole.tokens.issue_join(
        APPOINTMENT,
        client=ANA.id,
        organisation=STILLWATER.id,
        expires_at=clock() + timedelta(hours=3),
    )
    clock.advance(hours=3)
    over = await browser.post("/auth/join", json={"token": token})
    assert (over.status_code, over.json()["code"]) == (410, "join-link-expired")
    noise = await browser.post("/auth/join", json={"token": "noise"})
    assert (noise.status_code, noise.json()["code"]) == (404, "join-link-invalid")


# What nobody may see


async def test_no_secret_reaches_the_log(browser: httpx2.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        await browser.post("/auth/sign-in", json={**RIGHT, "password": "wrong-secret"})
        signed_in = await browser.post("/auth/sign-in", json=RIGHT)
        await browser.post("/auth/refresh", headers=bearer(signed_in))
    written = str(lines)
    assert "/api/v1/auth/sign-in" in written
    secrets = (
        "wrong-secret",
        RIGHT["password"],
        RIGHT["email"],
        ANA.name,
        signed_in.json()["access_token"],
        browser.cookies["__Secure-klear-session"],
    )
    assert not [secret for secret in secrets if secret in written]
