"""A calendar's row: everybody of its organisation locks and counts it, only who runs it writes to it."""

import pytest

from persistence.errors import RowRefused
from persistence.postgres import SYSTEM
from protocol.errors import NotFound
from services.booking import ledger
from services.booking.events import Journal
from tests.services.booking.world import World

pytestmark = pytest.mark.integration


@pytest.mark.asyncio
async def test_what_is_committed_is_counted_and_told(world: World) -> None:
    await world.pushes()
    for who in (world.ana, world.ravi, world.asta):
        async with world.database.transaction(who.actor) as tx:
            calendar = await ledger.locked(tx, world.ravi.id)
            journal = Journal(calendar)
            journal.availability_changed()
            journal.availability_changed()
            await ledger.commit(tx, calendar, journal)
        async with world.database.transaction(SYSTEM) as tx:
            after = await ledger.locked(tx, world.ravi.id)
        assert after.version == calendar.version + 2 == journal.version
        assert len(await world.pushes()) == 4


@pytest.mark.asyncio
async def test_nothing_to_tell_counts_nothing(world: World) -> None:
    await world.pushes()
    async with world.database.transaction(world.ana.actor) as tx:
        calendar = await ledger.locked(tx, world.ravi.id)
        await ledger.commit(tx, calendar, Journal(calendar))
        assert await ledger.locked(tx, world.ravi.id) == calendar
    assert await world.pushes() == []


@pytest.mark.asyncio
async def test_another_organisations_is_not_there(world: World) -> None:
    async with world.database.transaction(world.ben.actor) as tx:
        with pytest.raises(NotFound):
            await ledger.locked(tx, world.ravi.id)
        await tx.execute("SELECT booking.count_pushes($1, 1)", world.ravi.id)
    async with world.database.transaction(SYSTEM) as tx:
        before = await ledger.locked(tx, world.ravi.id)
        for pushes in (0, -5):  # a version never goes back
            await tx.execute("SELECT booking.count_pushes($1, $2)", world.ravi.id, pushes)
        assert await ledger.locked(tx, world.ravi.id) == before
    assert before.version == 2  # the world's own


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["ana", "mei"])
@pytest.mark.parametrize(
    "change", ["time_zone = 'Asia/Kathmandu'", "rules_version = 9", "version = 99"]
)
async def test_the_database_lets_only_who_runs_it_write_to_it(
    world: World, name: str, change: str
) -> None:
    with pytest.raises(RowRefused):
        async with world.database.transaction(getattr(world, name).actor) as tx:
            await tx.execute(
                f"UPDATE booking.calendar SET {change} WHERE practitioner_id = $1", world.ravi.id
            )
