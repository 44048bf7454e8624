"""Many people want a practitioner's times at once: hold, book, let go, cancel, and time passes meanwhile.

The real application on a real Postgres; the relay publishes while they do. What the database says afterwards is
compared with what each of them was told.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import orjson
import pytest
import pytest_asyncio

from persistence.postgres import SYSTEM, Database
from persistence.relay import Relay
from protocol import channels
from services.booking import sweeps
from services.booking.model import HOLD_TIME, Service
from tests.api.booking_app import App, once
from tests.conftest import Clock
from tests.long.conftest import Account
from tests.services.booking.world import NOON, Member, World

pytestmark = [pytest.mark.long, pytest.mark.integration, pytest.mark.timeout(900)]

SEED, ROUNDS, CROWD, TRIES = 20261122, 40, 30, 4
DAYS = 5
"""Of the practitioner's week that they want times in: few enough for them to collide all the time."""

CLEAN = {200, 201, 204, 404, 409, 422}


class Race:
    """What everybody was told."""

    def __init__(self, app: App, crowd: list[Member], services: list[Service]) -> None:
        self.app, self.crowd, self.services = app, crowd, services
        self.dice = random.Random(SEED)
        self.practitioner = app.as_(app.world.ravi)
        self.answers: Counter[str] = Counter()
        self.booked: dict[str, dict[str, Any]] = {}
        self.cancelled: set[str] = set()
        self.held: dict[str, str] = {}
        """Hold to its holder, unless it was booked or let go of."""
        self.ids: set[str] = set()

    async def round(self) -> None:
        """Everybody at once, while holds expire."""
        sweep = sweeps.expire_holds(self.app.world.database, self.app.clock())
        await asyncio.gather(sweep, *(self.person(member) for member in self.crowd))

    async def person(self, member: Member) -> None:
        """A few tries of one person, each with his own ideas."""
        client = self.app.as_(member)
        try:
            for _ in range(TRIES):
                await self.dice.choice(
                    [self.book, self.book, self.hold, self.hold, self.cancel, self.use]
                )(client, member)
        finally:
            await client.aclose()

    def wanted(self) -> dict[str, Any]:
        """Some slot."""
        service = self.dice.choice(self.services)
        step = service.slot_minutes
        start = NOON.replace(hour=9) + timedelta(
            days=self.dice.randrange(1, DAYS), minutes=step * self.dice.randrange(8 * 60 // step)
        )
        return self.app.slot(service_id=str(service.id), start=start.isoformat())

    async def book(self, client: httpx2.AsyncClient, member: Member) -> None:
        """Without a hold; now and then the same request goes out twice."""
        key, body = once(), self.wanted()
        sends = [
            client.post("/appointments", json=body, headers=key)
            for _ in range(self.dice.choice([1, 1, 2]))
        ]
        made = [answer for answer in await asyncio.gather(*sends) if self.told("book", answer)]
        assert len({answer.json()["id"] for answer in made}) <= 1, "one key booked twice"
        if made:
            self.remember(made[0].json())

    async def hold(self, client: httpx2.AsyncClient, member: Member) -> None:
        """And mostly book it or let it go; else it expires, or is used later."""
        answer = await client.post("/holds", json=self.wanted(), headers=once())
        if self.told("hold", answer):
            self.held[answer.json()["id"]] = str(member.id)
            self.unique(answer.json()["id"])
            if self.dice.random() < 0.6:
                await self.use(client, member)

    async def use(self, client: httpx2.AsyncClient, member: Member) -> None:
        """Book one of one's holds, or let it go."""
        mine = [hold for hold, holder in self.held.items() if holder == str(member.id)]
        if not mine:
            return
        hold = self.dice.choice(mine)
        del self.held[hold]
        if self.dice.random() < 0.3:
            self.told("release", await client.delete(f"/holds/{hold}"))
            return
        answer = await client.post("/appointments", json={"hold_id": hold}, headers=once())
        if self.told("book hold", answer):
            self.remember(answer.json(), new=False)

    async def cancel(self, client: httpx2.AsyncClient, member: Member) -> None:
        """One of one's appointments; now and then the practitioner does the same."""
        mine = [
            id
            for id, made in self.booked.items()
            if made["client_id"] == str(member.id) and id not in self.cancelled
        ]
        if mine:
            id = self.dice.choice(mine)
            both = [client, self.practitioner] if self.dice.random() < 0.3 else [client]
            path = f"/appointments/{id}/cancel"
            sends = [each.post(path, json={}, headers=once()) for each in both]
            done = [self.told("cancel", answer) for answer in await asyncio.gather(*sends)]
            assert sum(done) <= 1, "called off twice"
            assert not any(done) or id not in self.cancelled
            if any(done):
                self.cancelled.add(id)

    def told(self, what: str, answer: httpx2.Response) -> bool:
        """Note it; whether it was done."""
        assert answer.status_code in CLEAN, (what, answer.status_code, answer.text)
        self.answers[f"{what} {answer.status_code}"] += 1
        return answer.is_success

    def remember(self, appointment: dict[str, Any], *, new: bool = True) -> None:
        id = appointment["id"]
        assert id not in self.booked
        if new:
            self.unique(id)
        self.booked[id] = {"client_id": appointment["client"]["id"], **appointment}

    def unique(self, id: str) -> None:
        assert id not in self.ids
        self.ids.add(id)


@pytest_asyncio.fixture
async def race(database: Database, clock: Clock) -> AsyncIterator[Race]:
    app = App(await World(database).build(), clock)
    stillwater = app.world.ana.organisation
    crowd = [await app.world.member(f"Client {n}", stillwater, "client") for n in range(CROWD)]
    more = [
        {"duration_minutes": 30, "slot_minutes": 15, "buffer_after_minutes": 10},
        {"duration_minutes": 45, "slot_minutes": 15, "buffer_before_minutes": 15},
    ]
    services = [app.world.service, *[await app.world.offer(app.world.ravi, **m) for m in more]]
    yield Race(app, crowd, services)
    await app.close()


@pytest.mark.asyncio
async def test_no_race_breaks_a_calendar(race: Race, clock: Clock, account: Account) -> None:
    database, published = race.app.world.database, list[tuple[str, dict[str, Any]]]()

    async def publish(channel: str, data: bytes, key: str) -> None:
        published.append((channel, orjson.loads(data)))

    relay = Relay(database, publish, clock=clock)
    database.on_outbox(relay.wake)
    relaying = asyncio.ensure_future(relay.run())
    for number in range(ROUNDS):
        await race.round()
        await check_ranges(database)
        clock.advance(minutes=HOLD_TIME.total_seconds() / 60 if number % 3 == 2 else 1)
    clock.advance(minutes=HOLD_TIME.total_seconds() / 60)
    await sweeps.expire_holds(database, clock())
    async with asyncio.timeout(60):
        while await pending(database):
            await asyncio.sleep(0.05)
    relaying.cancel()
    await asyncio.gather(relaying, return_exceptions=True)
    await check_rows(race)
    await check_versions(race, published)
    assert race.answers["book 201"] > 100
    assert race.answers["cancel 200"] > 50
    account.cases = sum(race.answers.values())
    account.note(rounds=ROUNDS, pushes=len(published), **dict(sorted(race.answers.items())))


async def check_ranges(database: Database) -> None:
    """Nobody is wanted twice at one time, and no client is in two places."""
    async with database.transaction(SYSTEM, read_only=True) as tx:
        for column, taken, alive in (
            ("practitioner_id", "busy", "('held', 'booked')"),
            ("client_id", "during", "('booked')"),
        ):
            overlaps = await tx.fetchval(
                "SELECT count(*) FROM booking.appointment a JOIN booking.appointment b"
                f" ON a.id < b.id AND a.{column} = b.{column} AND a.{taken} && b.{taken}"
                f" WHERE a.status IN {alive} AND b.status IN {alive}"
            )
            assert overlaps == 0, column


async def check_rows(race: Race) -> None:
    """Each 201 has its row, as it was told, and there is nothing else."""
    async with race.app.world.database.transaction(SYSTEM, read_only=True) as tx:
        rows = await tx.fetch("SELECT * FROM booking.appointment")
    found = {str(row["id"]): row for row in rows}
    for id, told in race.booked.items():
        row = found.pop(id)
        assert row["status"] == ("cancelled" if id in race.cancelled else "booked"), id
        assert str(row["client_id"]) == told["client_id"]
        assert row["during"].lower.isoformat() == told["start"]
    assert found == {}, "rows that nobody was told of, or holds that outlived their time"


async def check_versions(race: Race, published: list[tuple[str, dict[str, Any]]]) -> None:
    """Each change was told once, in order: versions count up by one, to that of the calendar."""
    ravi = race.app.world.ravi.id
    async with race.app.world.database.transaction(SYSTEM, read_only=True) as tx:
        version = await tx.fetchval(
            "SELECT version FROM booking.calendar WHERE practitioner_id = $1", ravi
        )
        refused = await tx.fetchval(
            "SELECT count(*) FROM persistence.outbox WHERE refused_at IS NOT NULL"
        )
    assert refused == 0
    for shown in (channels.slots(ravi), channels.calendar(ravi)):
        told = [push["version"] for channel, push in published if channel == shown]
        assert told == list(range(1, version + 1)), shown
    for member in race.crowd:
        mine = [
            push["version"] for channel, push in published if channel == channels.user(member.id)
        ]
        assert mine == sorted(mine)


async def pending(database: Database) -> int:
    """Rows of the outbox that wait to be published."""
    async with database.transaction(SYSTEM, read_only=True) as tx:
        count: int = await tx.fetchval(
            "SELECT count(*) FROM persistence.outbox"
            " WHERE published_at IS NULL AND refused_at IS NULL"
        )
    return count
