"""Lays the demonstration down: once, an organisation at a time."""

from datetime import datetime

from klear.demonstration import HOUSES, PASSWORD, House, Practice, Somebody
from persistence.postgres import SYSTEM, Database, Transaction
from services.accounts import commands as accounts
from services.accounts.model import Person
from services.accounts.passwords import Passwords
from services.booking import commands as booking
from services.booking import model as booking_model
from services.organisations import commands as organisations
from services.organisations import queries
from services.organisations.model import Organisation
from services.practitioners import commands as practitioners
from services.practitioners.model import Practitioner


async def seed(database: Database, passwords: Passwords, *, now: datetime) -> bool:
    """Lay down what is missing, an organisation at a time. Says whether anything was."""
    done = [await _house(database, passwords, house, now=now) for house in HOUSES]
    return any(done)


async def _house(database: Database, passwords: Passwords, house: House, *, now: datetime) -> bool:
    async with database.transaction(SYSTEM, read_only=True) as tx:
        if await queries.organisation_of_slug(tx, house.slug) is not None:
            return False
    hashes = {person.id: await passwords.hash(PASSWORD) for person in house.people}
    async with database.transaction(SYSTEM) as tx:
        organisation = Organisation(
            id=house.id, slug=house.slug, name=house.name, time_zone=house.time_zone
        )
        await organisations.found(tx, organisation, now=now)
        for somebody in house.people:
            person = _person(somebody, house)
            await accounts.enrol(tx, person, password_hash=hashes[person.id], now=now)
            if somebody.practice is not None:
                await _practice(tx, somebody, somebody.practice, house)
    return True


def _person(somebody: Somebody, house: House) -> Person:
    return Person(
        id=somebody.id,
        organisation=house.id,
        email=somebody.email,
        name=somebody.name,
        locale=somebody.locale,
        time_zone=somebody.time_zone,
        roles=frozenset({somebody.role}),
    )


async def _practice(tx: Transaction, who: Somebody, practice: Practice, house: House) -> None:
    profile = Practitioner(
        id=who.id,
        organisation_id=house.id,
        name=who.name,
        title=practice.title,
        bio=practice.bio,
        specialities=practice.specialities,
        languages=practice.languages,
    )
    await practitioners.create(tx, profile)
    owner = booking_model.Person(id=who.id, name=who.name)
    await booking.create_calendar(tx, owner, organisation_id=house.id, time_zone=who.time_zone)
    for offer in practice.offers:
        await booking.create_service(tx, who.id, offer)
    await booking.set_availability(tx, who.id, rules=practice.hours)
