"""Nobody of organisation A reads or changes anything of B: with the application's own role, below all our code."""

import asyncpg
import pytest

from persistence.errors import RowRefused
from persistence.postgres import SYSTEM, Actor, Database
from services.accounts.commands import Accounts
from tests.services.accounts.conftest import PASSWORD, Enrol

pytestmark = pytest.mark.integration

TABLES = (
    "organisations.organisation",
    "accounts.person",
    "accounts.password",
    "accounts.session",
    "accounts.sign_in_attempt",
)


async def counts(database: Database, actor: Actor) -> dict[str, int]:
    async with database.transaction(actor) as tx:
        return {table: await tx.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


@pytest.mark.asyncio
async def test_an_owner_sees_his_own_organisation_and_no_secret(
    database: Database, accounts: Accounts, enrol: Enrol
) -> None:
    olga = await enrol("olga@demo.example", role="owner")
    noor = await enrol("noor@demo.example", role="owner")
    for email in (olga.email, noor.email):
        await accounts.sign_in(email=email, password=PASSWORD, network="192.0.2.1")
    everything = await counts(database, SYSTEM)
    assert [everything[table] for table in TABLES[:4]] == [2, 2, 2, 2]
    seen = await counts(database, Actor(organisation=olga.organisation, person=olga.id))
    assert list(seen.values()) == [1, 1, 0, 0, 0]
    async with database.transaction(Actor(organisation=olga.organisation, person=olga.id)) as tx:
        assert await tx.fetchval("SELECT id FROM accounts.person") == olga.id
        assert await tx.fetchval("SELECT id FROM organisations.organisation") == olga.organisation


@pytest.mark.asyncio
async def test_a_person_of_one_organisation_who_claims_another_sees_nobody(
    database: Database, enrol: Enrol
) -> None:
    olga = await enrol("olga@demo.example", role="owner")
    noor = await enrol("noor@demo.example", role="owner")
    seen = await counts(database, Actor(organisation=noor.organisation, person=olga.id))
    assert seen["accounts.person"] == 0


@pytest.mark.asyncio
async def test_nobody_sees_nothing(database: Database, enrol: Enrol) -> None:
    await enrol()
    assert set((await counts(database, Actor())).values()) == {0}


@pytest.mark.asyncio
@pytest.mark.parametrize("table", TABLES)
async def test_the_rows_of_others_cannot_be_changed(
    database: Database, accounts: Accounts, enrol: Enrol, table: str
) -> None:
    olga = await enrol("olga@demo.example", role="owner")
    noor = await enrol("noor@demo.example", role="owner")
    await accounts.sign_in(email=noor.email, password=PASSWORD, network="192.0.2.1")
    column = {
        "organisations.organisation": "name = 'ours'",
        "accounts.person": "name = 'ours'",
        "accounts.password": "hash = '$argon2id$ours'",
        "accounts.session": "revoked_at = NULL",
        "accounts.sign_in_attempt": "failures = 0",
    }[table]
    async with database.transaction(Actor(organisation=olga.organisation, person=olga.id)) as tx:
        assert await tx.execute(f"UPDATE {table} SET {column}") == "UPDATE 0"


@pytest.mark.asyncio
async def test_an_owner_gives_himself_no_role_and_moves_nobody(
    database: Database, enrol: Enrol
) -> None:
    olga = await enrol("olga@demo.example", role="owner")
    actor = Actor(organisation=olga.organisation, person=olga.id)
    async with database.transaction(actor) as tx:
        raised = await tx.execute("UPDATE accounts.person SET roles = '{platform_admin}'")
    assert raised == "UPDATE 0"
    with pytest.raises(RowRefused):
        async with database.transaction(SYSTEM) as tx:
            await tx.execute("UPDATE accounts.person SET organisation_id = organisation_id")


@pytest.mark.asyncio
async def test_a_password_belongs_to_its_persons_organisation(
    database: Database, enrol: Enrol, owner_url: str
) -> None:
    # The composite foreign key holds even for the owner of the tables, whom no policy binds.
    olga = await enrol("olga@demo.example", password=None)
    noor = await enrol("noor@demo.example")
    connection = await asyncpg.connect(owner_url)
    try:
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute(
                "INSERT INTO accounts.password VALUES ($1, $2, '$argon2id$x', now())",
                olga.id,
                noor.organisation,
            )
    finally:
        await connection.close()


@pytest.mark.asyncio
async def test_every_table_has_row_level_security_and_another_owner(
    database: Database,
) -> None:
    async with database.transaction(SYSTEM) as tx:
        rows = await tx.fetch(
            """
            SELECT relname, relrowsecurity, pg_get_userbyid(relowner) = current_user AS owned
            FROM pg_class WHERE relkind = 'r'
              AND relnamespace IN ('accounts'::regnamespace, 'organisations'::regnamespace)
            """
        )
    assert {row["relname"] for row in rows} == {table.split(".")[1] for table in TABLES}
    assert all(row["relrowsecurity"] and not row["owned"] for row in rows)
