"""The database, ready to serve: ours or yours, migrated, with a role that may not too much."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from klear.data_folder import DataFolder
from klear.embedded import EmbeddedPostgres, PostgresFailed
from klear.roles import RoleRefused
from klear.settings import Settings
from klear.supervisor import Supervisor
from persistence import locks, provision
from persistence.migrate import migrate, require_current
from persistence.postgres import Database, PostgresOptions, session

NAME = "klear"
"""The database in the embedded server."""

log = structlog.get_logger(__name__)


def is_embedded(settings: Settings) -> bool:
    """Whether we bring the server ourselves."""
    return settings.database_url is None and settings.database_app_url is None


class OwnerUnknown(Exception):
    """Something only the database's owner may do was asked, and his address is not set."""


class PasswordUnknown(Exception):
    """klear_app has a password that this data folder does not know."""


@asynccontextmanager
async def owner_url(settings: Settings, folder: DataFolder) -> AsyncIterator[str]:
    """The owner's URL during the block: the given one, or that of an embedded server which stops at the end.

    Raises OwnerUnknown where only klear_app's is given: an embedded server beside it would be another database.
    """
    if settings.database_url is not None:
        yield settings.database_url.value
    elif not is_embedded(settings):
        raise OwnerUnknown(
            "migrate needs KLEAR_DATABASE_URL, the owner's address: KLEAR_DATABASE_APP_URL is klear_app's"
        )
    else:
        async with _embedded(folder, Supervisor()) as server:
            yield await _with_database(server)


@asynccontextmanager
async def opened(
    settings: Settings, folder: DataFolder, supervisor: Supervisor, *, alone: bool
) -> AsyncIterator[Database]:
    """The pool of klear_app, open during the block. Raises PrivilegedRole, MigrationError, PostgresFailed, ...

    `alone`: as the only gateway of this database, or RoleRefused. That is settled before anything is changed there.
    """
    async with AsyncExitStack() as stack:
        owner = await _owner(settings, folder, supervisor, stack)
        supervisor.check()
        if alone:
            first = owner or _given(settings)
            await stack.enter_async_context(_only_one(first, supervisor))
        url = _given(settings) if owner is None else await _ready(settings, owner, folder)
        supervisor.check()
        database = Database(PostgresOptions(url=url))
        await database.open()
        stack.push_async_callback(database.close)
        await provision.refuse_privileged(database)
        await require_current(database)
        yield database


async def _owner(
    settings: Settings, folder: DataFolder, supervisor: Supervisor, stack: AsyncExitStack
) -> str | None:
    """The owner's URL in development, which migrates for itself; None in production, which finds all of that done."""
    if is_embedded(settings):
        server = await stack.enter_async_context(_embedded(folder, supervisor))
        await stack.enter_async_context(supervisor.running("postgres", _watch(server)))
        return await _with_database(server)
    if settings.database_url is None or settings.is_production:
        return None
    return settings.database_url.value


def _given(settings: Settings) -> str:
    if settings.database_app_url is None:
        raise AssertionError("settings.read asks for KLEAR_DATABASE_APP_URL in production")
    return settings.database_app_url.value


@asynccontextmanager
async def _only_one(url: str, supervisor: Supervisor) -> AsyncIterator[None]:
    """An in-process broker reaches the sockets of one gateway: a second one would serve half of the pushes."""
    options = PostgresOptions(url=url)
    async with AsyncExitStack() as stack:
        holder = locks.Holder(lambda: session(options), locks.GATEWAY)
        try:
            await stack.enter_async_context(holder)
        except locks.LockTaken:
            raise RoleRefused(
                "another gateway serves this database; more than one needs a broker between processes (Redis)"
            ) from None
        await stack.enter_async_context(supervisor.running("only gateway", holder.watch()))
        yield


@asynccontextmanager
async def _embedded(folder: DataFolder, supervisor: Supervisor) -> AsyncIterator[EmbeddedPostgres]:
    password = folder.secret("postgres-owner", secrets.token_urlsafe)
    server = EmbeddedPostgres(folder, password=password)
    try:
        await _start(server, supervisor)
        yield server
    finally:
        await asyncio.to_thread(server.stop)


async def _start(server: EmbeddedPostgres, supervisor: Supervisor) -> None:
    """Start it while the loop turns: a signal is heard meanwhile."""
    await asyncio.to_thread(server.prepare)
    supervisor.check()
    server.launch()  # from this thread on purpose: see klear/children.py
    while not server.ready():
        supervisor.check()
        await asyncio.sleep(0.01)


async def _with_database(server: EmbeddedPostgres) -> str:
    await provision.create_database(server.url, NAME)
    return provision.with_database(server.url, NAME)


async def _ready(settings: Settings, owner: str, folder: DataFolder) -> str:
    """Migrate, let klear_app in, and return its URL."""
    applied = await migrate(owner)
    if applied:
        log.info("migrated", applied=applied)
    if settings.database_app_url is not None:
        return settings.database_app_url.value
    password = folder.secret("postgres-app", secrets.token_urlsafe)
    url = provision.with_login(owner, user=provision.APPLICATION_ROLE, password=password)
    if await provision.may_enter(url):
        return url
    if not is_embedded(settings) and await provision.application_has_password(owner):
        raise PasswordUnknown(
            f"{provision.APPLICATION_ROLE} has a password that {folder.path} does not know: "
            "set KLEAR_DATABASE_APP_URL, or KLEAR_DATA to the folder that made it "
            "(a new one would lock the others out)"
        )
    return await provision.let_application_in(owner, password=password)


async def _watch(server: EmbeddedPostgres) -> None:
    while True:
        await asyncio.sleep(1)
        if not server.alive:
            break
    raise PostgresFailed("the embedded Postgres has ended")
