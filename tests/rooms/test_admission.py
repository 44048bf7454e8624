import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from persistence.postgres import SYSTEM, Database
from protocol.claims import Claims
from protocol.errors import NotFound
from rooms.admission import Admission
from rooms.departures import Departure, Departures
from rooms.errors import (
    IllegalStep,
    NotAdmitted,
    PractitionerOnly,
    Removed,
    RoomEnded,
    RoomNotOpen,
)
from rooms.room import RoomOptions
from tests.conftest import Clock
from tests.rooms.people import House, appointment, cancel, found, pushes

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def both_inside(admission: Admission, house: House, room: UUID) -> tuple[UUID, UUID]:
    """Enter both, admit the client: (practitioner's participant, client's)."""
    host = (await admission.enter(house.practitioner, room)).me
    guest = (await admission.enter(house.client, room)).me
    assert host is not None
    assert guest is not None
    await admission.admit(house.practitioner, room, guest.id)
    return host.id, guest.id


async def test_before_anybody_came(admission: Admission, house: House, room: UUID) -> None:
    view = await admission.view(house.client, room)
    assert (view.status, view.me, view.participants, view.last_seq) == ("open", None, (), 0)
    assert (view.practitioner.name, view.client.name) == ("Ravi", "Ana")
    assert view.service_name == "First visit"
    assert view.opens_at == view.start - timedelta(minutes=15)


async def test_the_client_waits_and_the_practitioner_lets_him_in(
    admission: Admission, database: Database, house: House, room: UUID, departed: list[Departure]
) -> None:
    waiting = await admission.enter(house.client, room)
    assert waiting.status == "open"
    assert waiting.me is not None
    assert (waiting.me.state, waiting.participants) == ("waiting", (waiting.me,))

    hosted = await admission.enter(house.practitioner, room)
    assert hosted.me is not None
    assert hosted.me.state == "admitted"
    assert [person.name for person in hosted.participants] == ["Ravi", "Ana"]

    admitted = await admission.admit(house.practitioner, room, waiting.me.id)
    assert admitted.state == "admitted"
    view = await admission.view(house.client, room)
    assert view.status == "live"
    assert [person.state for person in view.participants] == ["admitted", "admitted"]

    client, host = f"participant:{waiting.me.id}", f"participant:{hosted.me.id}"
    told = [(channel, _said(push)) for channel, push in await pushes(database)]
    assert told == [
        (f"room:{room}", "Ana waiting"),
        (client, "Ana waiting"),
        (f"room:{room}", "Ravi admitted"),
        (host, "Ravi admitted"),
        (f"room:{room}", "Ana admitted"),
        (client, "Ana admitted"),
        (f"room:{room}", "live"),
        (host, "live"),
        (client, "live"),
    ]
    assert departed == []


def _said(push: dict[str, Any]) -> str:
    if push["type"] == "room.changed":
        return str(push["status"])
    return f"{push['participant']['name']} {push['participant']['state']}"


async def test_admitting_twice_or_entering_again_tells_nobody(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    _, client = await both_inside(admission, house, room)
    before = await pushes(database)
    await admission.admit(house.practitioner, room, client)
    view = await admission.enter(house.client, room)
    assert view.me is not None
    assert view.me.state == "admitted"
    assert await pushes(database) == before


async def test_both_entering_at_the_same_moment_make_one_room(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    views = await asyncio.gather(
        *(admission.enter(who, room) for who in [house.client, house.practitioner] * 4)
    )
    assert {view.status for view in views} == {"open"}
    async with database.transaction(SYSTEM) as tx:
        assert await tx.fetchval("SELECT count(*) FROM rooms.room") == 1
        assert await tx.fetchval("SELECT count(*) FROM rooms.participant") == 2


async def test_too_early_is_told_when(
    admission: Admission, house: House, room: UUID, clock: Clock
) -> None:
    clock.advance(minutes=-6)
    assert (await admission.view(house.client, room)).status == "scheduled"
    with pytest.raises(RoomNotOpen) as refusal:
        await admission.enter(house.client, room)
    assert refusal.value.fields["opens_at"] == clock.now + timedelta(minutes=1)
    clock.advance(minutes=1)
    await admission.enter(house.client, room)


async def test_the_demonstration_has_no_opening_hours(
    database: Database, house: House, clock: Clock, departures: Departures
) -> None:
    options = RoomOptions(any_time=True)
    admission = Admission(database=database, clock=clock, departures=departures, options=options)
    room = await appointment(database, house, clock.now + timedelta(days=5))
    assert (await admission.enter(house.client, room)).status == "open"


async def test_leaving_and_coming_straight_back(
    admission: Admission, house: House, room: UUID, departed: list[Departure]
) -> None:
    _, client = await both_inside(admission, house, room)
    assert (await admission.leave(house.client, room)).state == "left"
    assert departed == [Departure(room=room, participant=client, person=house.client.person)]
    with pytest.raises(NotAdmitted):
        await admission.member(house.client, room)
    view = await admission.enter(house.client, room)
    assert view.me is not None
    assert (view.me.id, view.me.state) == (client, "admitted")


async def test_whoever_left_while_waiting_waits_again(
    admission: Admission, house: House, room: UUID
) -> None:
    await admission.enter(house.client, room)
    left = await admission.leave(house.client, room)
    await admission.enter(house.practitioner, room)
    with pytest.raises(IllegalStep):
        await admission.admit(house.practitioner, room, left.id)
    view = await admission.enter(house.client, room)
    assert view.me is not None
    assert view.me.state == "waiting"


async def test_who_was_removed_stays_out_until_admitted_again(
    admission: Admission, house: House, room: UUID, departed: list[Departure]
) -> None:
    _, client = await both_inside(admission, house, room)
    assert (await admission.remove(house.practitioner, room, client)).state == "removed"
    assert [departure.participant for departure in departed] == [client]
    with pytest.raises(Removed):
        await admission.enter(house.client, room)
    with pytest.raises(Removed):
        await admission.member(house.client, room)
    view = await admission.view(house.client, room)
    assert view.me is not None
    assert (view.me.state, view.participants) == ("removed", (view.me,))

    await admission.admit(house.practitioner, room, client)
    assert (await admission.enter(house.client, room)).status == "live"
    await admission.member(house.client, room)


async def test_the_end_is_for_everybody(
    admission: Admission, database: Database, house: House, room: UUID, departed: list[Departure]
) -> None:
    host, client = await both_inside(admission, house, room)
    await admission.end(house.practitioner, room)
    assert {departure.participant for departure in departed} == {host, client}
    last = (await pushes(database))[-3:]
    assert {channel for channel, _ in last} == {
        f"room:{room}",
        f"participant:{host}",
        f"participant:{client}",
    }
    assert {push["status"] for _, push in last} == {"ended"}
    view = await admission.view(house.practitioner, room)
    assert (view.status, {person.state for person in view.participants}) == ("ended", {"left"})
    for attempt in (
        admission.enter(house.client, room),
        admission.enter(house.practitioner, room),
        admission.admit(house.practitioner, room, client),
        admission.remove(house.practitioner, room, client),
        admission.end(house.practitioner, room),
        admission.member(house.client, room),
    ):
        with pytest.raises(RoomEnded):
            await attempt
    assert (await admission.leave(house.client, room)).state == "left"


async def test_the_time_being_over_is_the_end_too(
    admission: Admission, house: House, room: UUID, clock: Clock
) -> None:
    _, client = await both_inside(admission, house, room)
    clock.advance(hours=3, minutes=10)
    for attempt in (
        admission.enter(house.client, room),
        admission.admit(house.practitioner, room, client),
        admission.member(house.client, room),
    ):
        with pytest.raises(RoomEnded):
            await attempt
    assert (await admission.view(house.client, room)).status == "ended"


async def test_what_only_the_practitioner_may(
    admission: Admission, house: House, room: UUID
) -> None:
    host, client = await both_inside(admission, house, room)
    for attempt in (
        admission.admit(house.client, room, client),
        admission.remove(house.client, room, host),
        admission.end(house.client, room),
    ):
        with pytest.raises(PractitionerOnly):
            await attempt
    with pytest.raises(IllegalStep):
        await admission.remove(house.practitioner, room, host)


async def test_a_practitioner_decides_from_inside(
    admission: Admission, house: House, room: UUID
) -> None:
    _, client = await both_inside(admission, house, room)
    await admission.leave(house.practitioner, room)
    with pytest.raises(NotAdmitted):
        await admission.remove(house.practitioner, room, client)
    await admission.end(house.practitioner, room)


async def test_participants_of_other_rooms_are_nobody(
    admission: Admission, database: Database, house: House, room: UUID, clock: Clock
) -> None:
    other = await appointment(database, house, clock.now - timedelta(hours=1))
    elsewhere = (await admission.enter(house.client, other)).me
    assert elsewhere is not None
    await both_inside(admission, house, room)
    for participant in (elsewhere.id, uuid4()):
        with pytest.raises(NotFound):
            await admission.admit(house.practitioner, room, participant)


async def test_a_cancelled_appointment_has_no_room(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    await cancel(database, room)
    for attempt in (admission.view(house.client, room), admission.enter(house.client, room)):
        with pytest.raises(NotFound):
            await attempt


async def test_others_of_the_organisation_find_nothing(
    admission: Admission, house: House, room: UUID
) -> None:
    host, _ = await both_inside(admission, house, room)
    for who in (house.owner, house.stranger):
        await _finds_nothing(admission, who, room, host)


async def test_other_organisations_find_nothing(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    host, _ = await both_inside(admission, house, room)
    elsewhere = await found(database)
    for who in (elsewhere.practitioner, elsewhere.client, elsewhere.owner):
        await _finds_nothing(admission, who, room, host)


async def test_a_person_of_ours_with_a_token_of_another_organisation_finds_nothing(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    host, _ = await both_inside(admission, house, room)
    elsewhere = await found(database)
    forged = Claims(
        person=house.client.person,
        organisation=elsewhere.id,
        roles=house.client.roles,
        expires_at=house.client.expires_at,
    )
    await _finds_nothing(admission, forged, room, host)


async def _finds_nothing(admission: Admission, who: Claims, room: UUID, host: UUID) -> None:
    for attempt in (
        admission.view(who, room),
        admission.enter(who, room),
        admission.leave(who, room),
        admission.admit(who, room, host),
        admission.remove(who, room, host),
        admission.end(who, room),
        admission.member(who, room),
        admission.seat(who, host),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_a_guest_has_one_room(
    admission: Admission, database: Database, house: House, room: UUID, clock: Clock
) -> None:
    guest = house.guest(room)
    _, client = await both_inside(admission, house, room)
    assert (await admission.enter(guest, room)).status == "live"
    await admission.admit(house.practitioner, room, client)
    assert (await admission.seat(guest, client)).participant.id == client
    other = await appointment(database, house, clock.now - timedelta(hours=1))
    mine = (await admission.enter(house.client, other)).me
    assert mine is not None
    await _finds_nothing(admission, guest, other, mine.id)


async def test_a_guest_is_never_the_practitioner(
    admission: Admission, house: House, room: UUID
) -> None:
    forged = Claims(
        person=house.practitioner.person,
        organisation=house.id,
        roles=frozenset({"guest"}),
        expires_at=house.client.expires_at,
        room=room,
    )
    with pytest.raises(NotFound):
        await admission.enter(forged, room)


async def test_the_room_follows_its_appointment(
    admission: Admission, database: Database, house: House, room: UUID
) -> None:
    await admission.enter(house.client, room)
    async with database.transaction(SYSTEM) as tx:
        closes = await tx.fetchval("SELECT closes_at FROM rooms.room")
        await tx.execute("UPDATE rooms.room SET closes_at = closes_at - interval '1 hour'")
    await admission.enter(house.practitioner, room)
    async with database.transaction(SYSTEM) as tx:
        assert await tx.fetchval("SELECT closes_at FROM rooms.room") == closes
