"""An organisation in the middle of a session: what nobody else may reach."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from persistence.postgres import SYSTEM, Database
from tests.conftest import Clock
from tests.integration.system import System
from tests.rooms.people import House, appointment, found
from tests.signalling import ortc


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Everything of a live session in organisation B, by its ids."""

    house: House
    room: UUID
    participants: tuple[str, str]
    session: str
    transport: str
    producer: str
    hold: UUID

    @property
    def ids(self) -> set[str]:
        """What may appear in no answer to anybody else, but for public profiles."""
        people = (self.house.practitioner, self.house.client, self.house.stranger, self.house.owner)
        return {
            *(str(self.room), str(self.hold), str(self.house.id), str(self.house.service)),
            *(str(who.person) for who in people),
            *self.participants,
            *(self.session, self.transport, self.producer),
        }


async def live_session(system: System, database: Database, clock: Clock) -> Target:
    """Found an organisation and begin a session in it: admitted, talking, in a call."""
    house = await found(database)
    room = await appointment(database, house, clock.now + timedelta(minutes=5))
    hold = await _hold(database, house, clock)
    host, client = await system.page(house.practitioner), await system.page(house.client)
    practitioner = (await host.rpc("room.enter", room=room))["me"]["id"]
    me = (await client.rpc("room.enter", room=room))["me"]["id"]
    await host.rpc("room.admit", room=room, participant=me)
    await client.rpc("chat.send", room=room, text="between us", key="k")
    session = (await client.rpc("call.join", room=room))["session"]
    of = {"room": room, "session": session}
    made = await client.rpc("call.transport", **of, direction="send")
    track = await client.rpc(
        "call.produce",
        **of,
        transport=made["id"],
        kind="audio",
        source="microphone",
        rtpParameters=ortc.audio(),
    )
    return Target(
        house=house,
        room=room,
        participants=(practitioner, me),
        session=session,
        transport=made["id"],
        producer=track["id"],
        hold=hold,
    )


async def _hold(database: Database, house: House, clock: Clock) -> UUID:
    id = await appointment(database, house, clock.now + timedelta(days=2))
    async with database.transaction(SYSTEM) as tx:
        await tx.execute(
            "UPDATE booking.appointment SET status = 'held', expires_at = $2, booked_at = NULL"
            " WHERE id = $1",
            *(id, clock.now + timedelta(minutes=5)),
        )
    return id
