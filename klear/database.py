"""The database, ready to serve: ours or yours, migrated, with a role that may not too much."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from klear.data_folder import DataFolder
from klear.embedded import EmbeddedPostgres, PostgresFailed
from klear.settings import Settings
from klear.supervisor import Supervisor
from persistence import provision
from persistence.migrate import migrate, require_current
from persistence.postgres import Database, PostgresOptions

NAME = "klear"
"""The database in the embedded server."""

log = structlog.get_logger(__name__)


def is_embedded(settings: Settings) -> bool:
    """Whether we bring the server ourselves."""
    return settings.database_url is None and settings.database_app_url is None


@asynccontextmanager
async def owner_url(settings: Settings, folder: DataFolder) -> AsyncIterator[str]:
    """The owner's URL during the block: the given one, or that of an embedded server which stops at the end."""
    if settings.database_url is not None:
        yield settings.database_url.value
        return
    async with _embedded(folder) as server:
        yield await _with_database(server)


@asynccontextmanager
async def opened(
    settings: Settings, folder: DataFolder, supervisor: Supervisor
) -> AsyncIterator[Database]:
    """The pool of klear_app, open during the block. Raises PrivilegedRole, MigrationError, PostgresFailed."""
    async with _application_url(settings, folder, supervisor) as url:
        database = Database(PostgresOptions(url=url))
        await database.open()
        try:
            await provision.refuse_privileged(database)
            await require_current(database)
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def _application_url(
    settings: Settings, folder: DataFolder, supervisor: Supervisor
) -> AsyncIterator[str]:
    """Development migrates for itself and lets klear_app in; production finds all of that done."""
    given = settings.database_app_url
    if is_embedded(settings):
        async with (
            _embedded(folder) as server,
            supervisor.running("postgres", _watch(server)),
        ):
            yield await _ready(await _with_database(server), folder)
    elif settings.database_url is not None and not settings.is_production:
        await _migrate(settings.database_url.value)
        yield given.value if given else await _ready(settings.database_url.value, folder)
    elif given is not None:
        yield given.value
    else:
        raise AssertionError("settings.read asks for KLEAR_DATABASE_APP_URL in production")


@asynccontextmanager
async def _embedded(folder: DataFolder) -> AsyncIterator[EmbeddedPostgres]:
    password = folder.secret("postgres-owner", secrets.token_urlsafe)
    server = EmbeddedPostgres(folder, password=password)
    server.start()  # from this thread on purpose: see klear/children.py
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


async def _with_database(server: EmbeddedPostgres) -> str:
    await provision.create_database(server.url, NAME)
    return provision.with_database(server.url, NAME)


async def _ready(owner: str, folder: DataFolder) -> str:
    await _migrate(owner)
    password = folder.secret("postgres-app", secrets.token_urlsafe)
    return await provision.let_application_in(owner, password=password)


async def _migrate(owner: str) -> None:
    applied = await migrate(owner)
    if applied:
        log.info("migrated", applied=applied)


async def _watch(server: EmbeddedPostgres) -> None:
    while True:
        await asyncio.sleep(1)
        if not server.alive:
            break
    raise PostgresFailed("the embedded Postgres has ended")
