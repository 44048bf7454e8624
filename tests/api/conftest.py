"""The application's components without a database, and clients of whatever application a test builds."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from joserfc.jwk import OKPKey
from starlette.types import ASGIApp

from api.components import Components
from persistence.postgres import Database, PostgresOptions, Transaction
from protocol.pushes import Appointment
from services.accounts.passwords import Passwords
from services.accounts.tokens import Tokens
from tests.conftest import Clock

Connect = Callable[..., httpx2.AsyncClient]
"""`connect(app, **options)`: a client whose requests come from 192.0.2.1, closed after the test."""


async def no_links(tx: Transaction, appointment: UUID, /) -> Appointment | None:
    return None


@pytest.fixture(scope="session")
def signing_key() -> bytes:
    return OKPKey.generate_key("Ed25519", private=True).as_pem(private=True)


@pytest.fixture
def tokens(signing_key: bytes, clock: Clock) -> Tokens:
    return Tokens(signing_key, clock=clock)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(memory_kib=64, time_cost=1)
    yield made
    made.close()


@pytest.fixture
def components(tokens: Tokens, passwords: Passwords, clock: Clock, tmp_path: Path) -> Components:
    return Components(
        database=Database(PostgresOptions(url="postgresql://nobody@localhost:1/nothing")),
        tokens=tokens,
        passwords=passwords,
        clock=clock,
        demo=False,
        public_url="https://klear.example",
        secure_cookies=True,
        join_links=no_links,
        web=tmp_path / "dist",
    )


@pytest_asyncio.fixture
async def connect() -> AsyncIterator[Connect]:
    opened: list[httpx2.AsyncClient] = []

    def make(
        app: ASGIApp,
        *,
        address: str = "192.0.2.1",
        base_url: str = "https://klear.example",
        **options: Any,
    ) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(
            app=app, client=(address, 50000), raise_app_exceptions=False
        )
        client = httpx2.AsyncClient(transport=transport, base_url=base_url, timeout=30, **options)
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()
