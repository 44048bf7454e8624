"""What the database itself refuses, whatever the code above it asks for."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from persistence.errors import RowRefused
from persistence.postgres import SYSTEM, Actor, Database
from protocol.claims import Claims
from rooms.admission import Admission
from tests.conftest import Clock
from tests.rooms.people import House, appointment
from tests.rooms.test_admission import both_inside

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

ADMIT = "UPDATE rooms.participant SET state = 'admitted', welcome = true, waiting_until = NULL"


async def refused(database: Database, who: Claims, sql: str, *args: object) -> None:
    with pytest.raises(RowRefused):
        async with database.transaction(Actor.of(who)) as tx:
            await tx.execute(sql, *args)


async def changed(database: Database, who: Claims, sql: str, *args: object) -> str:
    async with database.transaction(Actor.of(who)) as tx:
        return await tx.execute(sql, *args)


async def test_a_client_does_not_admit_himself(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    await admission.enter(house.client, room)
    await refused(database, house.client, ADMIT)
    # Not in two steps either.
    away = "UPDATE rooms.participant SET state = 'left', welcome = true, waiting_until = NULL"
    await refused(database, house.client, away)
    await admission.enter(house.practitioner, room)
    assert await changed(database, house.practitioner, ADMIT + " WHERE role = 'client'") == (
        "UPDATE 1"
    )


async def test_a_client_takes_no_place_that_he_was_not_given(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    await admission.enter(house.practitioner, room)
    sql = (
        "INSERT INTO rooms.participant (id, organisation_id, room_id, person_id, name, role, state, welcome,"
        " by_link, entered_at) VALUES ($1, $2, $3, $4, 'Ana', $5, $6, $7, false, now())"
    )
    ids = (uuid4(), house.id, room, house.client.person)
    await refused(database, house.client, sql, *ids, "client", "admitted", True)
    await refused(database, house.client, sql, *ids, "practitioner", "left", False)
    await refused(database, house.stranger, sql, *ids, "client", "left", False)
    assert await changed(database, house.client, sql, *ids, "client", "left", False) == "INSERT 0 1"


async def test_who_was_removed_does_not_let_himself_back_in(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    _, client = await both_inside(admission, house, room)
    await admission.remove(house.practitioner, room, client)
    back = "UPDATE rooms.participant SET state = 'left' WHERE id = $1"
    assert await changed(database, house.client, back, client) == "UPDATE 0"


async def test_a_client_moves_nobody_else(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    host, _ = await both_inside(admission, house, room)
    out = "UPDATE rooms.participant SET state = 'left' WHERE id = $1"
    assert await changed(database, house.client, out, host) == "UPDATE 0"


async def test_a_client_neither_begins_nor_ends_nor_moves_the_room(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    await admission.enter(house.client, room)
    for sql in (
        "UPDATE rooms.room SET status = 'ended', ended_at = now()",
        "UPDATE rooms.room SET status = 'live', live_at = now()",
        "UPDATE rooms.room SET closes_at = starts_at",
        "UPDATE rooms.room SET starts_at = starts_at + interval '1 day'",
        "UPDATE rooms.room SET practitioner_id = client_id, client_id = practitioner_id",
    ):
        await refused(database, house.client, sql)
    count = "UPDATE rooms.room SET last_seq = last_seq + 1"
    assert await changed(database, house.client, count) == "UPDATE 1"
    live = "UPDATE rooms.room SET status = 'live', live_at = now()"
    assert await changed(database, house.practitioner, live) == "UPDATE 1"


async def test_a_room_is_made_as_its_appointment_says(
    database: Database, house: House, clock: Clock
) -> None:
    start = clock.now + timedelta(minutes=10)
    room = await appointment(database, house, start)
    sql = (
        "INSERT INTO rooms.room (id, organisation_id, practitioner_id, client_id, starts_at, closes_at, opened_at,"
        " status) VALUES ($1, $2, $3, $4, $5, $6, now(), $7)"
    )
    host, client, stranger = (
        each.person for each in (house.practitioner, house.client, house.stranger)
    )
    closes = start + timedelta(hours=3)
    await refused(
        database, house.stranger, sql, room, house.id, stranger, client, start, closes, "open"
    )
    await refused(database, house.client, sql, room, house.id, client, host, start, closes, "open")
    await refused(database, house.client, sql, room, house.id, host, client, start, closes, "live")
    await refused(database, house.client, sql, room, house.id, host, client, start, start, "open")
    made = await changed(
        database, house.client, sql, room, house.id, host, client, start, closes, "open"
    )
    assert made == "INSERT 0 1"


async def test_the_system_may_do_all_of_it(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    await admission.enter(house.client, room)
    async with database.transaction(SYSTEM) as tx:
        assert await tx.execute(ADMIT) == "UPDATE 1"
        sql = "UPDATE rooms.room SET status = 'ended', ended_at = now()"
        assert await tx.execute(sql) == "UPDATE 1"
