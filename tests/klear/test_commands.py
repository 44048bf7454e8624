"""What the command does, apart from reading its arguments."""

import asyncio
import os
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from klear import commands
from klear.bootstrap import Running, signing_key, utc_now
from klear.commands import NotSure, WantedToken
from klear.data_folder import DataFolder, DataFolderBusy
from klear.database import OwnerUnknown
from klear.demonstration import ANA, NORTHLIGHT, STILLWATER
from klear.roles import RoleRefused
from klear.settings import Secret, Settings
from persistence import migrate
from persistence.errors import DatabaseUnavailable
from protocol.claims import Claims
from services.accounts.tokens import Tokens


def claims_of(settings: Settings, wanted: WantedToken) -> Claims:
    token = commands.token(settings, wanted)
    key = signing_key(settings, DataFolder(settings.data))
    return Tokens(key, clock=utc_now).verify(token)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, port=0)


def test_a_token_for_anybody(settings: Settings) -> None:
    somebody = uuid4()
    claims = claims_of(settings, WantedToken(user=str(somebody), role="practitioner", ttl=60))
    assert claims.person == somebody
    assert claims.organisation == STILLWATER.id
    assert claims.roles == {"practitioner"}
    assert claims.expires_at <= utc_now() + timedelta(seconds=60)


def test_a_token_for_somebody_of_the_demonstration(settings: Settings) -> None:
    assert claims_of(settings, WantedToken(user=ANA.email)).person == ANA.id
    ben = claims_of(settings, WantedToken(user="ben@demo.example"))
    assert ben.organisation == NORTHLIGHT.id


def test_a_token_for_a_name_is_always_the_same_persons(settings: Settings) -> None:
    first = claims_of(settings, WantedToken(user="alice"))
    assert first.person == claims_of(settings, WantedToken(user="alice")).person
    assert first.person != claims_of(settings, WantedToken(user="bob")).person


def test_a_token_may_name_an_organisation_and_channels(settings: Settings) -> None:
    organisation = UUID(int=7)
    wanted = WantedToken(user="alice", organisation=organisation, channels=("news:a",))
    claims = claims_of(settings, wanted)
    assert (claims.organisation, claims.channels) == (organisation, ("news:a",))


@pytest.mark.asyncio
async def test_the_demonstration_is_not_for_production(settings: Settings) -> None:
    production = Settings(environment="production", data=settings.data)
    with pytest.raises(RoleRefused, match="known to everybody"):
        await commands.serve(production, role="all", demo=True, say=print)


@pytest.mark.integration
@pytest.mark.asyncio
async def test_serving_until_a_signal(settings: Settings, owner_url: str, app_url: str) -> None:
    given = Settings(
        data=settings.data,
        port=0,
        database_url=Secret(owner_url),
        database_app_url=Secret(app_url),
        unknown=("KLEAR_PROT",),
    )
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)

    with capture_logs() as logs:
        assert await commands.serve(given, role="all", demo=True, say=say) == 0
    assert "Klear Karma is ready: http://127.0.0.1:" in said[0]
    for email in ("ana", "ravi", "olga"):
        assert f"{email}@demo.example" in said[0]
    assert "in-process" in said[0]
    assert {"event": "no such setting", "name": "KLEAR_PROT", "log_level": "warning"} in logs


@pytest.mark.integration
@pytest.mark.asyncio
async def test_a_part_that_fails_is_the_exit_code(
    settings: Settings, owner_url: str, app_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> None:
        raise LookupError

    class Broken:
        run = staticmethod(broken)

    monkeypatch.setattr("klear.bootstrap._jobs", lambda database: Broken)
    given = Settings(
        data=settings.data, database_url=Secret(owner_url), database_app_url=Secret(app_url)
    )
    assert await commands.serve(given, role="worker", demo=False, say=print) == 1


@pytest.mark.integration
@pytest.mark.asyncio
async def test_migrating_yours(settings: Settings, owner_url: str) -> None:
    said: list[str] = []
    given = Settings(data=settings.data, database_url=Secret(owner_url))
    newest = migrate.load()[-1].number
    with pytest.raises(
        NotSure, match=rf"would take back {newest:04}, .*0002 and lose all .* --yes"
    ):
        await commands.migrate(given, to=1, say=said.append)
    assert await migrate.current(owner_url) == newest
    for to in (None, 1, 1, None):
        assert await commands.migrate(given, to=to, sure=to == 1, say=said.append) == 0
    numbers = [f"{number:04}" for number in range(2, newest + 1)]
    assert said == [
        "Nothing to do.",
        f"Took back {', '.join(reversed(numbers))}.",
        "Nothing to do.",
        f"Applied {', '.join(numbers)}.",
    ]


@pytest.mark.asyncio
async def test_migrating_needs_the_owner(settings: Settings) -> None:
    given = replace(settings, database_app_url=Secret("postgresql://klear_app@db/klear"))
    with pytest.raises(OwnerUnknown, match="migrate needs KLEAR_DATABASE_URL, the owner's address"):
        await commands.migrate(given, to=None, say=print)
    assert not (settings.data / "postgres").exists()


@pytest.mark.integration
@pytest.mark.asyncio
async def test_serving_with_the_applications_address_alone_migrates_nothing(
    settings: Settings, owner_url: str, app_url: str
) -> None:
    await migrate.rollback(owner_url, to=1)
    given = replace(settings, database_app_url=Secret(app_url))
    with pytest.raises(migrate.MigrationError, match="run klear migrate"):
        await commands.serve(given, role="all", demo=False, say=print)
    assert await migrate.current(owner_url) == 1
    assert not (settings.data / "postgres").exists()


@pytest.mark.integration
@pytest.mark.asyncio
async def test_migrating_the_embedded_one_needs_it_alone(settings: Settings) -> None:
    folder = DataFolder(settings.data)
    folder.lock()
    with pytest.raises(DataFolderBusy):
        await commands.migrate(settings, to=None, say=print)
    folder.unlock()
    said: list[str] = []
    await commands.migrate(settings, to=None, say=said.append)
    assert said[0].startswith("Applied 0001, ")


def test_what_went_wrong_in_a_line() -> None:
    assert commands.explain(DatabaseUnavailable(reason="X")) == "the database does not answer (X)"
    assert commands.explain(RoleRefused("no")) == "no"
    assert commands.explain(RoleRefused()) == "RoleRefused"


def test_the_welcome_says_where_and_who() -> None:
    text = commands.welcome(Running(address="http://127.0.0.1:8000", broker="in-process"))
    assert "http://127.0.0.1:8000/api/v1/docs" in text
    assert "klear-demo" in text
