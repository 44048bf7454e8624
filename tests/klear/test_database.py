"""The database is opened for who serves: migrated, and with a role that may not too much."""

import os
import signal
from pathlib import Path

import pytest

from klear import database as databases
from klear.data_folder import DataFolder
from klear.settings import Secret, Settings
from klear.supervisor import Supervisor
from persistence import migrate
from persistence.migrate import MigrationError
from persistence.postgres import SYSTEM
from persistence.provision import PrivilegedRole
from tests.conftest import PostgresServer

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path)
    made.prepare()
    return made


async def who_serves(settings: Settings, folder: DataFolder) -> str:
    opened = databases.opened(settings, folder, Supervisor(), alone=False)
    async with opened as database, database.transaction(SYSTEM) as tx:
        role: str = await tx.fetchval("SELECT current_user::text")
        return role


@pytest.mark.asyncio
async def test_the_embedded_one_is_made_ready(folder: DataFolder) -> None:
    settings = Settings()
    assert databases.is_embedded(settings)
    assert await who_serves(settings, folder) == "klear_app"
    assert await who_serves(settings, folder) == "klear_app"
    async with databases.owner_url(settings, folder) as owner:
        assert await migrate.current(owner) == len(migrate.load())


@pytest.mark.asyncio
async def test_the_end_of_the_embedded_one_is_the_end(folder: DataFolder) -> None:
    supervisor = Supervisor()
    with supervisor.signals():
        async with databases.opened(Settings(), folder, supervisor, alone=True):
            pid = int((folder.path / "postgres" / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
            await supervisor.until_stopped()
    assert supervisor.failed


@pytest.mark.asyncio
async def test_development_migrates_yours_and_lets_the_application_in(
    owner_url: str, folder: DataFolder, postgres_server: PostgresServer
) -> None:
    folder.write_private("postgres-app.secret", postgres_server.app_password)  # the role is shared
    await migrate.rollback(owner_url, to=0)
    settings = Settings(database_url=Secret(owner_url))
    assert not databases.is_embedded(settings)
    assert await who_serves(settings, folder) == "klear_app"
    async with databases.owner_url(settings, folder) as given:
        assert given == owner_url


@pytest.mark.asyncio
async def test_production_migrates_nothing(
    owner_url: str, app_url: str, folder: DataFolder
) -> None:
    settings = Settings(
        environment="production",
        database_url=Secret(owner_url),
        database_app_url=Secret(app_url),
    )
    assert await who_serves(settings, folder) == "klear_app"
    await migrate.rollback(owner_url, to=1)
    with pytest.raises(MigrationError, match="the database is at migration 1"):
        await who_serves(settings, folder)


@pytest.mark.asyncio
async def test_the_owner_may_not_serve(owner_url: str, folder: DataFolder) -> None:
    both = Settings(database_url=Secret(owner_url), database_app_url=Secret(owner_url))
    with pytest.raises(PrivilegedRole):
        await who_serves(both, folder)
