"""Each use case on a real Postgres: the rows, the refusals, and what the sockets are told."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from persistence.postgres import SYSTEM
from protocol.errors import NotFound
from services.booking import commands, queries
from services.booking.errors import (
    AlreadyOver,
    HoldExpired,
    NotASlot,
    OwnCalendar,
    SlotTaken,
    TooManyHolds,
)
from services.booking.model import HOLD_TIME, MAX_HOLDS, Appointment
from tests.conftest import Clock
from tests.services.booking.world import HOUR, NOON, Member, World, told

pytestmark = pytest.mark.integration


async def version(world: World) -> int:
    async with world.database.transaction(SYSTEM, read_only=True) as tx:
        return (await queries.calendar_of(tx, world.ravi.id)).version


async def states(world: World, clock: Clock, start: datetime = NOON) -> list[str]:
    """The states of the slot at `start`: [] where it is gone."""
    async with world.database.transaction(SYSTEM, read_only=True) as tx:
        page = await queries.open_slots(
            tx, world.ravi.id, world.service.id, since=start, until=start + HOUR, now=clock.now
        )
    return [slot.state for slot in page.slots]


async def waiting_for_a_lock(world: World) -> bool:
    """Whether a statement on a calendar waits for another transaction."""
    async with world.database.transaction(SYSTEM, read_only=True) as tx:
        sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
        return bool(await tx.fetchval(sql))


async def book_hold(world: World, who: Member, hold_id: UUID, clock: Clock) -> Appointment:
    async with world.database.transaction(who.actor) as tx:
        return await commands.book_hold(
            tx, hold_id, client_id=who.id, note="Left knee", now=clock.now
        )


async def cancel(world: World, who: Member, appointment_id: UUID, clock: Clock) -> Appointment:
    async with world.database.transaction(who.actor) as tx:
        return await commands.cancel(tx, appointment_id, reason="Ill", now=clock.now)


@pytest.mark.asyncio
async def test_a_hold_keeps_the_slot_and_says_so_without_a_name(world: World, clock: Clock) -> None:
    await world.pushes()
    before = await version(world)
    hold = await world.hold(world.ana, clock.now)
    assert (hold.status, hold.expires_at) == ("held", clock.now + HOLD_TIME)
    assert await states(world, clock) == ["held"]
    assert await version(world) == before + 1
    (slots, slots_push), (calendar, calendar_push) = await world.pushes()
    assert (slots, calendar) == (f"slots:{world.ravi.id}", f"calendar:{world.ravi.id}")
    assert slots_push == {
        "type": "slots.changed",
        "version": before + 1,
        "state": "held",
        "start": "2026-11-23T12:00:00+00:00",
        "end": "2026-11-23T13:00:00+00:00",
        "until": "2026-11-23T09:05:00+00:00",
    }
    assert calendar_push == {**slots_push, "type": "calendar.changed"}


@pytest.mark.asyncio
async def test_a_hold_becomes_the_appointment_of_the_same_id(world: World, clock: Clock) -> None:
    hold = await world.hold(world.ana, clock.now)
    await world.pushes()
    held_version = await version(world)
    async with world.database.transaction(world.ana.actor) as tx:
        booked = await commands.book_hold(
            tx, hold.id, client_id=world.ana.id, note="Left knee", now=clock.now
        )
    assert (booked.id, booked.status, booked.note) == (hold.id, "booked", "Left knee")
    assert (booked.expires_at, booked.booked_at) == (None, clock.now)
    assert await states(world, clock) == []
    pushes = await world.pushes()
    assert told(pushes) == [
        (f"slots:{world.ravi.id}", "booked", held_version + 1),
        (f"calendar:{world.ravi.id}", "booked", held_version + 1),
        (f"user:{world.ana.id}", "booked", held_version + 1),
        (f"user:{world.ravi.id}", "booked", held_version + 1),
    ]
    assert "Ana" not in str(pushes[0])
    assert pushes[1][1]["appointment"]["client"] == {
        "id": str(world.ana.id),
        "name": "Ana Lindqvist",
    }
    assert pushes[1][1]["appointment"]["practitioner"]["name"] == "Dr. Ravi Menon"


@pytest.mark.asyncio
async def test_booking_without_a_hold(world: World, clock: Clock) -> None:
    await world.pushes()
    booked = await world.book(world.ana, clock.now)
    assert (booked.status, booked.time_zone) == ("booked", "Europe/London")
    assert [state for _, state, _ in told(await world.pushes())] == ["booked"] * 4


@pytest.mark.asyncio
async def test_a_taken_slot_is_refused_held_or_booked(world: World, clock: Clock) -> None:
    await world.hold(world.ana, clock.now)
    await world.book(world.ana, clock.now, NOON + HOUR)
    for start in (NOON, NOON + HOUR):
        with pytest.raises(SlotTaken):
            await world.hold(world.bo, clock.now, start)
        with pytest.raises(SlotTaken):
            await world.book(world.bo, clock.now, start)


@pytest.mark.asyncio
async def test_who_was_on_his_way_is_refused_by_the_constraint(world: World, clock: Clock) -> None:
    """Bo looked while Ana's booking was not committed, and waits for the calendar's lock."""
    async with world.database.transaction(world.ana.actor) as tx:
        await commands.book_slot(tx, world.claim(world.ana), now=clock.now)
        late = asyncio.ensure_future(world.book(world.bo, clock.now))
        async with asyncio.timeout(10):
            while not await waiting_for_a_lock(world):
                await asyncio.sleep(0.01)
    with pytest.raises(SlotTaken):
        await late


@pytest.mark.asyncio
async def test_what_is_not_offered_cannot_be_claimed(world: World, clock: Clock) -> None:
    for start in (NOON + HOUR / 2, NOON + 8 * HOUR, NOON + timedelta(days=61), clock.now):
        with pytest.raises(NotASlot):
            await world.hold(world.ana, clock.now, start)


@pytest.mark.asyncio
async def test_unknown_services_practitioners_and_those_of_others_are_not_found(
    world: World, clock: Clock
) -> None:
    with pytest.raises(NotFound):
        await world.book(world.ana, clock.now, service=world.other_service)
    async with world.database.transaction(world.ana.actor) as tx:
        for practitioner, service in (
            (world.mei.id, world.service.id),
            (uuid4(), world.service.id),
            (world.ravi.id, uuid4()),
        ):
            claim = commands.Claim(
                client=world.ana.person,
                practitioner_id=practitioner,
                service_id=service,
                start=NOON,
            )
            with pytest.raises(NotFound):
                await commands.book_slot(tx, claim, now=clock.now)


@pytest.mark.asyncio
async def test_nobody_books_himself(world: World, clock: Clock) -> None:
    with pytest.raises(OwnCalendar):
        await world.book(world.ravi, clock.now)


@pytest.mark.asyncio
async def test_holds_are_few(world: World, clock: Clock) -> None:
    for n in range(MAX_HOLDS):
        await world.hold(world.ana, clock.now, NOON + n * HOUR)
    with pytest.raises(TooManyHolds):
        await world.hold(world.ana, clock.now, NOON + MAX_HOLDS * HOUR)
    await world.hold(world.bo, clock.now, NOON + MAX_HOLDS * HOUR)
    clock.advance(minutes=5)
    await world.hold(world.ana, clock.now, NOON)


@pytest.mark.asyncio
async def test_an_expired_hold_gives_way_before_anybody_sweeps(world: World, clock: Clock) -> None:
    hold = await world.hold(world.ana, clock.now)
    clock.advance(minutes=5)
    assert await states(world, clock) == ["open"]
    with pytest.raises(HoldExpired):
        await book_hold(world, world.ana, hold.id, clock)
    await world.pushes()
    before = await version(world)
    await world.book(world.bo, clock.now)
    assert told(await world.pushes())[:3] == [
        (f"slots:{world.ravi.id}", "open", before + 1),
        (f"calendar:{world.ravi.id}", "open", before + 1),
        (f"slots:{world.ravi.id}", "booked", before + 2),
    ]
    with pytest.raises(HoldExpired):
        await book_hold(world, world.ana, hold.id, clock)


@pytest.mark.asyncio
async def test_a_hold_is_its_holders_alone(world: World, clock: Clock) -> None:
    hold = await world.hold(world.ana, clock.now)
    for who in (world.bo, world.ravi, world.olga, world.ben):
        with pytest.raises(HoldExpired):
            await book_hold(world, who, hold.id, clock)
        async with world.database.transaction(who.actor) as tx:
            with pytest.raises(NotFound):
                await commands.release_hold(tx, hold.id, client_id=who.id)
    assert await states(world, clock) == ["held"]


@pytest.mark.asyncio
async def test_a_released_hold_frees_its_slot_once(world: World, clock: Clock) -> None:
    hold = await world.hold(world.ana, clock.now)
    await world.pushes()
    async with world.database.transaction(world.ana.actor) as tx:
        await commands.release_hold(tx, hold.id, client_id=world.ana.id)
    assert [state for _, state, _ in told(await world.pushes())] == ["open", "open"]
    assert await states(world, clock) == ["open"]
    async with world.database.transaction(world.ana.actor) as tx:
        with pytest.raises(NotFound):
            await commands.release_hold(tx, hold.id, client_id=world.ana.id)


@pytest.mark.asyncio
async def test_a_hold_released_twice_at_once_is_released_once(world: World, clock: Clock) -> None:
    hold = await world.hold(world.ana, clock.now)

    async def release() -> None:
        async with world.database.transaction(world.ana.actor) as tx:
            await commands.release_hold(tx, hold.id, client_id=world.ana.id)

    async with world.database.transaction(world.ana.actor) as tx:
        await commands.release_hold(tx, hold.id, client_id=world.ana.id)
        late = asyncio.ensure_future(release())
        async with asyncio.timeout(10):
            while not await waiting_for_a_lock(world):
                await asyncio.sleep(0.01)
    with pytest.raises(NotFound):
        await late


@pytest.mark.asyncio
async def test_a_booked_hold_is_neither_booked_nor_released_again(
    world: World, clock: Clock
) -> None:
    hold = await world.hold(world.ana, clock.now)
    await book_hold(world, world.ana, hold.id, clock)
    with pytest.raises(HoldExpired):
        await book_hold(world, world.ana, hold.id, clock)
    async with world.database.transaction(world.ana.actor) as tx:
        with pytest.raises(NotFound):
            await commands.release_hold(tx, hold.id, client_id=world.ana.id)


@pytest.mark.asyncio
@pytest.mark.parametrize("side", ["ana", "ravi", "olga", "asta"])
async def test_either_side_and_who_runs_the_calendar_may_cancel(
    world: World, clock: Clock, side: str
) -> None:
    booked = await world.book(world.ana, clock.now)
    await world.pushes()
    who: Member = getattr(world, side)
    await cancel(world, who, booked.id, clock)
    assert await states(world, clock) == ["open"]
    pushes = await world.pushes()
    assert [state for _, state, _ in told(pushes)] == ["open"] + ["cancelled"] * 3
    await world.book(world.bo, clock.now)


@pytest.mark.asyncio
async def test_what_began_or_was_cancelled_cannot_be_cancelled(world: World, clock: Clock) -> None:
    first, second = (
        await world.book(world.ana, clock.now, NOON),
        await world.book(world.ana, clock.now, NOON + HOUR),
    )
    await cancel(world, world.ana, second.id, clock)
    with pytest.raises(AlreadyOver) as refused:
        await cancel(world, world.ravi, second.id, clock)
    assert refused.value.fields == {"appointment_status": "cancelled"}
    clock.now = NOON
    with pytest.raises(AlreadyOver):
        await cancel(world, world.ana, first.id, clock)


@pytest.mark.asyncio
async def test_strangers_cannot_cancel_and_a_hold_is_no_appointment(
    world: World, clock: Clock
) -> None:
    booked = await world.book(world.ana, clock.now)
    hold = await world.hold(world.ana, clock.now, NOON + HOUR)
    for who in (world.bo, world.mei, world.ben, world.noor):
        with pytest.raises(NotFound):
            await cancel(world, who, booked.id, clock)
    for unknown in (hold.id, uuid4()):
        with pytest.raises(NotFound):
            await cancel(world, world.ana, unknown, clock)


@pytest.mark.asyncio
async def test_buffers_are_kept_between_neighbours(world: World, clock: Clock) -> None:
    careful = await world.offer(
        world.ravi, name="Long", buffer_before_minutes=15, buffer_after_minutes=30, slot_minutes=60
    )
    await world.pushes()
    booked = await world.book(world.ana, clock.now, service=careful)
    assert booked.busy_start == NOON - timedelta(minutes=15)
    slots = next(push for channel, push in await world.pushes() if channel.startswith("slots:"))
    assert slots["start"] == "2026-11-23T11:45:00+00:00"
    for start in (NOON - HOUR, NOON + HOUR):
        with pytest.raises(SlotTaken):
            await world.book(world.bo, clock.now, start)
    await world.book(world.bo, clock.now, NOON + 2 * HOUR)
