"""Two organisations with people in them, and a practitioner's week to book."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson

from persistence.postgres import SYSTEM, Actor, Database
from protocol.claims import Claims, Role
from services.booking import commands
from services.booking.availability import Rule
from services.booking.commands import Claim, Offer
from services.booking.model import Appointment, Person, Service
from services.practitioners import commands as practitioners
from services.practitioners.model import Practitioner

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""A slot of the first day: the clock of the tests stands at 09:00 of this Monday."""

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of an organisation."""

    id: UUID
    name: str
    organisation: UUID
    role: Role

    @property
    def actor(self) -> Actor:
        """Him, in a transaction."""
        return Actor(organisation=self.organisation, person=self.id)

    @property
    def person(self) -> Person:
        """Him, as booking knows him."""
        return Person(id=self.id, name=self.name)

    @property
    def claims(self) -> Claims:
        """Him, signed in for years."""
        return Claims(
            person=self.id,
            organisation=self.organisation,
            roles=frozenset({self.role}),
            expires_at=datetime(2036, 1, 1, tzinfo=UTC),
        )


class World:
    """Stillwater: two practitioners, two clients, an assistant, an owner. Northlight: a practitioner and a client."""

    ana: Member
    bo: Member
    ravi: Member
    mei: Member
    olga: Member
    asta: Member
    noor: Member
    ben: Member
    service: Service
    other_service: Service

    def __init__(self, database: Database) -> None:
        self.database = database

    async def build(self) -> "World":
        """Put everything there."""
        stillwater = await self.organisation("stillwater", "Stillwater Wellness")
        northlight = await self.organisation("northlight", "Northlight Practice")
        self.ana = await self.member("Ana Lindqvist", stillwater, "client")
        self.bo = await self.member("Bo Ek", stillwater, "client")
        self.ravi = await self.member("Dr. Ravi Menon", stillwater, "practitioner")
        self.mei = await self.member("Mei Tanaka", stillwater, "practitioner")
        self.olga = await self.member("Olga Castellanos", stillwater, "owner")
        self.asta = await self.member("Asta Holm", stillwater, "assistant")
        self.noor = await self.member("Noor Haddad", northlight, "practitioner")
        self.ben = await self.member("Ben Ode", northlight, "client")
        for who, zone in ((self.ravi, "Europe/London"), (self.mei, "America/Vancouver")):
            await self.practitioner(who, zone)
        await self.practitioner(self.noor, "Europe/London")
        self.service = await self.offer(self.ravi)
        self.other_service = await self.offer(self.noor)
        return self

    async def organisation(self, slug: str, name: str) -> UUID:
        """A new organisation."""
        made = uuid4()
        async with self.database.transaction(SYSTEM) as tx:
            await tx.execute(
                "INSERT INTO organisations.organisation (id, slug, name, time_zone, created_at)"
                " VALUES ($1, $2, $3, 'UTC', now())",
                made,
                slug,
                name,
            )
        return made

    async def member(self, name: str, organisation: UUID, role: Role) -> Member:
        """A new person."""
        made = Member(id=uuid4(), name=name, organisation=organisation, role=role)
        async with self.database.transaction(SYSTEM) as tx:
            await tx.execute(
                "INSERT INTO accounts.person (id, organisation_id, email, name, locale, time_zone, roles, created_at)"
                " VALUES ($1, $2, $3, $4, 'en', 'UTC', $5, now())",
                made.id,
                organisation,
                f"{made.id}@demo.example",
                name,
                [role],
            )
        return made

    async def practitioner(self, who: Member, time_zone: str) -> None:
        """His profile, his calendar, and a week of 09:00 to 17:00."""
        profile = Practitioner(
            id=who.id,
            organisation_id=who.organisation,
            name=who.name,
            title="Physiotherapist",
            bio="Listens first.",
            specialities=("Backs",),
            languages=("en", "sv"),
        )
        week = [Rule(weekday=day, start=9 * 60, end=17 * 60) for day in range(1, 8)]
        async with self.database.transaction(SYSTEM) as tx:
            await practitioners.create(tx, profile)
            await commands.create_calendar(
                tx, who.person, organisation_id=who.organisation, time_zone=time_zone
            )
            await commands.set_availability(tx, who.id, rules=week)

    async def offer(self, who: Member, **more: Any) -> Service:
        """An hour of his."""
        settings = {
            "name": "First session",
            "duration_minutes": 60,
            "price_amount": 8500,
            "currency": "EUR",
        }
        async with self.database.transaction(SYSTEM) as tx:
            return await commands.create_service(tx, who.id, Offer(**{**settings, **more}))

    def claim(
        self, client: Member, start: datetime = NOON, service: Service | None = None
    ) -> Claim:
        """What a client asks for."""
        wanted = service or self.service
        return Claim(
            client=client.person,
            practitioner_id=wanted.practitioner_id,
            service_id=wanted.id,
            start=start,
        )

    async def hold(
        self, client: Member, now: datetime, start: datetime = NOON, service: Service | None = None
    ) -> Appointment:
        """Hold a slot as that client."""
        async with self.database.transaction(client.actor) as tx:
            return await commands.hold_slot(tx, self.claim(client, start, service), now=now)

    async def book(
        self, client: Member, now: datetime, start: datetime = NOON, service: Service | None = None
    ) -> Appointment:
        """Book a slot as that client."""
        async with self.database.transaction(client.actor) as tx:
            return await commands.book_slot(tx, self.claim(client, start, service), now=now)

    async def pushes(self) -> list[tuple[str, dict[str, Any]]]:
        """What the outbox promises, in order, and forget it."""
        async with self.database.transaction(SYSTEM) as tx:
            rows = await tx.fetch(
                "SELECT channel, payload::text FROM persistence.outbox ORDER BY id"
            )
            await tx.execute("DELETE FROM persistence.outbox")
        return [(row["channel"], orjson.loads(row["payload"])) for row in rows]


def told(pushes: Sequence[tuple[str, dict[str, Any]]]) -> list[tuple[str, str, int]]:
    """Channel, state (or an appointment's status) and version of each push."""
    return [
        (channel, push.get("state") or push["appointment"]["status"], push["version"])
        for channel, push in pushes
    ]
