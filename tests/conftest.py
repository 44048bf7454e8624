"""Fixtures for every suite: a real Postgres, a fresh migrated database each, a clock that stands still."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from klear.data_folder import DataFolder
from klear.embedded import EmbeddedPostgres
from persistence import provision
from persistence.migrate import migrate
from persistence.postgres import Database, PostgresOptions

TEMPLATE = "klear_template"
"""Migrated once a run; every test gets a copy."""


class Clock:
    """A clock that stands still until told otherwise. Pass the object itself: calling it gives `now`."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        """Move on: `advance(minutes=5)`."""
        self.now += timedelta(**by)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A running server: its owner's URL (of the database `postgres`) and klear_app's password."""

    owner_url: str
    app_password: str


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """The embedded Postgres, or the server that KLEAR_TEST_DATABASE_URL names, with a migrated template."""
    given = os.environ.get("KLEAR_TEST_DATABASE_URL")
    if given:
        yield asyncio.run(_with_template(given))
        return
    folder = DataFolder(tmp_path_factory.mktemp("postgres"))
    folder.prepare()
    # Tests lose nothing in a power cut: without fsync a copy of the template takes a tenth of the time.
    server = EmbeddedPostgres(folder, password=secrets.token_urlsafe(), settings={"fsync": "off"})
    server.start()
    try:
        yield asyncio.run(_with_template(server.url))
    finally:
        server.stop()


async def drop_database(owner_url: str, name: str) -> None:
    """Drop the database and whoever is connected to it. `owner_url` names another one."""
    connection = await asyncpg.connect(owner_url)
    try:
        quoted = name.replace('"', '""')
        await connection.execute(f'DROP DATABASE IF EXISTS "{quoted}" WITH (FORCE)')
    finally:
        await connection.close()


async def _with_template(owner_url: str) -> PostgresServer:
    template = provision.with_database(owner_url, TEMPLATE)
    await drop_database(owner_url, TEMPLATE)
    await provision.create_database(owner_url, TEMPLATE)
    await migrate(template)
    password = secrets.token_urlsafe()
    await provision.let_application_in(template, password=password)
    return PostgresServer(owner_url=owner_url, app_password=password)


@pytest_asyncio.fixture
async def owner_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    """The owner's URL of a fresh migrated database, dropped after the test."""
    name = f"test_{uuid4().hex}"
    await provision.create_database(postgres_server.owner_url, name, template=TEMPLATE)
    yield provision.with_database(postgres_server.owner_url, name)
    await drop_database(postgres_server.owner_url, name)


@pytest_asyncio.fixture
async def app_url(owner_url: str, postgres_server: PostgresServer) -> str:
    """The same database's URL for klear_app."""
    return provision.with_login(
        owner_url, user=provision.APPLICATION_ROLE, password=postgres_server.app_password
    )


@pytest_asyncio.fixture
async def database(app_url: str) -> AsyncIterator[Database]:
    """That database, opened as klear_app."""
    opened = Database(PostgresOptions(url=app_url))
    await opened.open()
    yield opened
    await opened.close()
