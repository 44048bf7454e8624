import asyncio
from collections.abc import Awaitable
from dataclasses import replace

import pytest
import structlog

from api import health
from api.app import create_app
from api.components import Check, Components
from persistence.postgres import Database
from tests.api.conftest import Connect

pytestmark = pytest.mark.asyncio


async def willing() -> bool:
    return True


async def unwilling() -> bool:
    return False


async def raising() -> bool:
    raise RuntimeError("a secret of ours")


def endless() -> Awaitable[bool]:
    return asyncio.Event().wait()


async def test_a_process_lives_without_its_database(
    components: Components, connect: Connect
) -> None:
    answer = await connect(create_app(components)).get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live"})


async def test_without_its_database_it_is_not_ready(
    components: Components, connect: Connect
) -> None:
    answer = await connect(create_app(components)).get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "unready"})
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("check", "ready"),
    [
        (willing, True),
        (lambda: True, True),
        (unwilling, False),
        (lambda: False, False),
        (raising, False),
        (endless, False),
    ],
    ids=["willing", "sync", "unwilling", "sync-unwilling", "raising", "endless"],
)
async def test_every_part_must_be_ready(
    components: Components,
    database: Database,
    connect: Connect,
    check: Check,
    ready: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "TIMEOUT", 0.5)
    checks = {"relay": willing, "hub": check}
    app = create_app(replace(components, database=database, checks=checks))
    with structlog.testing.capture_logs() as lines:
        answer = await connect(app).get("/health/ready")
    assert answer.status_code == (200 if ready else 503)
    assert answer.json() == {"status": "ready" if ready else "unready"}
    parts = [line["part"] for line in lines if line["event"] == "not ready"]
    assert parts == ([] if ready else ["hub"])
