import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from starlette.responses import Response

from api.components import Components
from api.fields import Body
from api.idempotency import Once
from api.problems import HANDLERS
from persistence import outbox
from persistence.postgres import SYSTEM, Database, Transaction
from protocol import channels
from protocol.claims import Claims
from protocol.errors import Conflict
from protocol.pushes import RoomChanged
from services.accounts.tokens import Tokens
from tests.api.conftest import Connect
from tests.conftest import Clock

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

ORGANISATION, ROOM = uuid4(), uuid4()


class Write(Body):
    """What to write, and whether it is refused after it was written."""

    text: str = ""
    refuse: bool = False


class Refused(Conflict):
    """After the write."""

    slug = "refused"


@dataclass
class Gate:
    """Holds a write open inside its transaction."""

    reached: asyncio.Event
    open: asyncio.Event

    async def pass_through(self) -> None:
        self.reached.set()
        await self.open.wait()


@pytest.fixture
def gate() -> Gate:
    made = Gate(asyncio.Event(), asyncio.Event())
    made.open.set()
    return made


@pytest.fixture
def app(components: Components, database: Database, gate: Gate) -> FastAPI:
    made = FastAPI(exception_handlers=dict(HANDLERS), openapi_url=None)
    made.state.components = replace(components, database=database)

    async def write(body: Write, once: Once) -> Response:
        async def effect(tx: Transaction) -> dict[str, Any]:
            push = RoomChanged(room=ROOM, status="open")
            await outbox.append(
                tx, organisation=ORGANISATION, channels=[channels.room(ROOM)], push=push
            )
            await gate.pass_through()
            if body.refuse:
                raise Refused
            return {"id": uuid4(), "text": body.text}

        return await once.run(effect)

    made.post("/writes")(write)
    made.post("/others")(write)
    return made


@pytest.fixture
def as_person(
    connect: Connect, app: FastAPI, tokens: Tokens, clock: Clock
) -> Callable[[UUID], httpx2.AsyncClient]:
    def make(person: UUID) -> httpx2.AsyncClient:
        claims = Claims(
            person=person,
            organisation=ORGANISATION,
            roles=frozenset({"client"}),
            expires_at=clock() + timedelta(minutes=5),
        )
        return connect(app, headers={"Authorization": f"Bearer {tokens.issue(claims)}"})

    return make


@pytest.fixture
def client(as_person: Callable[[UUID], httpx2.AsyncClient]) -> httpx2.AsyncClient:
    return as_person(uuid4())


async def written(database: Database) -> int:
    """How many writes took effect."""
    async with database.transaction(SYSTEM) as tx:
        count: int = await tx.fetchval("SELECT count(*) FROM persistence.outbox")
        return count


async def post(
    client: httpx2.AsyncClient, key: str, path: str = "/writes", **body: Any
) -> httpx2.Response:
    return await client.post(path, json=body, headers={"Idempotency-Key": key})


async def test_a_write_that_is_sent_twice_happens_once(
    client: httpx2.AsyncClient, database: Database
) -> None:
    first, second = [await post(client, "k1", text="Åsa") for _ in range(2)]
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.json()["text"] == "Åsa"
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert await written(database) == 1


async def test_another_key_is_another_write(client: httpx2.AsyncClient, database: Database) -> None:
    first, second = [await post(client, key) for key in ("k1", "k2")]
    assert first.json()["id"] != second.json()["id"]
    assert await written(database) == 2


async def test_a_key_belongs_to_one_person(
    as_person: Callable[[UUID], httpx2.AsyncClient], database: Database
) -> None:
    for person in (uuid4(), uuid4()):
        assert (await post(as_person(person), "k1")).status_code == 201
    assert await written(database) == 2


@pytest.mark.parametrize("other", [{"text": "other"}, {"path": "/others"}])
async def test_a_key_that_was_used_for_another_request_is_refused(
    client: httpx2.AsyncClient, database: Database, other: dict[str, str]
) -> None:
    await post(client, "k1")
    answer = await post(client, "k1", **other)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert await written(database) == 1


async def test_a_refusal_frees_its_key(client: httpx2.AsyncClient, database: Database) -> None:
    refused = await post(client, "k1", refuse=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "refused")
    assert await written(database) == 0
    assert (await post(client, "k1")).status_code == 201
    assert await written(database) == 1


async def test_while_the_first_is_at_work_the_second_is_told_to_wait(
    client: httpx2.AsyncClient, database: Database, gate: Gate
) -> None:
    gate.open.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(post(client, "k1"))
        await gate.reached.wait()
        second = await post(client, "k1")
        gate.open.set()
    assert (second.status_code, second.json()["code"]) == (409, "idempotency-key-in-progress")
    assert second.json()["temporary"] is True
    assert first.result().status_code == 201
    assert await written(database) == 1


async def test_a_crowd_with_one_key_writes_once(
    client: httpx2.AsyncClient, database: Database
) -> None:
    answers = await asyncio.gather(*(post(client, "k1") for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert await written(database) == 1


async def test_a_write_needs_a_key(client: httpx2.AsyncClient, database: Database) -> None:
    answer = await client.post("/writes", json={})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")
    assert await written(database) == 0


@pytest.mark.parametrize("key", [b"", b"a b", b"x" * 256, "é".encode(), b"a\tb"])
async def test_a_key_is_bounded(client: httpx2.AsyncClient, database: Database, key: bytes) -> None:
    answer = await client.post("/writes", json={}, headers=[(b"Idempotency-Key", key)])
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-invalid")
    assert await written(database) == 0


async def test_the_longest_key_serves(client: httpx2.AsyncClient) -> None:
    assert (await post(client, "~" * 255)).status_code == 201
    assert (await post(client, "!")).status_code == 201


async def test_a_key_without_a_person_is_refused_first(connect: Connect, app: FastAPI) -> None:
    assert (await post(connect(app), "k1")).status_code == 401
