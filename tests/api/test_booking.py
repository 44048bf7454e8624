"""Booking over HTTP: the journey of a client, the refusals, and the walls between organisations."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from api.openapi import document
from persistence.postgres import SYSTEM, Database
from protocol.claims import Claims
from services.booking import commands
from services.booking.availability import Rule
from services.booking.model import MAX_BOOKINGS
from tests.api.booking_app import App, once, refused
from tests.conftest import Clock
from tests.services.booking.world import HOUR, NOON, World

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def world(database: Database) -> World:
    return await World(database).build()


@pytest_asyncio.fixture
async def app(world: World, clock: Clock) -> AsyncIterator[App]:
    made = App(world, clock)
    yield made
    await made.close()


async def held(app: App, **other: object) -> str:
    answer = await app.as_(app.world.ana).post("/holds", json=app.slot(**other), headers=once())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def booked(app: App, **other: object) -> str:
    ana = app.as_(app.world.ana)
    answer = await ana.post("/appointments", json=app.slot(**other), headers=once())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.mark.asyncio
async def test_hold_book_and_cancel(app: App, clock: Clock) -> None:
    world, ana = app.world, app.as_(app.world.ana)
    hold = await ana.post("/holds", json=app.slot(), headers=once())
    assert hold.status_code == 201
    assert hold.json() == {
        "id": hold.json()["id"],
        "practitioner_id": str(world.ravi.id),
        "service_id": str(world.service.id),
        "start": "2026-11-23T12:00:00+00:00",
        "end": "2026-11-23T13:00:00+00:00",
        "expires_at": "2026-11-23T09:05:00+00:00",
    }
    body = {"hold_id": hold.json()["id"], "note": " Left knee "}
    answer = await ana.post("/appointments", json=body, headers=once())
    assert answer.status_code == 201
    appointment = answer.json()
    assert appointment == {
        "id": hold.json()["id"],
        "status": "booked",
        "start": "2026-11-23T12:00:00+00:00",
        "end": "2026-11-23T13:00:00+00:00",
        "service_id": str(world.service.id),
        "service_name": "First session",
        "practitioner": {"id": str(world.ravi.id), "name": "Dr. Ravi Menon"},
        "client": {"id": str(world.ana.id), "name": "Ana Lindqvist"},
        "time_zone": "Europe/London",
        "note": "Left knee",
        "join_opens_at": "2026-11-23T11:45:00+00:00",
    }
    path = f"/appointments/{appointment['id']}"
    for who in (world.ana, world.ravi):
        assert (await app.as_(who).get(path)).json() == appointment
    for who in (world.olga, world.asta):
        assert (await app.as_(who).get(path)).json() == {**appointment, "note": ""}
    gone = await app.as_(world.ravi).post(f"{path}/cancel", json={"reason": "Ill"}, headers=once())
    assert (gone.status_code, gone.json()) == (200, {**appointment, "status": "cancelled"})
    problem = refused(await ana.post(f"{path}/cancel", headers=once()), 409, "already-over")
    assert problem["appointment_status"] == "cancelled"
    assert problem["status"] == 409


@pytest.mark.asyncio
async def test_in_demo_mode_the_room_opens_at_once(world: World, clock: Clock) -> None:
    app = App(world, clock, demo=True)
    answer = await app.as_(world.ana).post("/appointments", json=app.slot(), headers=once())
    assert answer.json()["join_opens_at"] == "2026-11-23T09:00:00+00:00"
    await app.close()


@pytest.mark.asyncio
async def test_a_write_repeated_with_its_key_happens_once(app: App) -> None:
    ana, key = app.as_(app.world.ana), once()
    first = await ana.post("/appointments", json=app.slot(), headers=key)
    again = await ana.post("/appointments", json=app.slot(), headers=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    other = await ana.post("/appointments", json=app.slot(note="Other"), headers=key)
    refused(other, 422, "idempotency-key-reused")
    refused(await ana.post("/appointments", json=app.slot()), 400, "idempotency-key-missing")


@pytest.mark.asyncio
async def test_what_was_said_is_not_kept_a_second_time(app: App) -> None:
    """A key keeps an appointment's id, and a repeated request shows it as it stands then."""
    ana, key = app.as_(app.world.ana), once()
    body = app.slot(note="My left knee")
    made = await ana.post("/appointments", json=body, headers=key)
    path = f"/appointments/{made.json()['id']}"
    cancelled = await ana.post(f"{path}/cancel", json={"reason": "Ill"}, headers=once())
    again = await ana.post("/appointments", json=body, headers=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == cancelled.json() == {**made.json(), "status": "cancelled"}
    async with app.world.database.transaction(SYSTEM, read_only=True) as tx:
        kept = await tx.fetch("SELECT body FROM persistence.idempotency")
    assert [row["body"] for row in kept] == [made.json()["id"]] * 2


@pytest.mark.asyncio
async def test_a_refused_write_frees_its_key(app: App) -> None:
    hold, key = await held(app), once()
    bo = app.as_(app.world.bo)
    refused(await bo.post("/appointments", json=app.slot(), headers=key), 409, "slot-taken")
    await app.as_(app.world.ana).delete(f"/holds/{hold}")
    assert (await bo.post("/appointments", json=app.slot(), headers=key)).status_code == 201


@pytest.mark.asyncio
async def test_who_comes_too_late_learns_what_is_open(app: App) -> None:
    hold = await held(app)
    await booked(app, start=(NOON + 2 * HOUR).isoformat())
    for path in ("/holds", "/appointments"):
        late = await app.as_(app.world.bo).post(path, json=app.slot(), headers=once())
        problem = refused(late, 409, "slot-taken")
        hours = [(NOON + n * HOUR).isoformat() for n in (1, 3, 4)]
        assert problem["next_open"] == hours
        assert "your_hold" not in problem
    own = await app.as_(app.world.ana).post("/holds", json=app.slot(), headers=once())
    assert refused(own, 409, "slot-taken")["your_hold"] == hold


@pytest.mark.asyncio
async def test_a_hold_lives_five_minutes(app: App, clock: Clock) -> None:
    hold, ana = await held(app), app.as_(app.world.ana)
    clock.advance(minutes=4, seconds=59)
    assert (await ana.get("/appointments")).json()["items"] == []
    clock.advance(seconds=1)
    late = await app.as_(app.world.ana).post(
        "/appointments", json={"hold_id": hold}, headers=once()
    )
    refused(late, 409, "hold-expired")
    bo = app.as_(app.world.bo)
    assert (await bo.post("/holds", json=app.slot(), headers=once())).status_code == 201


@pytest.mark.asyncio
async def test_holds_are_few_and_can_be_released(app: App) -> None:
    ana = app.as_(app.world.ana)
    holds = [await held(app, start=(NOON + n * HOUR).isoformat()) for n in range(3)]
    more = app.slot(start=(NOON + 3 * HOUR).isoformat())
    refused(await ana.post("/holds", json=more, headers=once()), 409, "too-many-holds")
    released = await ana.delete(f"/holds/{holds[0]}")
    assert (released.status_code, released.content) == (204, b"")
    refused(await ana.delete(f"/holds/{holds[0]}"), 404, "not-found")
    assert (await ana.post("/holds", json=more, headers=once())).status_code == 201


@pytest.mark.asyncio
async def test_holds_at_the_same_moment_are_counted_too(app: App) -> None:
    ana = app.as_(app.world.ana)
    bodies = [app.slot(start=(NOON + n * HOUR).isoformat()) for n in range(5)]
    answers = await asyncio.gather(
        *(ana.post("/holds", json=body, headers=once()) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 201, 409, 409]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"start": "2026-11-23T12:30:00Z"}, 422, "not-a-slot"),
        ({"start": "2026-11-23T03:00:00Z"}, 422, "not-a-slot"),
        ({"start": "2099-12-31T23:59:59Z"}, 422, "not-a-slot"),
        ({"start": "9999-12-31T23:59:59-12:00"}, 422, "invalid"),
        ({"start": "1999-12-31T23:59:59Z"}, 422, "invalid"),
        ({"start": "2026-11-23T12:00:00"}, 422, "invalid"),
        ({"start": "noon"}, 422, "invalid"),
        ({"service_id": str(uuid4())}, 404, "not-found"),
        ({"practitioner_id": str(uuid4())}, 404, "not-found"),
        ({"practitioner_id": "ravi"}, 422, "invalid"),
        ({"extra": 1}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_claimed_is_refused(
    app: App, change: dict[str, object], status: int, code: str
) -> None:
    for path in ("/holds", "/appointments"):
        body = app.slot(**change)
        refused(await app.as_(app.world.ana).post(path, json=body, headers=once()), status, code)


@pytest.mark.asyncio
async def test_nobody_is_in_two_places(app: App) -> None:
    world = app.world
    mei = await world.offer(world.mei, min_notice_minutes=0)
    evening = (NOON + 5 * HOUR).isoformat()  # 17:00 UTC: nine in the morning in Vancouver
    body = app.slot(practitioner_id=str(world.mei.id), service_id=str(mei.id), start=evening)
    late = await world.offer(world.ravi, duration_minutes=30, slot_minutes=30)
    week = [Rule(weekday=1, start=9 * 60, end=20 * 60)]
    async with world.database.transaction(SYSTEM) as tx:
        await commands.set_availability(tx, world.ravi.id, rules=week)
    other = app.slot(service_id=str(late.id), start=(NOON + 5.5 * HOUR).isoformat())
    ana = app.as_(world.ana)
    hold = await ana.post("/holds", json=other, headers=once())
    assert (await ana.post("/appointments", json=body, headers=once())).status_code == 201
    assert hold.status_code == 201  # one may compare
    held = await ana.post("/appointments", json={"hold_id": hold.json()["id"]}, headers=once())
    refused(held, 409, "double-booked-client")
    await ana.delete(f"/holds/{hold.json()['id']}")
    at_once = await ana.post("/appointments", json=other, headers=once())
    problem = refused(at_once, 409, "double-booked-client")
    assert problem["detail"] == "You have another appointment at that time."
    bo = await app.as_(world.bo).post("/appointments", json=other, headers=once())
    assert bo.status_code == 201


@pytest.mark.asyncio
async def test_one_client_does_not_book_a_calendar_away(app: App, clock: Clock) -> None:
    ana, starts = app.as_(app.world.ana), _starts()
    held_before = await held(app, start=next(starts))
    for _ in range(MAX_BOOKINGS):
        first = await ana.post("/appointments", json=app.slot(start=next(starts)), headers=once())
        assert first.status_code == 201, first.text
    more = app.slot(start=next(starts))
    for path, body in (
        ("/appointments", more),
        ("/holds", more),
        ("/appointments", {"hold_id": held_before}),
    ):
        problem = refused(await ana.post(path, json=body, headers=once()), 409, "too-many-bookings")
        assert problem["limit"] == MAX_BOOKINGS
    bo = await app.as_(app.world.bo).post("/appointments", json=more, headers=once())
    assert bo.status_code == 201
    await ana.post(f"/appointments/{first.json()['id']}/cancel", headers=once())
    one_more = app.slot(start=next(starts))
    assert (await ana.post("/appointments", json=one_more, headers=once())).status_code == 201


@pytest.mark.asyncio
async def test_bookings_at_the_same_moment_are_counted_too(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MAX_BOOKINGS", 2)
    ana, starts = app.as_(app.world.ana), _starts()
    bodies = [app.slot(start=next(starts)) for _ in range(5)]
    answers = await asyncio.gather(
        *(ana.post("/appointments", json=body, headers=once()) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]


def _starts() -> Iterator[str]:
    """The slots of Ravi's, from noon on, five a day."""
    return ((NOON + n // 5 * 24 * HOUR + n % 5 * HOUR).isoformat() for n in range(100))


@pytest.mark.asyncio
async def test_other_offsets_are_the_same_instant(app: App) -> None:
    ana = app.as_(app.world.ana)
    answer = await ana.post(
        "/holds", json=app.slot(start="2026-11-23T04:00:00-08:00"), headers=once()
    )
    assert answer.json()["start"] == "2026-11-23T12:00:00+00:00"


@pytest.mark.asyncio
async def test_nobody_books_himself(app: App) -> None:
    ravi = app.as_(app.world.ravi)
    refused(await ravi.post("/holds", json=app.slot(), headers=once()), 422, "own-calendar")


@pytest.mark.asyncio
async def test_only_who_is_signed_in_and_there_may_book(app: App, clock: Clock) -> None:
    refused(
        await app.as_(None).post("/holds", json=app.slot(), headers=once()), 401, "unauthenticated"
    )
    ana = app.world.ana
    guest = Claims(
        person=ana.id,
        organisation=ana.organisation,
        roles=frozenset({"guest"}),
        room=uuid4(),
        expires_at=clock.now + HOUR,
    )
    unknown = Claims(
        person=uuid4(),
        organisation=ana.organisation,
        roles=frozenset({"client"}),
        expires_at=clock.now + HOUR,
    )
    for claims, status, code in ((guest, 403, "forbidden"), (unknown, 401, "unauthenticated")):
        client = app.with_headers({"Authorization": f"Bearer {app.tokens.issue(claims)}"})
        refused(await client.post("/holds", json=app.slot(), headers=once()), status, code)


@pytest.mark.asyncio
async def test_my_appointments_page_by_page(app: App, clock: Clock) -> None:
    ids = [await booked(app, start=(NOON + n * HOUR).isoformat()) for n in range(5)]
    for who in (app.world.ana, app.world.ravi):
        client, seen, query = app.as_(who), [], {"limit": "2"}
        while True:
            page = (await client.get("/appointments", params=query)).json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert seen == ids
    some = {
        "from": (NOON + HOUR).isoformat(),
        "to": (NOON + 3 * HOUR).isoformat(),
        "status": "booked",
    }
    found = (await app.as_(app.world.ana).get("/appointments", params=some)).json()
    assert [item["id"] for item in found["items"]] == ids[1:3]
    for nobody in (app.world.bo, app.world.olga, app.world.ben):
        assert (await app.as_(nobody).get("/appointments")).json() == {
            "items": [],
            "next_cursor": None,
        }


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "cursor",
    [
        "!",
        "WyIyMDI2LTExLTIzVDEyOjAwOjAwIiwgIjEiXQ",  # a time without an offset
        "WyIyMDI2LTExLTIzVDEyOjAwOjAwKzAwOjAwIiwgIjEiXQ",  # no id
        "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5IiwgIjEiXQ",  # before all time
    ],
)
async def test_cursors_of_others_are_refused(app: App, cursor: str) -> None:
    answer = await app.as_(app.world.ana).get("/appointments", params={"cursor": cursor})
    refused(answer, 422, "cursor-invalid")


@pytest.mark.asyncio
async def test_a_join_link_names_its_appointment_until_two_hours_after(
    app: App, clock: Clock
) -> None:
    appointment = await booked(app)
    for who in (app.world.ravi, app.world.ana):
        link = await app.as_(who).post(f"/appointments/{appointment}/join-link", headers=once())
        assert link.status_code == 201
        assert link.json()["expires_at"] == "2026-11-23T15:00:00+00:00"
        address, token = link.json()["url"].split("#")
        assert address == "https://klear.example/join"
        claims = app.tokens.verify_join(token)
        assert (str(claims.appointment), claims.client) == (appointment, app.world.ana.id)
    joined = await app.as_(None).post("/auth/join", json={"token": token})
    assert (joined.status_code, joined.json()["room"]) == (200, appointment)
    guest = app.with_headers({"Authorization": f"Bearer {joined.json()['access_token']}"})
    refused(await guest.get(f"/appointments/{appointment}"), 403, "forbidden")
    path = f"/appointments/{appointment}/join-link"
    clock.now = NOON + 2 * HOUR
    assert (await app.as_(app.world.ravi).post(path, headers=once())).status_code == 201
    clock.now = NOON + 3 * HOUR
    refused(await app.as_(app.world.ravi).post(path, headers=once()), 409, "already-over")


@pytest.mark.asyncio
async def test_only_its_two_sides_make_a_join_link(app: App) -> None:
    """Who runs the calendars sees the appointment, and is not told that it has a link: he would enter as the client."""
    appointment, unknown = await booked(app), uuid4()
    for who in (app.world.olga, app.world.asta):
        steward = app.as_(who)
        assert (await steward.get(f"/appointments/{appointment}")).status_code == 200
        theirs = await steward.post(f"/appointments/{appointment}/join-link", headers=once())
        nobodys = await steward.post(f"/appointments/{unknown}/join-link", headers=once())
        problem = refused(theirs, 404, "not-found")
        assert {**problem, "instance": ""} == {**nobodys.json(), "instance": ""}


@pytest.mark.asyncio
async def test_a_join_link_is_written_down_nowhere(app: App) -> None:
    appointment, ana, key = await booked(app), app.as_(app.world.ana), once()
    path = f"/appointments/{appointment}/join-link"
    for headers in (key, key, {}):  # a key is not looked at
        assert (await ana.post(path, headers=headers)).status_code == 201
    async with app.world.database.transaction(SYSTEM, read_only=True) as tx:
        assert (
            await tx.fetchval("SELECT count(*) FROM persistence.idempotency") == 1
        )  # the booking's


@pytest.mark.asyncio
async def test_a_cancelled_appointment_gives_no_join_link(app: App) -> None:
    appointment, ana = await booked(app), app.as_(app.world.ana)
    link = await ana.post(f"/appointments/{appointment}/join-link", headers=once())
    await ana.post(f"/appointments/{appointment}/cancel", headers=once())
    again = await ana.post(f"/appointments/{appointment}/join-link", headers=once())
    refused(again, 409, "already-over")
    token = link.json()["url"].split("#")[1]
    refused(await app.as_(None).post("/auth/join", json={"token": token}), 410, "join-link-expired")


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["ben", "noor", "bo", "mei"])
async def test_nobody_else_reads_books_cancels_or_joins(app: App, name: str) -> None:
    """What is another's cannot be told from what is not there: the same answer, but for the request's id."""
    hold, appointment = await held(app), await booked(app, start=(NOON + HOUR).isoformat())
    stranger, unknown = app.as_(getattr(app.world, name)), str(uuid4())

    async def asked(path: str, method: str = "GET", body: object = None) -> dict[str, object]:
        answer = await stranger.request(method, path, json=body, headers=once())
        problem: dict[str, object] = answer.json()
        problem.pop("instance")
        return problem

    for theirs, nobodys in ((appointment, unknown), (hold, unknown)):
        for suffix, method in (("", "GET"), ("/cancel", "POST"), ("/join-link", "POST")):
            answer = await asked(f"/appointments/{theirs}{suffix}", method)
            assert answer["status"] == 404
            assert answer == await asked(f"/appointments/{nobodys}{suffix}", method)
    assert await asked(f"/holds/{hold}", "DELETE") == await asked(f"/holds/{unknown}", "DELETE")
    booking = await asked("/appointments", "POST", {"hold_id": hold})
    assert booking == await asked("/appointments", "POST", {"hold_id": unknown})
    assert booking["code"] == "hold-expired"
    async with app.world.database.transaction(SYSTEM, read_only=True) as tx:
        rows = await tx.fetch("SELECT status FROM booking.appointment ORDER BY status")
    assert [row["status"] for row in rows] == ["booked", "held"]


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["ben", "noor"])
async def test_nobody_books_at_another_organisations(app: App, name: str) -> None:
    stranger = app.as_(getattr(app.world, name))
    for path in ("/holds", "/appointments"):
        answer = await stranger.post(path, json=app.slot(), headers=once())
        problem = refused(answer, 404, "not-found")
        other = await stranger.post(path, json=app.slot(service_id=str(uuid4())), headers=once())
        assert {**problem, "instance": ""} == {**other.json(), "instance": ""}


@pytest.mark.asyncio
async def test_the_clock_of_the_application_decides(app: App, clock: Clock) -> None:
    appointment = await booked(app)
    clock.now = NOON + timedelta(minutes=1)
    path = f"/appointments/{appointment}"
    ana = app.as_(app.world.ana)
    refused(await ana.post(f"{path}/cancel", headers=once()), 409, "already-over")
    clock.now = NOON + HOUR
    assert (await app.as_(app.world.ana).get(path)).json()["status"] == "completed"


def test_the_document_names_our_refusals_and_shapes() -> None:
    from fastapi import FastAPI

    from api import booking

    v1 = FastAPI()
    v1.include_router(booking.router)
    made = document(v1)
    operation = made["paths"]["/holds"]["post"]
    assert "slot-taken" in operation["responses"]["409"]["description"]
    shape = made["components"]["schemas"]["AppointmentView"]["properties"]
    assert {"id", "status", "start", "end", "practitioner", "client", "note"} <= set(shape)
