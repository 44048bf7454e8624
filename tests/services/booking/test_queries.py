"""What can be asked, and who gets an answer: the second wall is row-level security."""

from datetime import timedelta
from uuid import uuid4

import pytest

from persistence.errors import RowRefused
from persistence.postgres import SYSTEM, Actor
from protocol.errors import Forbidden, NotFound
from services.booking import commands, queries
from services.booking.errors import WindowTooWide
from services.booking.model import AppointmentFacts
from services.booking.repository import Listing
from tests.conftest import Clock
from tests.services.booking.world import HOUR, NOON, Member, World

pytestmark = pytest.mark.integration

WHO_SEES = ["ana", "ravi", "olga", "asta"]
WHO_DOES_NOT = ["bo", "mei", "noor", "ben"]


def one(world: World, name: str) -> Member:
    member: Member = getattr(world, name)
    return member


@pytest.mark.asyncio
@pytest.mark.parametrize("name", WHO_SEES)
async def test_the_sides_and_who_runs_the_calendar_see_an_appointment(
    world: World, clock: Clock, name: str
) -> None:
    booked = await world.book(world.ana, clock.now)
    async with world.database.transaction(one(world, name).actor, read_only=True) as tx:
        assert await queries.appointment(tx, booked.id, now=clock.now) == booked


@pytest.mark.asyncio
@pytest.mark.parametrize("name", WHO_DOES_NOT)
async def test_nobody_else_sees_it_anywhere(world: World, clock: Clock, name: str) -> None:
    booked = await world.book(world.ana, clock.now)
    who = one(world, name)
    async with world.database.transaction(who.actor, read_only=True) as tx:
        with pytest.raises(NotFound):
            await queries.appointment(tx, booked.id, now=clock.now)
        assert await queries.appointment_for_room(tx, booked.id) is None
        assert await queries.appointment_for_join(tx, booked.id) is None
        assert await tx.fetchval("SELECT count(*) FROM booking.appointment") == 0


@pytest.mark.asyncio
async def test_without_an_actor_nothing_personal_is_there(world: World, clock: Clock) -> None:
    await world.book(world.ana, clock.now)
    stranger = Actor(organisation=world.noor.organisation, person=world.ana.id)
    for actor in (Actor(), Actor(person=world.ana.id), stranger):
        async with world.database.transaction(actor, read_only=True) as tx:
            assert await tx.fetchval("SELECT count(*) FROM booking.appointment") == 0
            assert await tx.fetchval("SELECT count(*) FROM booking.service") == 2


@pytest.mark.asyncio
async def test_a_client_cannot_write_in_anothers_name(world: World, clock: Clock) -> None:
    with pytest.raises(RowRefused):
        async with world.database.transaction(world.bo.actor) as tx:
            await commands.book_slot(tx, world.claim(world.ana), now=clock.now)
    offer = commands.Offer(name="X", duration_minutes=60, price_amount=0, currency="EUR")
    for who, refusal in ((world.bo, RowRefused), (world.ana, RowRefused), (world.noor, NotFound)):
        with pytest.raises(refusal):
            async with world.database.transaction(who.actor) as tx:
                await commands.create_service(tx, world.ravi.id, offer)
        async with world.database.transaction(who.actor) as tx:
            tag = await tx.execute(
                "DELETE FROM booking.rule WHERE practitioner_id = $1", world.ravi.id
            )
            assert tag == "DELETE 0"


@pytest.mark.asyncio
async def test_facts_for_the_room_and_the_join_link(world: World, clock: Clock) -> None:
    hold = await world.hold(world.ana, clock.now, NOON + HOUR)
    booked = await world.book(world.ana, clock.now)
    async with world.database.transaction(world.ana.actor, read_only=True) as tx:
        assert await queries.appointment_for_room(tx, booked.id) == AppointmentFacts(
            id=booked.id,
            organisation_id=world.ana.organisation,
            practitioner_id=world.ravi.id,
            practitioner_name="Dr. Ravi Menon",
            client_id=world.ana.id,
            client_name="Ana Lindqvist",
            start=NOON,
            end=NOON + HOUR,
            status="booked",
            service_name="First session",
        )
        assert await queries.appointment_for_join(tx, booked.id) == booked.push()
        for other in (hold.id, uuid4()):
            assert await queries.appointment_for_room(tx, other) is None
            assert await queries.appointment_for_join(tx, other) is None
            with pytest.raises(NotFound):
                await queries.appointment(tx, other, now=clock.now)


@pytest.mark.asyncio
async def test_ones_appointments_page_by_page(world: World, clock: Clock) -> None:
    booked = [await world.book(world.ana, clock.now, NOON + n * HOUR) for n in range(4)]
    await world.hold(world.ana, clock.now, NOON - HOUR)
    async with world.database.transaction(world.ana.actor) as tx:
        await commands.cancel(tx, booked[2].id, now=clock.now)
    clock.now = NOON + HOUR

    async def found(who: Member, **settings: object) -> list[int]:
        wanted = Listing(person=who.id, now=clock.now, **{"limit": 10, **settings})  # type: ignore[arg-type]
        ids = [each.id for each in booked]
        async with world.database.transaction(who.actor, read_only=True) as tx:
            return [ids.index(each.id) for each in await queries.appointments(tx, wanted)]

    assert await found(world.ana) == await found(world.ravi) == [0, 1, 2, 3]
    assert await found(world.olga) == await found(world.bo) == []
    assert await found(world.ana, limit=2) == [0, 1]
    assert await found(world.ana, after=(booked[1].start, booked[1].id)) == [2, 3]
    assert await found(world.ana, since=booked[1].start, until=booked[3].start) == [1, 2]
    assert await found(world.ana, status="completed") == [0]
    assert await found(world.ana, status="booked") == [1, 3]
    assert await found(world.ana, status="cancelled") == [2]


@pytest.mark.asyncio
async def test_a_calendar_shows_appointments_and_live_holds(world: World, clock: Clock) -> None:
    booked = await world.book(world.ana, clock.now)
    await world.hold(world.bo, clock.now, NOON + HOUR)
    clock.advance(minutes=5)
    live = await world.hold(world.bo, clock.now, NOON + 2 * HOUR)
    async with world.database.transaction(world.ravi.actor, read_only=True) as tx:
        view = await queries.calendar_view(
            tx, world.ravi.id, since=NOON, until=NOON + 5 * HOUR, now=clock.now
        )
        assert (view.appointments, view.holds) == ((booked,), (live,))
        for days in (-1, 0, 63):
            with pytest.raises(WindowTooWide):
                await queries.calendar_view(
                    tx, world.ravi.id, since=NOON, until=NOON + timedelta(days=days), now=clock.now
                )


@pytest.mark.asyncio
async def test_the_next_open_slot_of_any_service(world: World, clock: Clock) -> None:
    await world.offer(world.ravi, name="Short", duration_minutes=15, min_notice_minutes=120)
    people = [world.ravi.id, world.mei.id, world.noor.id]
    async with world.database.transaction(SYSTEM, read_only=True) as tx:
        found = await queries.next_open(tx, people, now=clock.now)
    # Mei offers nothing yet; an hour's notice is the default.
    ten = clock.now + HOUR
    assert found == {world.ravi.id: ten, world.mei.id: None, world.noor.id: ten}
    await world.book(world.ana, clock.now, ten)
    await world.hold(world.ana, clock.now, ten + HOUR)
    async with world.database.transaction(Actor(), read_only=True) as tx:
        assert (await queries.next_open(tx, people, now=clock.now))[world.ravi.id] == NOON
        assert await queries.next_open(tx, [], now=clock.now) == {}


@pytest.mark.asyncio
async def test_who_runs_a_calendar(world: World) -> None:
    for name, answer in {
        "ravi": None,
        "olga": None,
        "asta": None,
        "mei": Forbidden,
        "ana": Forbidden,
    }.items():
        async with world.database.transaction(one(world, name).actor, read_only=True) as tx:
            assert await queries.runs_calendar(tx, world.ravi.id) is (answer is None)
            if answer is None:
                await queries.check_runs_calendar(tx, world.ravi.id)
            else:
                with pytest.raises(answer):
                    await queries.check_runs_calendar(tx, world.ravi.id)
    for who in (world.noor, world.ben):
        async with world.database.transaction(who.actor, read_only=True) as tx:
            assert not await queries.runs_calendar(tx, world.ravi.id)
            for unknown in (world.ravi.id, uuid4()):
                with pytest.raises(NotFound):
                    await queries.check_runs_calendar(tx, unknown)


@pytest.mark.asyncio
async def test_slots_of_unknown_services_are_not_found(world: World, clock: Clock) -> None:
    async with world.database.transaction(Actor(), read_only=True) as tx:
        for practitioner, service in (
            (world.mei.id, world.service.id),
            (uuid4(), world.service.id),
        ):
            with pytest.raises(NotFound):
                await queries.open_slots(
                    tx, practitioner, service, since=NOON, until=NOON + HOUR, now=clock.now
                )
            with pytest.raises(NotFound):
                await queries.alternatives(
                    tx, practitioner, service, client_id=world.ana.id, start=NOON, now=clock.now
                )
