"""What a practitioner offers: weekly hours, services, one calendar."""

from datetime import UTC, datetime

import pytest

from persistence.errors import UniqueViolated
from persistence.postgres import SYSTEM
from protocol.errors import NotFound
from services.booking import commands, queries
from services.booking.availability import Rule
from services.booking.errors import InvalidRules, UnknownTimeZone, VersionConflict
from tests.conftest import Clock
from tests.services.booking.world import HOUR, World

pytestmark = pytest.mark.integration


async def states(world: World, clock: Clock, start: datetime) -> list[str]:
    """The states of the slot at `start`: [] where it is gone."""
    async with world.database.transaction(SYSTEM, read_only=True) as tx:
        page = await queries.open_slots(
            tx, world.ravi.id, world.service.id, since=start, until=start + HOUR, now=clock.now
        )
    return [slot.state for slot in page.slots]


@pytest.mark.asyncio
async def test_hours_are_saved_once_read(world: World, clock: Clock) -> None:
    await world.pushes()
    rules = [Rule(weekday=1, start=13 * 60, end=15 * 60)]
    async with world.database.transaction(world.ravi.actor) as tx:
        found = await queries.availability(tx, world.ravi.id)
        saved = await commands.set_availability(
            tx, world.ravi.id, rules=rules, time_zone="Europe/Stockholm", version=found.version
        )
    assert saved == found.version + 1
    assert [push["type"] for _, push in await world.pushes()] == [
        "slots.changed",
        "calendar.changed",
    ]
    async with world.database.transaction(world.ravi.actor) as tx:
        after = await queries.availability(tx, world.ravi.id)
        assert (after.time_zone, after.rules) == ("Europe/Stockholm", tuple(rules))
        with pytest.raises(VersionConflict) as refused:
            await commands.set_availability(tx, world.ravi.id, rules=[], version=found.version)
    assert refused.value.fields == {"current": saved}
    assert await states(world, clock, datetime(2026, 11, 23, 12, tzinfo=UTC)) == [
        "open"
    ]  # 13:00 there
    assert await states(world, clock, datetime(2026, 11, 23, 14, tzinfo=UTC)) == []


@pytest.mark.asyncio
async def test_hours_and_zones_must_make_sense(world: World) -> None:
    async with world.database.transaction(world.ravi.actor) as tx:
        with pytest.raises(InvalidRules):
            await commands.set_availability(
                tx, world.ravi.id, rules=[Rule(weekday=1, start=9, end=8)]
            )
        with pytest.raises(UnknownTimeZone):
            await commands.set_availability(tx, world.ravi.id, rules=[], time_zone="Mars/Olympus")
        with pytest.raises(NotFound):
            await commands.set_availability(tx, world.noor.id, rules=[])


@pytest.mark.asyncio
async def test_a_practitioner_has_one_calendar(world: World) -> None:
    async with world.database.transaction(SYSTEM) as tx:
        with pytest.raises(UniqueViolated):
            await commands.create_calendar(
                tx,
                world.ravi.person,
                organisation_id=world.ravi.organisation,
                time_zone="Europe/London",
            )


@pytest.mark.asyncio
async def test_the_step_comes_from_the_duration(world: World) -> None:
    steps = [
        (await world.offer(world.ravi, duration_minutes=minutes)).slot_minutes
        for minutes in (50, 60, 12)
    ]
    assert steps == [60, 60, 15]
