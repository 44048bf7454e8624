from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from hub.authorizer import Grant, Identity
from persistence.postgres import Database
from protocol.claims import Claims
from rooms.admission import Admission
from rooms.authorizer import NAMESPACES, RoomAuthorizer
from tests.conftest import Clock
from tests.rooms.people import House, found
from tests.rooms.test_admission import both_inside

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

INSIDE = ("room", "signals", "call")
Ask = Callable[[Claims | None, str], Awaitable[Grant | None]]


@pytest.fixture
def ask(admission: Admission) -> Ask:
    authorizer = RoomAuthorizer(admission)

    async def ask(claims: Claims | None, channel: str) -> Grant | None:
        user = "" if claims is None else str(claims.person)
        return await authorizer.authorize(Identity(client="c", user=user, claims=claims), channel)

    return ask


async def test_those_inside_have_their_channels(
    ask: Ask, admission: Admission, house: House, room: UUID
) -> None:
    host, client = await both_inside(admission, house, room)
    for who in (house.practitioner, house.client):
        assert await ask(who, f"room:{room}") == Grant(presence=True, join_leave=True)
        assert await ask(who, f"signals:{room}") == Grant(publish=True, history=False)
        assert await ask(who, f"call:{room}") == Grant()
    assert await ask(house.client, f"participant:{client}") == Grant()
    assert await ask(house.client, f"participant:{host}") is None


async def test_a_guest_has_them_once_he_is_admitted_himself(
    ask: Ask, admission: Admission, house: House, room: UUID
) -> None:
    _, client = await both_inside(admission, house, room)
    guest = house.guest(room)
    names = (*(f"{namespace}:{room}" for namespace in INSIDE), f"participant:{client}")
    assert [await ask(guest, name) for name in names] == [None] * 4
    await admission.enter(guest, room)
    assert [await ask(guest, name) for name in names] == [None, None, None, Grant()]
    await admission.admit(house.practitioner, room, client)
    for who in (guest, house.client):
        assert None not in [await ask(who, name) for name in names]


async def test_those_who_wait_or_left_have_only_their_own(
    ask: Ask, admission: Admission, house: House, room: UUID
) -> None:
    me = (await admission.enter(house.client, room)).me
    assert me is not None

    async def only_mine() -> None:
        for namespace in INSIDE:
            assert await ask(house.client, f"{namespace}:{room}") is None
        assert await ask(house.client, f"participant:{me.id}") == Grant()

    await only_mine()
    await both_inside(admission, house, room)
    await admission.leave(house.client, room)
    await only_mine()
    await admission.remove(house.practitioner, room, me.id)
    await only_mine()
    await admission.admit(house.practitioner, room, me.id)
    assert await ask(house.client, f"room:{room}") is not None
    await admission.end(house.practitioner, room)
    await only_mine()


async def test_when_the_time_is_over_the_channels_are(
    ask: Ask, admission: Admission, house: House, room: UUID, clock: Clock
) -> None:
    await both_inside(admission, house, room)
    clock.advance(hours=4)
    assert await ask(house.client, f"room:{room}") is None


async def test_everybody_else_has_nothing(
    ask: Ask, admission: Admission, database: Database, house: House, room: UUID
) -> None:
    host, client = await both_inside(admission, house, room)
    elsewhere = await found(database)
    others = (None, house.owner, house.stranger, elsewhere.owner, house.guest(uuid4()))
    for who in others:
        for channel in (
            *(f"{namespace}:{room}" for namespace in INSIDE),
            f"participant:{host}",
            f"participant:{client}",
        ):
            assert await ask(who, channel) is None


@pytest.mark.parametrize("channel", ["room:", "room:x", "user:{}", "room", "slots:{}", "room:{}x"])
async def test_other_channels_are_not_its_business(ask: Ask, house: House, channel: str) -> None:
    assert await ask(house.client, channel.format(house.client.person)) is None
    assert set(NAMESPACES) == {*INSIDE, "participant"}
