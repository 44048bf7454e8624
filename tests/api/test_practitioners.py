"""Practitioners over HTTP: public profiles and slots, and calendars for those who run them."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from persistence.postgres import SYSTEM, Database
from services.practitioners import commands as practitioners
from services.practitioners.model import Practitioner
from tests.api.booking_app import App, refused
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


def window(**other: str) -> dict[str, str]:
    return {"from": NOON.isoformat(), "to": (NOON + 4 * HOUR).isoformat(), **other}


@pytest.mark.asyncio
async def test_the_practitioners_of_my_organisation(app: App, world: World) -> None:
    ana = app.as_(world.ana)
    first = (await ana.get("/practitioners", params={"limit": 1})).json()
    assert first["items"] == [
        {
            "id": str(world.ravi.id),
            "name": "Dr. Ravi Menon",
            "title": "Physiotherapist",
            "bio": "Listens first.",
            "specialities": ["Backs"],
            "languages": ["en", "sv"],
            "time_zone": "Europe/London",
            "next_open": "2026-11-23T10:00:00+00:00",
        }
    ]
    query = {"limit": "1", "cursor": first["next_cursor"]}
    rest = (await ana.get("/practitioners", params=query)).json()
    assert [(item["name"], item["next_open"]) for item in rest["items"]] == [("Mei Tanaka", None)]
    assert rest["next_cursor"] is None
    theirs = (await app.as_(world.ben).get("/practitioners")).json()
    assert [item["name"] for item in theirs["items"]] == ["Noor Haddad"]
    refused(await app.as_(None).get("/practitioners"), 401, "unauthenticated")
    query["cursor"] = "WyJcdTAwMDAiLCAiMSJd"  # a name with a NUL in it
    refused(await ana.get("/practitioners", params=query), 422, "cursor-invalid")


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["", "ana", "ben"])
async def test_anybody_reads_a_profile(app: App, world: World, name: str) -> None:
    reader = app.as_(getattr(world, name) if name else None)
    found = (await reader.get(f"/practitioners/{world.ravi.id}")).json()
    assert (found["name"], found["time_zone"]) == ("Dr. Ravi Menon", "Europe/London")
    assert found["services"] == [
        {
            "id": str(world.service.id),
            "name": "First session",
            "description": "",
            "duration_minutes": 60,
            "price": {"amount": 8500, "currency": "EUR"},
        }
    ]
    refused(await reader.get(f"/practitioners/{uuid4()}"), 404, "not-found")


@pytest.mark.asyncio
async def test_without_a_calendar_a_profile_is_not_shown_yet(app: App, world: World) -> None:
    new = await world.member("Zed Nu", world.ana.organisation, "practitioner")
    profile = Practitioner(
        id=new.id,
        organisation_id=new.organisation,
        name=new.name,
        title="",
        bio="",
        specialities=(),
        languages=(),
    )
    async with world.database.transaction(SYSTEM) as tx:
        await practitioners.create(tx, profile)
    refused(await app.as_(None).get(f"/practitioners/{new.id}"), 404, "not-found")
    listed = (await app.as_(world.ana).get("/practitioners")).json()["items"]
    assert "Zed Nu" not in [item["name"] for item in listed]


@pytest.mark.asyncio
async def test_anybody_reads_slots_without_names(app: App, world: World, clock: Clock) -> None:
    await world.hold(world.ana, clock.now, NOON)
    await world.book(world.ana, clock.now, NOON + HOUR)
    query = {"service": str(world.service.id), "from": "2026-11-23", "days": "1"}
    answer = await app.as_(None).get(f"/practitioners/{world.ravi.id}/slots", params=query)
    found = answer.json()
    assert (found["practitioner_id"], found["service_id"]) == (
        str(world.ravi.id),
        str(world.service.id),
    )
    assert (found["time_zone"], found["version"]) == ("Europe/London", 4)
    assert [(slot["start"][11:16], slot["state"]) for slot in found["slots"]] == [
        ("10:00", "open"),
        ("11:00", "open"),
        ("12:00", "held"),
        ("14:00", "open"),
        ("15:00", "open"),
        ("16:00", "open"),
    ]
    assert found["slots"][0]["end"] == "2026-11-23T11:00:00+00:00"
    assert "Ana" not in answer.text


@pytest.mark.asyncio
async def test_days_are_those_of_the_zone_that_is_asked_for(app: App, world: World) -> None:
    query = {"service": str(world.service.id), "from": "2026-11-24", "days": "1"}
    path = f"/practitioners/{world.ravi.id}/slots"
    away = {**query, "time_zone": "Pacific/Auckland"}
    found = (await app.as_(None).get(path, params=away)).json()
    starts = [slot["start"][5:16] for slot in found["slots"]]
    # Tuesday in Auckland: from 11:00 UTC on Monday to 11:00 UTC on Tuesday.
    assert (starts[0], starts[-1]) == ("11-23T11:00", "11-24T10:00")
    assert found["time_zone"] == "Pacific/Auckland"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"time_zone": "Mars/Olympus"}, 422, "unknown-time-zone"),
        ({"time_zone": "../../etc/passwd"}, 422, "unknown-time-zone"),
        ({"time_zone": "America"}, 422, "unknown-time-zone"),
        ({"days": "32"}, 422, "invalid"),
        ({"days": "0"}, 422, "invalid"),
        ({"from": "9999-12-31"}, 422, "invalid"),
        ({"from": "0001-01-01"}, 422, "invalid"),
        ({"service": "x"}, 422, "invalid"),
        ({"service": str(uuid4())}, 404, "not-found"),
    ],
)
async def test_slots_that_cannot_be_shown(
    app: App, world: World, change: dict[str, str], status: int, code: str
) -> None:
    query = {"service": str(world.service.id), "from": "2026-11-23", **change}
    path = f"/practitioners/{world.ravi.id}/slots"
    refused(await app.as_(None).get(path, params=query), status, code)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["ravi", "olga", "asta"])
async def test_a_calendar_for_those_who_run_it(
    app: App, world: World, clock: Clock, name: str
) -> None:
    booked = await world.book(world.ana, clock.now)
    hold = await world.hold(world.bo, clock.now, NOON + HOUR)
    answer = await app.as_(getattr(world, name)).get(
        f"/practitioners/{world.ravi.id}/calendar", params=window()
    )
    found = answer.json()
    assert found["version"] == 4
    assert [(each["id"], each["client"]["name"]) for each in found["appointments"]] == [
        (str(booked.id), "Ana Lindqvist")
    ]
    assert found["holds"] == [
        {
            "id": str(hold.id),
            "start": "2026-11-23T13:00:00+00:00",
            "end": "2026-11-23T14:00:00+00:00",
            "expires_at": "2026-11-23T09:05:00+00:00",
        }
    ]


@pytest.mark.asyncio
async def test_a_calendar_for_nobody_else(app: App, world: World) -> None:
    hours = {"time_zone": "Europe/London", "version": 1, "rules": []}
    for path, query in (("calendar", window()), ("availability", {})):
        address = f"/practitioners/{world.ravi.id}/{path}"
        for who in (world.ana, world.mei):
            refused(await app.as_(who).get(address, params=query), 403, "forbidden")
        for who in (world.noor, world.ben):
            theirs = refused(await app.as_(who).get(address, params=query), 404, "not-found")
            unknown = f"/practitioners/{uuid4()}/{path}"
            nobodys = refused(await app.as_(who).get(unknown, params=query), 404, "not-found")
            assert {**theirs, "instance": ""} == {**nobodys, "instance": ""}
        refused(await app.as_(None).get(address, params=query), 401, "unauthenticated")
    for who, status in ((world.ana, 403), (world.mei, 403), (world.noor, 404), (world.ben, 404)):
        address = f"/practitioners/{world.ravi.id}/availability"
        assert (await app.as_(who).put(address, json=hours)).status_code == status


@pytest.mark.asyncio
async def test_a_calendar_shows_two_months_at_most(app: App, world: World) -> None:
    path = f"/practitioners/{world.ravi.id}/calendar"
    ravi = app.as_(world.ravi)
    for until in ("2027-02-01T00:00:00Z", NOON.isoformat()):
        problem = refused(await ravi.get(path, params=window(to=until)), 422, "window-too-wide")
        assert problem["max_days"] == 62


@pytest.mark.asyncio
async def test_weekly_hours_are_read_changed_and_guarded(app: App, world: World) -> None:
    path = f"/practitioners/{world.ravi.id}/availability"
    ravi = app.as_(world.ravi)
    answer = await ravi.get(path)
    hours = answer.json()
    assert (hours["time_zone"], hours["version"], len(hours["rules"])) == ("Europe/London", 1, 7)
    assert hours["rules"][0] == {"weekday": 1, "start": "09:00", "end": "17:00"}
    assert answer.headers["etag"] == '"1"'
    rules = [
        {"weekday": 1, "start": "22:30", "end": "24:00"},
        {"weekday": 2, "start": "00:00", "end": "08:15"},
    ]
    changed = {**hours, "time_zone": "Asia/Kathmandu", "rules": rules}
    saved = await ravi.put(path, json=changed)
    assert (saved.status_code, saved.json()) == (200, {**changed, "version": 2})
    late = await app.as_(world.olga).put(path, json={**changed, "rules": []})
    assert refused(late, 409, "version-conflict")["current"] == 2


@pytest.mark.asyncio
async def test_the_same_save_once_more_changes_nothing(app: App, world: World) -> None:
    """Its answer was lost, and it is sent again: the person's own save is no conflict to him."""
    path, ravi = f"/practitioners/{world.ravi.id}/availability", app.as_(world.ravi)
    hours = (await ravi.get(path)).json()
    rules = [
        {"weekday": 2, "start": "08:00", "end": "12:00"},
        {"weekday": 1, "start": "09:00", "end": "12:00"},
    ]
    body = {**hours, "rules": rules}
    first = await ravi.put(path, json=body)
    await world.pushes()
    again = await ravi.put(path, json=body)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.json()["version"] == hours["version"] + 1
    assert await world.pushes() == []
    other_zone = await ravi.put(path, json={**body, "time_zone": "Asia/Kathmandu"})
    assert refused(other_zone, 409, "version-conflict")["current"] == 2
    await ravi.put(path, json={**body, "version": 2, "rules": []})
    await ravi.put(path, json={**body, "version": 3})
    stale = await ravi.put(path, json=body)  # the same hours, but two saves came between
    assert refused(stale, 409, "version-conflict")["current"] == 4


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"rules": [{"weekday": 8, "start": "09:00", "end": "17:00"}]}, "invalid"),
        ({"rules": [{"weekday": 1, "start": "9:00", "end": "17:00"}]}, "invalid"),
        ({"rules": [{"weekday": 1, "start": "09:00", "end": "24:01"}]}, "invalid"),
        ({"rules": [{"weekday": 1, "start": "24:00", "end": "24:00"}]}, "invalid-availability"),
        ({"rules": [{"weekday": 1, "start": "17:00", "end": "09:00"}]}, "invalid-availability"),
        ({"time_zone": "Mars/Olympus"}, "unknown-time-zone"),
        ({"version": "x"}, "invalid"),
    ],
)
async def test_hours_that_make_no_sense(
    app: App, world: World, change: dict[str, object], code: str
) -> None:
    body = {"time_zone": "Europe/London", "version": 1, "rules": [], **change}
    path = f"/practitioners/{world.ravi.id}/availability"
    refused(await app.as_(world.ravi).put(path, json=body), 422, code)
