import logging

import pytest

from persistence.postgres import SYSTEM, Transaction
from services.booking import commands, ledger, sweeps
from services.booking.model import Calendar
from tests.conftest import Clock
from tests.services.booking.world import HOUR, NOON, World, told

pytestmark = pytest.mark.integration


async def _version(world: World) -> int:
    async with world.database.transaction(SYSTEM, read_only=True) as tx:
        found: int = await tx.fetchval(
            "SELECT version FROM booking.calendar WHERE practitioner_id = $1", world.ravi.id
        )
    return found


@pytest.mark.asyncio
async def test_the_sweep_deletes_expired_holds_and_tells(world: World, clock: Clock) -> None:
    await world.hold(world.ana, clock.now)
    await world.hold(world.bo, clock.now, NOON + HOUR)
    await world.hold(world.ben, clock.now, service=world.other_service)
    clock.advance(minutes=1)
    fresh = await world.hold(world.bo, clock.now, NOON + 2 * HOUR)
    await world.pushes()
    assert await sweeps.expire_holds(world.database, clock.now) == 0
    clock.advance(minutes=4)
    assert await sweeps.expire_holds(world.database, clock.now) == 3
    pushes = await world.pushes()
    assert sorted(told(pushes)) == sorted(set(told(pushes)))
    assert [push["state"] for _, push in pushes] == ["open"] * 6
    assert await sweeps.expire_holds(world.database, clock.now) == 0
    async with world.database.transaction(world.bo.actor) as tx:
        await commands.book_hold(tx, fresh.id, client_id=world.bo.id, now=clock.now)


@pytest.mark.asyncio
async def test_what_is_over_is_completed_and_told_to_those_it_concerns(
    world: World, clock: Clock
) -> None:
    await world.book(world.ana, clock.now)
    await world.book(world.ana, clock.now, NOON + HOUR)
    await world.pushes()
    before = await _version(world)
    clock.now = NOON + HOUR
    assert await sweeps.complete_appointments(world.database, clock.now) == 1
    assert told(await world.pushes()) == [
        (f"calendar:{world.ravi.id}", "completed", before),
        (f"user:{world.ana.id}", "completed", before),
        (f"user:{world.ravi.id}", "completed", before),
    ]
    assert await sweeps.complete_appointments(world.database, clock.now) == 0


@pytest.mark.asyncio
async def test_a_calendar_that_fails_keeps_no_other_waiting(
    world: World,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await world.hold(world.ana, clock.now)
    await world.hold(world.ben, clock.now, service=world.other_service)
    clock.advance(minutes=5)
    locked = ledger.locked
    broken = min(world.ravi.id, world.noor.id)  # the first in the sweep's order

    async def fails_once(tx: Transaction, practitioner: object) -> Calendar:
        if practitioner == broken:
            raise ArithmeticError
        return await locked(tx, practitioner)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger, "locked", fails_once)
    with caplog.at_level(logging.ERROR):
        assert await sweeps.expire_holds(world.database, clock.now) == 1
    assert [record.message for record in caplog.records] == ["calendar not swept"]
    monkeypatch.undo()
    assert await sweeps.expire_holds(world.database, clock.now) == 1
