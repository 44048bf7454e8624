"""Who may subscribe to what."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from api.channels import ApiAuthorizer
from hub.authorizer import Grant, Identity
from persistence.postgres import Database
from protocol import channels
from protocol.claims import Claims
from tests.conftest import Clock
from tests.services.booking.world import Member, World

pytestmark = pytest.mark.integration

STRANGER = Identity(client="c1")


@pytest_asyncio.fixture
async def world(database: Database) -> World:
    return await World(database).build()


def identity(who: Member) -> Identity:
    return Identity(client="c1", user=str(who.id), claims=who.claims)


def guest(who: Member, clock: Clock) -> Identity:
    claims = Claims(
        person=who.id,
        organisation=who.organisation,
        roles=frozenset({"guest"}),
        room=uuid4(),
        expires_at=clock.now + timedelta(hours=1),
    )
    return Identity(client="c1", user=str(who.id), claims=claims)


async def allowed(world: World, who: Identity, channel: str) -> bool:
    grant = await ApiAuthorizer(world.database).authorize(who, channel)
    assert grant in (None, Grant())
    return grant is not None


@pytest.mark.asyncio
async def test_a_persons_channel_is_his_alone(world: World, clock: Clock) -> None:
    channel = channels.user(world.ana.id)
    assert await allowed(world, identity(world.ana), channel)
    others = [identity(who) for who in (world.bo, world.ravi, world.olga, world.ben)]
    for who in (*others, guest(world.ana, clock), STRANGER):
        assert not await allowed(world, who, channel)


@pytest.mark.asyncio
async def test_slots_are_public_where_there_is_a_practitioner(world: World, clock: Clock) -> None:
    for who in (STRANGER, identity(world.ben), guest(world.ana, clock)):
        assert await allowed(world, who, channels.slots(world.ravi.id))
        for nobody in (world.ana.id, uuid4()):
            assert not await allowed(world, who, channels.slots(nobody))


@pytest.mark.asyncio
async def test_a_calendar_is_for_those_who_run_it(world: World, clock: Clock) -> None:
    channel = channels.calendar(world.ravi.id)
    for member in (world.ravi, world.olga, world.asta):
        assert await allowed(world, identity(member), channel)
        assert not await allowed(world, identity(member), channels.calendar(world.noor.id))
        assert not await allowed(world, identity(member), channels.calendar(uuid4()))
    others = [identity(who) for who in (world.ana, world.mei, world.noor, world.ben)]
    for who in (*others, guest(world.ravi, clock), STRANGER):
        assert not await allowed(world, who, channel)


@pytest.mark.asyncio
async def test_other_namespaces_and_keys_are_answered_elsewhere_or_nowhere(world: World) -> None:
    ravi: UUID = world.ravi.id
    for channel in (
        f"room:{ravi}",
        "slots",
        "slots:",
        "slots:x",
        f"slots:{str(ravi).upper()}",
        "x:y",
    ):
        assert not await allowed(world, identity(world.ravi), channel)
