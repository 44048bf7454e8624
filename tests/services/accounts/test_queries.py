from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from persistence.postgres import SYSTEM, Actor, Database
from services.accounts import queries
from services.organisations.model import Organisation
from tests.services.accounts.conftest import Enrol

pytestmark = pytest.mark.integration


@pytest.mark.asyncio
async def test_a_person_is_found_by_id(database: Database, enrol: Enrol) -> None:
    ana = await enrol("Ana@demo.example")
    async with database.transaction(SYSTEM) as tx:
        assert await queries.person(tx, ana.id) == ana
        assert await queries.person(tx, uuid4()) is None


@pytest.mark.asyncio
async def test_names_come_by_id(database: Database, enrol: Enrol) -> None:
    ana = await enrol()
    async with database.transaction(SYSTEM) as tx:
        assert await queries.names(tx, [ana.id, uuid4()]) == {ana.id: ana.name}


@pytest.mark.asyncio
async def test_a_client_sees_himself_only(
    database: Database, enrol: Enrol, new_organisation: Callable[[], Awaitable[Organisation]]
) -> None:
    here = (await new_organisation()).id
    ana = await enrol("ana@demo.example", organisation=here)
    ben = await enrol("ben@demo.example", organisation=here)
    async with database.transaction(Actor(organisation=here, person=ana.id)) as tx:
        assert await queries.names(tx, [ana.id, ben.id]) == {ana.id: ana.name}


@pytest.mark.asyncio
@pytest.mark.parametrize("role", ["practitioner", "assistant", "owner"])
async def test_who_works_there_sees_everyone_there(
    database: Database,
    enrol: Enrol,
    new_organisation: Callable[[], Awaitable[Organisation]],
    role: str,
) -> None:
    here = (await new_organisation()).id
    ana = await enrol("ana@demo.example", organisation=here)
    staff = await enrol("ravi@demo.example", organisation=here, role=role)  # type: ignore[arg-type]
    away = await enrol("noor@demo.example")
    async with database.transaction(Actor(organisation=here, person=staff.id)) as tx:
        assert set(await queries.names(tx, [ana.id, staff.id, away.id])) == {ana.id, staff.id}
