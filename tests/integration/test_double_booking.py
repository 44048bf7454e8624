"""A hundred people want one slot at the same moment: one has it, and the others are told so cleanly."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise

import httpx2
import pytest
import pytest_asyncio

from persistence.postgres import SYSTEM, Database
from protocol import channels
from tests.api.booking_app import App, once
from tests.conftest import Clock
from tests.services.booking.world import HOUR, NOON, Member, World

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

CROWD = 100


@pytest_asyncio.fixture
async def app(database: Database, clock: Clock) -> AsyncIterator[App]:
    made = App(await World(database).build(), clock)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def crowd(app: App) -> list[Member]:
    stillwater = app.world.ana.organisation
    return [await app.world.member(f"Client {n}", stillwater, "client") for n in range(CROWD)]


async def rows(app: App) -> list[tuple[str, int]]:
    async with app.world.database.transaction(SYSTEM, read_only=True) as tx:
        found = await tx.fetch(
            "SELECT status, count(*) FROM booking.appointment GROUP BY status ORDER BY status"
        )
    return [(row["status"], row["count"]) for row in found]


def check_one_won(answers: list[httpx2.Response]) -> httpx2.Response:
    """One 201, and 99 problems that say the slot is taken and what else is open."""
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: CROWD - 1}
    for answer in answers:
        if answer.status_code == 409:
            assert answer.headers["content-type"] == "application/problem+json"
            problem = answer.json()
            assert (problem["code"], problem["temporary"]) == ("slot-taken", False)
            assert problem["next_open"] == [(NOON + n * HOUR).isoformat() for n in (1, 2, 3)]
    return next(answer for answer in answers if answer.status_code == 201)


async def everybody(
    app: App, crowd: list[Member], path: str, bodies: list[dict[str, object]]
) -> list[httpx2.Response]:
    """Send at the same moment, each as himself."""
    return await asyncio.gather(
        *(
            app.as_(who).post(path, json=body, headers=once())
            for who, body in zip(crowd, bodies, strict=True)
        )
    )


@pytest.mark.asyncio
async def test_a_hundred_book_one_slot(app: App, crowd: list[Member]) -> None:
    answers = await everybody(app, crowd, "/appointments", [app.slot()] * CROWD)
    winner = check_one_won(answers).json()
    assert await rows(app) == [("booked", 1)]
    told = [push for channel, push in await app.world.pushes() if channel.startswith("user:")]
    assert {push["appointment"]["id"] for push in told} == {winner["id"]}


@pytest.mark.asyncio
async def test_a_hundred_hold_one_slot_and_one_books_it(app: App, crowd: list[Member]) -> None:
    answers = await everybody(app, crowd, "/holds", [app.slot()] * CROWD)
    hold = check_one_won(answers).json()
    assert await rows(app) == [("held", 1)]
    booked = await everybody(app, crowd, "/appointments", [{"hold_id": hold["id"]}] * CROWD)
    assert Counter(answer.status_code for answer in booked) == {201: 1, 409: CROWD - 1}
    assert {a.json()["code"] for a in booked if a.status_code == 409} == {"hold-expired"}
    assert await rows(app) == [("booked", 1)]


@pytest.mark.asyncio
async def test_one_person_in_a_hundred_tabs_books_once(app: App) -> None:
    ana = app.as_(app.world.ana)
    answers = await asyncio.gather(
        *(ana.post("/appointments", json=app.slot(), headers=once()) for _ in range(CROWD))
    )
    check_one_won(list(answers))
    assert await rows(app) == [("booked", 1)]


@pytest.mark.asyncio
async def test_a_hundred_want_overlapping_times(app: App, crowd: list[Member]) -> None:
    """Starts every five minutes, an hour each: whatever was booked, no two of them overlap."""
    dense = await app.world.offer(app.world.ravi, slot_minutes=5)
    starts = [(NOON + n % 36 * HOUR / 12).isoformat() for n in range(CROWD)]
    bodies = [app.slot(service_id=str(dense.id), start=start) for start in starts]
    answers = await everybody(app, crowd, "/appointments", bodies)
    assert {answer.status_code for answer in answers} == {201, 409}
    booked = sorted(a.json()["start"] for a in answers if a.status_code == 201)
    assert await rows(app) == [("booked", len(booked))]
    minutes = [int(start[11:13]) * 60 + int(start[14:16]) for start in booked]
    assert all(later - earlier >= 60 for earlier, later in pairwise(minutes))
    channel = channels.slots(app.world.ravi.id)
    versions = [push["version"] for told, push in await app.world.pushes() if told == channel]
    assert versions == list(range(1, len(versions) + 1))
