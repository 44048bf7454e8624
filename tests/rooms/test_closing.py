from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from persistence.postgres import SYSTEM, Database, Transaction
from rooms import repository, steps
from rooms.admission import Admission
from rooms.closing import Closing
from rooms.departures import Departure
from rooms.repository import Room
from tests.conftest import Clock
from tests.rooms.people import House, appointment, cancel, pushes
from tests.rooms.test_admission import both_inside

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def states(database: Database, room: UUID) -> list[str]:
    async with database.transaction(SYSTEM) as tx:
        return [seat.participant.state for seat in await repository.seats(tx, room)]


async def status(database: Database, room: UUID) -> str:
    async with database.transaction(SYSTEM) as tx:
        found = await repository.read(tx, room)
    assert found is not None
    return found.status


async def test_rooms_whose_time_is_over_are_ended(
    admission: Admission,
    closing: Closing,
    database: Database,
    house: House,
    room: UUID,
    clock: Clock,
    departed: list[Departure],
) -> None:
    await both_inside(admission, house, room)
    await closing.sweep()
    assert await status(database, room) == "live"
    clock.advance(hours=3, minutes=10)
    await closing.sweep()
    assert await status(database, room) == "ended"
    assert len(departed) == 2
    told = await pushes(database)
    assert told[-1][1]["status"] == "ended"
    await closing.sweep()
    await closing._close(room)
    await closing._close(uuid4())
    assert (await pushes(database), len(departed)) == (told, 2)


async def test_a_room_that_cannot_be_ended_keeps_no_other_open(
    admission: Admission,
    closing: Closing,
    database: Database,
    house: House,
    room: UUID,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await both_inside(admission, house, room)
    clock.advance(hours=2)
    later = await appointment(database, house, clock.now + timedelta(minutes=10))
    await both_inside(admission, house, later)
    clock.advance(hours=4)
    end = steps.end

    async def fails_for_the_first(tx: Transaction, locked: Room, *, now: datetime) -> Any:
        if locked.id == room:
            raise ZeroDivisionError
        return await end(tx, locked, now=now)

    monkeypatch.setattr(steps, "end", fails_for_the_first)
    await closing.sweep()
    assert (await status(database, room), await status(database, later)) == ("live", "ended")
    monkeypatch.undo()
    await closing.sweep()
    assert await status(database, room) == "ended"


async def test_rooms_of_cancelled_appointments_are_ended(
    admission: Admission, closing: Closing, database: Database, house: House, room: UUID
) -> None:
    await both_inside(admission, house, room)
    await cancel(database, room)
    await closing.sweep()
    assert await status(database, room) == "ended"


async def test_what_has_started_is_not_looked_up_again(
    admission: Admission, closing: Closing, database: Database, house: House, clock: Clock
) -> None:
    room = await appointment(database, house, clock.now - timedelta(minutes=1))
    await both_inside(admission, house, room)
    await closing.sweep()
    assert await status(database, room) == "live"


async def test_those_nobody_vouches_for_wait_no_longer(
    admission: Admission,
    closing: Closing,
    database: Database,
    house: House,
    room: UUID,
    clock: Clock,
) -> None:
    me = (await admission.enter(house.client, room)).me
    assert me is not None
    clock.advance(seconds=40)
    await closing.renew([me.id, uuid4()])
    clock.advance(seconds=40)
    await closing.sweep()
    assert await states(database, room) == ["waiting"]
    clock.advance(seconds=20)
    await closing.sweep()
    assert await states(database, room) == ["left"]
    assert [push["participant"]["state"] for _, push in await pushes(database)] == [  # type: ignore[index]
        "waiting",
        "waiting",
        "left",
        "left",
    ]


async def test_those_inside_need_nobody_to_vouch_for_them(
    admission: Admission,
    closing: Closing,
    database: Database,
    house: House,
    room: UUID,
    clock: Clock,
) -> None:
    _, client = await both_inside(admission, house, room)
    clock.advance(minutes=30)
    await closing.renew([client])
    await closing.sweep()
    await closing.dismiss(room, client, unvouched_since=clock.now)
    assert await states(database, room) == ["admitted", "admitted"]


async def test_a_dismissal_that_comes_too_late_changes_nothing(
    admission: Admission,
    closing: Closing,
    database: Database,
    house: House,
    room: UUID,
    clock: Clock,
) -> None:
    me = (await admission.enter(house.client, room)).me
    assert me is not None
    gone_at = clock.now
    clock.advance(seconds=1)
    await admission.enter(house.client, room)
    await closing.dismiss(room, me.id, unvouched_since=gone_at)
    assert await states(database, room) == ["waiting"]
    await closing.dismiss(uuid4(), uuid4(), unvouched_since=clock.now + steps.LEASE)
    await closing.dismiss(room, me.id, unvouched_since=clock.now)
    assert await states(database, room) == ["left"]
