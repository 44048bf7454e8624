"""Random histories of holding, booking, releasing, cancelling and waiting, against a model in a dozen lines."""

import random
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import pytest

from persistence.postgres import SYSTEM
from protocol import channels
from protocol.errors import NotFound, RequestError
from services.booking import commands, queries, sweeps
from services.booking.errors import AlreadyOver, HoldExpired, SlotTaken, TooManyHolds
from services.booking.model import HOLD_TIME, MAX_HOLDS, Appointment
from tests.conftest import Clock
from tests.services.booking.world import HOUR, NOON, Member, World

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

Deed = TypeVar("Deed")

STEPS = 150
STARTS = [NOON + n * HOUR / 2 for n in range(8)]
"""Half an hour apart, an hour long: each overlaps its neighbours."""


@dataclass
class Row:
    """What the model knows of a row."""

    client: UUID
    start: datetime
    status: str
    expires: datetime | None = None

    def blocks(self, start: datetime, now: datetime) -> bool:
        """Whether this row keeps others from starting then."""
        live = self.status == "booked" or (self.expires is not None and self.expires > now)
        return live and abs(self.start - start) < HOUR


class History:
    """Does something at random, and says beforehand what must come of it."""

    def __init__(self, world: World, clock: Clock, chance: random.Random) -> None:
        self.world, self.clock, self.chance = world, clock, chance
        self.rows: dict[UUID, Row] = {}
        self.clients = [world.ana, world.bo]

    async def step(self) -> None:
        """One of the things that happen."""
        doings = [self.hold, self.hold, self.book, self.book_hold, self.book_hold]
        doings += [self.release, self.cancel, self.cancel, self.wait, self.sweep]
        await self.chance.choice(doings)()

    async def hold(self) -> None:
        client, start, now = self.who(), self.chance.choice(STARTS), self.clock.now
        holds = [r for r in self.rows.values() if r.client == client.id and r.expires]
        live = [r for r in holds if r.expires is not None and r.expires > now]
        refusal = self.taken(start) or (TooManyHolds if len(live) >= MAX_HOLDS else None)
        made = await self.done(refusal, self.world.hold(client, now, start))
        if made:
            self.drop_expired(start)
            self.rows[made.id] = Row(client.id, start, "held", now + HOLD_TIME)

    async def book(self) -> None:
        client, start = self.who(), self.chance.choice(STARTS)
        made = await self.done(self.taken(start), self.world.book(client, self.clock.now, start))
        if made:
            self.drop_expired(start)
            self.rows[made.id] = Row(client.id, start, "booked")

    async def book_hold(self) -> None:
        row_id, client, now = self.some("held"), self.who(), self.clock.now
        row = self.rows.get(row_id)
        mine = row is not None and row.client == client.id and row.status == "held"
        good = mine and row is not None and row.expires is not None and row.expires > now

        async def act() -> Appointment:
            async with self.world.database.transaction(client.actor) as tx:
                return await commands.book_hold(tx, row_id, client_id=client.id, now=now)

        if await self.done(None if good else HoldExpired, act()):
            self.rows[row_id] = Row(client.id, self.rows[row_id].start, "booked")

    async def release(self) -> None:
        row_id, client = self.some("held"), self.who()
        row = self.rows.get(row_id)
        good = row is not None and row.client == client.id and row.status == "held"

        async def act() -> bool:
            async with self.world.database.transaction(client.actor) as tx:
                await commands.release_hold(tx, row_id, client_id=client.id)
            return True

        if await self.done(None if good else NotFound, act()):
            del self.rows[row_id]

    async def cancel(self) -> None:
        row_id, client = self.some("booked"), self.who()
        row = self.rows.get(row_id)
        refusal: type[RequestError] | None = NotFound
        if row is not None and row.client == client.id and row.status != "held":
            refusal = None if row.status == "booked" else AlreadyOver

        async def act() -> Appointment:
            async with self.world.database.transaction(client.actor) as tx:
                return await commands.cancel(tx, row_id, now=self.clock.now)

        if await self.done(refusal, act()):
            self.rows[row_id].status = "cancelled"

    async def wait(self) -> None:
        self.clock.advance(seconds=self.chance.choice([20, 60, 150]))

    async def sweep(self) -> None:
        expired = [row_id for row_id, row in self.rows.items() if self.is_expired(row)]
        assert await sweeps.expire_holds(self.world.database, self.clock.now) == len(expired)
        for row_id in expired:
            del self.rows[row_id]

    async def done(self, refusal: type[RequestError] | None, deed: Awaitable[Deed]) -> Deed | None:
        """Do it: with this refusal, or without one."""
        if refusal is None:
            return await deed
        with pytest.raises(refusal):
            await deed
        return None

    def who(self) -> Member:
        return self.chance.choice(self.clients)

    def some(self, status: str) -> UUID:
        """A row, of this status rather than another; nobody's id where there is none."""
        wanted = [row_id for row_id, row in self.rows.items() if row.status == status]
        return self.chance.choice(wanted or list(self.rows) or [UUID(int=0)])

    def taken(self, start: datetime) -> type[RequestError] | None:
        blocked = any(row.blocks(start, self.clock.now) for row in self.rows.values())
        return SlotTaken if blocked else None

    def is_expired(self, row: Row) -> bool:
        return row.expires is not None and row.expires <= self.clock.now

    def drop_expired(self, start: datetime) -> None:
        """A claim clears its way."""
        for row_id, row in list(self.rows.items()):
            if self.is_expired(row) and abs(row.start - start) < HOUR:
                del self.rows[row_id]

    async def check(self) -> None:
        """The rows are the model's, and the slots follow from them."""
        now, world = self.clock.now, self.world
        async with world.database.transaction(SYSTEM, read_only=True) as tx:
            rows = await tx.fetch("SELECT id, status FROM booking.appointment")
            page = await queries.open_slots(
                tx, world.ravi.id, world.service.id, since=STARTS[0], until=STARTS[-1], now=now
            )
        assert {r["id"]: r["status"] for r in rows} == {i: r.status for i, r in self.rows.items()}
        booked = [row for row in self.rows.values() if row.status == "booked"]
        expected = {
            start: "held" if self.taken(start) else "open"
            for start in STARTS[:-1]
            if not any(row.blocks(start, now) for row in booked)
        }
        assert {slot.start: slot.state for slot in page.slots} == expected


@pytest.mark.asyncio
@pytest.mark.parametrize("seed", range(4))
async def test_every_history_is_the_models(world: World, clock: Clock, seed: int) -> None:
    world.service = await world.offer(world.ravi, slot_minutes=30, min_notice_minutes=0)
    await world.pushes()
    clock.now = NOON - timedelta(days=3)
    history = History(world, clock, random.Random(seed))
    for _ in range(STEPS):
        await history.step()
        await history.check()
    assert len(history.rows) > 3
    channel = channels.slots(world.ravi.id)
    versions = [push["version"] for told, push in await world.pushes() if told == channel]
    assert versions == list(range(versions[0], versions[0] + len(versions)))
