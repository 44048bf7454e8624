"""An organisation with people in it, and what they sign in with."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Protocol
from uuid import UUID, uuid4

import pytest
from joserfc.jwk import OKPKey

from persistence.postgres import SYSTEM, Database
from protocol.claims import Role
from services.accounts import commands
from services.accounts.commands import Accounts
from services.accounts.model import Person
from services.accounts.passwords import Passwords
from services.accounts.tokens import Tokens
from services.organisations.commands import found
from services.organisations.model import Organisation
from tests.conftest import Clock

PASSWORD = "correct horse battery staple"


class Enrol(Protocol):
    """Makes a person, in a new organisation unless one is given."""

    async def __call__(
        self,
        email: str = ...,
        *,
        role: Role = ...,
        organisation: UUID | None = ...,
        password: str | None = ...,
    ) -> Person: ...


@pytest.fixture(scope="session")
def signing_key() -> bytes:
    return OKPKey.generate_key("Ed25519", private=True).as_pem(private=True)


@pytest.fixture
def tokens(signing_key: bytes, clock: Clock) -> Tokens:
    return Tokens(signing_key, clock=clock)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    # Real argon2id, a thousandth of the work; and nobody is turned away by chance.
    made = Passwords(memory_kib=64, time_cost=1, waiting=200)
    yield made
    made.close()


@pytest.fixture
def accounts(database: Database, passwords: Passwords, tokens: Tokens, clock: Clock) -> Accounts:
    return Accounts(database=database, passwords=passwords, tokens=tokens, clock=clock)


@pytest.fixture
def new_organisation(database: Database, clock: Clock) -> Callable[[], Awaitable[Organisation]]:
    async def make() -> Organisation:
        made = Organisation(
            id=uuid4(), slug=f"o-{uuid4().hex}", name="Stillwater", time_zone="Europe/London"
        )
        async with database.transaction(SYSTEM) as tx:
            await found(tx, made, now=clock())
        return made

    return make


@pytest.fixture
def enrol(
    database: Database,
    passwords: Passwords,
    clock: Clock,
    new_organisation: Callable[[], Awaitable[Organisation]],
) -> Enrol:
    async def make(
        email: str = "ana@demo.example",
        *,
        role: Role = "client",
        organisation: UUID | None = None,
        password: str | None = PASSWORD,
    ) -> Person:
        person = Person(
            id=uuid4(),
            organisation=organisation or (await new_organisation()).id,
            email=email,
            name="Ana Lindqvist",
            locale="sv-SE",
            time_zone="Europe/Stockholm",
            roles=frozenset({role}),
        )
        hashed = None if password is None else await passwords.hash(password)
        async with database.transaction(SYSTEM) as tx:
            await commands.enrol(tx, person, password_hash=hashed, now=clock())
        return person

    return make
