"""The client's two ways in: signed in, and by the join link, which may have been passed on."""

from uuid import UUID

import pytest

from persistence.postgres import Database
from protocol.errors import NotFound
from rooms.admission import Admission
from rooms.chat import Chat
from rooms.departures import Departure
from rooms.errors import Removed
from tests.rooms.people import House, pushes
from tests.rooms.test_admission import both_inside

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


async def state(admission: Admission, house: House, room: UUID) -> str:
    """The client's, as the practitioner sees it."""
    view = await admission.view(house.practitioner, room)
    return next(each.state for each in view.participants if each.role == "client")


async def test_who_comes_by_the_link_is_not_in_because_the_client_was(
    admission: Admission, chat: Chat, house: House, room: UUID
) -> None:
    _, client = await both_inside(admission, house, room)
    await chat.send(house.client, room, text="Only for you.", key="1")
    await admission.leave(house.client, room)
    guest = house.guest(room)
    for attempt in (
        admission.member(guest, room),
        admission.seat(guest, client),
        admission.leave(guest, room),
        chat.history(guest, room, after=0, limit=10),
        chat.send(guest, room, text="I am Ana.", key="2"),
        chat.send(guest, room, text="Only for you.", key="1"),
    ):
        with pytest.raises(NotFound):
            await attempt
    seen = await admission.view(guest, room)
    assert (seen.me, seen.participants, seen.last_seq) == (None, (), 0)
    entered = await admission.enter(guest, room)
    assert entered.me is not None
    assert (entered.me.id, entered.me.state, entered.last_seq) == (client, "waiting", 0)


async def test_he_takes_the_place_of_who_is_in_and_both_wait(
    admission: Admission, database: Database, house: House, room: UUID, departed: list[Departure]
) -> None:
    _, client = await both_inside(admission, house, room)
    await admission.enter(house.guest(room), room)
    assert await state(admission, house, room) == "waiting"
    assert departed == [Departure(room=room, participant=client, person=house.client.person)]
    channel, push = (await pushes(database))[-2]
    assert (channel, push["type"]) == (f"room:{room}", "participant.changed")


async def test_once_admitted_he_comes_back_straight_in_and_so_does_who_is_signed_in(
    admission: Admission, house: House, room: UUID, departed: list[Departure]
) -> None:
    guest = house.guest(room)
    _, client = await both_inside(admission, house, room)
    await admission.enter(guest, room)
    await admission.admit(house.practitioner, room, client)
    await admission.leave(guest, room)
    departed.clear()
    for who in (guest, house.client, guest):
        await admission.enter(who, room)
        assert await state(admission, house, room) == "admitted"
        assert (await admission.member(who, room)).participant.id == client
    assert departed == []


async def test_who_waited_by_the_link_and_left_gains_nothing_by_anothers_admission(
    admission: Admission, house: House, room: UUID
) -> None:
    guest = house.guest(room)
    await admission.enter(guest, room)
    await admission.leave(guest, room)
    await both_inside(admission, house, room)
    with pytest.raises(NotFound):
        await admission.member(guest, room)
    await admission.enter(guest, room)
    assert await state(admission, house, room) == "waiting"


async def test_the_link_is_no_way_around_a_removal(
    admission: Admission, house: House, room: UUID
) -> None:
    _, client = await both_inside(admission, house, room)
    await admission.remove(house.practitioner, room, client)
    with pytest.raises(Removed):
        await admission.enter(house.guest(room), room)
