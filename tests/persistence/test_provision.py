"""Databases come and go, klear_app gets in, and who may too much does not serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from persistence import provision
from persistence.postgres import Database, PostgresOptions
from persistence.provision import PrivilegedRole
from tests.conftest import PostgresServer, drop_database

pytestmark = pytest.mark.integration


def test_urls_are_rewritten_with_care() -> None:
    url = "postgresql://o:p@h:5433/a?host=/x&sslmode=require"
    assert provision.with_database(url, "b/c") == (
        "postgresql://o:p@h:5433/b%2Fc?host=/x&sslmode=require"
    )
    assert provision.with_login(url, user="u", password="p@:/") == (
        "postgresql://u:p%40%3A%2F@h:5433/a?host=/x&sslmode=require"
    )
    assert provision.with_login("postgresql:///a?host=/x", user="u", password="p") == (
        "postgresql://u:p@/a?host=/x"
    )


@pytest.mark.asyncio
async def test_a_database_is_created_once(postgres_server: PostgresServer) -> None:
    name = f'test_"{uuid4().hex}'
    url = postgres_server.owner_url
    assert await provision.create_database(url, name) is True
    assert await provision.create_database(url, name) is False
    await drop_database(url, name)
    assert await provision.create_database(url, name) is True
    await drop_database(url, name)


@pytest.mark.asyncio
async def test_the_application_gets_in_with_its_password_only(
    owner_url: str, postgres_server: PostgresServer
) -> None:
    password = postgres_server.app_password  # shared by the whole run: set it to itself
    url = await provision.let_application_in(owner_url, password=password)
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT current_user") == "klear_app"
    await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(provision.with_login(url, user="klear_app", password="wrong"))


@pytest.mark.asyncio
async def test_a_password_that_is_there_shows(
    owner_url: str, app_url: str, postgres_server: PostgresServer
) -> None:
    assert await provision.may_enter(app_url)
    wrong = provision.with_login(owner_url, user=provision.APPLICATION_ROLE, password="wrong")
    assert not await provision.may_enter(wrong)
    assert await provision.application_has_password(owner_url)
    name = f"owner_{uuid4().hex}"
    async with _connected(owner_url) as connection:
        await connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")
    modest = provision.with_login(owner_url, user=name, password="x")
    try:
        assert await provision.application_has_password(modest)  # the note is there
    finally:
        async with _connected(owner_url) as connection:
            await connection.execute(f"DROP ROLE {name}")


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


@pytest.mark.asyncio
async def test_a_password_cannot_inject(owner_url: str, postgres_server: PostgresServer) -> None:
    odd = "a'b\\c\"; DROP"
    try:
        connection = await asyncpg.connect(
            await provision.let_application_in(owner_url, password=odd)
        )
        await connection.close()
    finally:
        await provision.let_application_in(owner_url, password=postgres_server.app_password)


@pytest.mark.asyncio
async def test_the_application_role_may_serve(database: Database) -> None:
    await provision.refuse_privileged(database)


@pytest.mark.asyncio
async def test_the_owner_may_not(owner_url: str) -> None:
    privileged = Database(PostgresOptions(url=owner_url))
    await privileged.open()
    with pytest.raises(PrivilegedRole, match="superuser, bypassrls, owner"):
        await provision.refuse_privileged(privileged)
    await privileged.close()
