"""An organisation with its people and appointments, written straight into the tables."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from persistence.postgres import SYSTEM, Database
from protocol.claims import Claims, Role

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """An organisation of four."""

    id: UUID
    service: UUID
    practitioner: Claims
    client: Claims
    stranger: Claims
    owner: Claims

    def guest(self, room: UUID) -> Claims:
        """The client, come by the join link of `room`."""
        return claims(self.id, "guest", person=self.client.person, room=room)


def claims(
    organisation: UUID, role: Role, *, person: UUID | None = None, room: UUID | None = None
) -> Claims:
    return Claims(
        person=person or uuid4(),
        organisation=organisation,
        roles=frozenset({role}),
        expires_at=datetime(2100, 1, 1, tzinfo=UTC),
        room=room,
    )


async def found(database: Database) -> House:
    """A new organisation: a practitioner, two clients and an owner."""
    id = uuid4()
    house = House(
        id=id,
        service=uuid4(),
        practitioner=claims(id, "practitioner"),
        client=claims(id, "client"),
        stranger=claims(id, "client"),
        owner=claims(id, "owner"),
    )
    who = house.practitioner.person
    async with database.transaction(SYSTEM) as tx:
        await tx.execute(
            "INSERT INTO organisations.organisation (id, slug, name, time_zone, created_at)"
            " VALUES ($1, $2, 'A house', 'Europe/London', now())",
            *(id, f"house-{id.hex[:8]}"),
        )
        for name, person in (
            ("Ravi", house.practitioner),
            ("Ana", house.client),
            ("Eve", house.stranger),
            ("Olga", house.owner),
        ):
            await tx.execute(
                "INSERT INTO accounts.person (id, organisation_id, email, name, locale, time_zone, roles,"
                " created_at) VALUES ($1, $2, $3, $4, 'en', 'Europe/London', $5, now())",
                *(person.person, id, f"{person.person}@demo.example", name, list(person.roles)),
            )
        await tx.execute(
            "INSERT INTO booking.calendar (practitioner_id, organisation_id, practitioner_name, time_zone)"
            " VALUES ($1, $2, 'Ravi', 'Europe/London')",
            *(who, id),
        )
        await tx.execute(
            "INSERT INTO booking.service (id, organisation_id, practitioner_id, name, duration_minutes,"
            " slot_minutes, price_amount, currency) VALUES ($1, $2, $3, 'First visit', 60, 60, 0, 'EUR')",
            *(house.service, id, who),
        )
    return house


async def appointment(
    database: Database, house: House, start: datetime, *, length: timedelta = HOUR
) -> UUID:
    """An appointment of the practitioner and the client, booked."""
    id = uuid4()
    async with database.transaction(SYSTEM) as tx:
        await tx.execute(
            "INSERT INTO booking.appointment (id, organisation_id, practitioner_id, practitioner_name,"
            " client_id, client_name, service_id, service_name, time_zone, during, busy, status, created_at,"
            " booked_at) VALUES ($1, $2, $3, 'Ravi', $4, 'Ana', $5, 'First visit', 'Europe/London',"
            " tstzrange($6, $7), tstzrange($6, $7), 'booked', now(), now())",
            *(id, house.id, house.practitioner.person, house.client.person, house.service),
            *(start, start + length),
        )
    return id


async def cancel(database: Database, appointment: UUID) -> None:
    """Call it off."""
    async with database.transaction(SYSTEM) as tx:
        await tx.execute(
            "UPDATE booking.appointment SET status = 'cancelled', cancelled_at = now() WHERE id = $1",
            appointment,
        )


async def pushes(database: Database) -> list[tuple[str, dict[str, object]]]:
    """What the outbox holds: (channel, payload), in order."""
    async with database.transaction(SYSTEM) as tx:
        rows = await tx.fetch("SELECT channel, payload FROM persistence.outbox ORDER BY id")
    return [(row["channel"], row["payload"]) for row in rows]
