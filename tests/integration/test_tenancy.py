"""Nobody of one organisation reads, subscribes to or enters anything of another: by REST, channels, RPC and SQL.

The lists are taken from the program itself (its OpenAPI document, its namespaces, its RPC table, its tables), so that
what is added later is asked about too.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from persistence.postgres import SYSTEM, Actor, Database
from protocol import channels
from protocol.claims import Claims
from tests.conftest import Clock
from tests.hub.harness import until
from tests.integration.system import System
from tests.integration.target import Target, live_session
from tests.rooms.people import House, appointment, found
from tests.signalling import ortc

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

PUBLISHED = {
    "practitioners.practitioner",
    "booking.calendar",
    "booking.service",
    "booking.rule",
}
"""Tables that hold what a practitioner publishes: everybody may read them, and nothing personal is in them."""

OF_NOBODY = {"persistence.migration", "accounts.sign_in_attempt"}
"""Tables without an organisation: the schema's own history, and digests of networks before anybody is known."""

PUBLIC = {
    ("get", "/practitioners/{practitioner_id}"),
    ("get", "/practitioners/{practitioner_id}/slots"),
}
"""Operations on ids that anybody may use: profiles and open slots."""


@pytest_asyncio.fixture
async def house(database: Database) -> House:
    """Organisation A: those who are kept out."""
    return await found(database)


@pytest_asyncio.fixture
async def target(system: System, database: Database, clock: Clock) -> Target:
    """Organisation B, in the middle of a session."""
    return await live_session(system, database, clock)


@pytest_asyncio.fixture
async def outsiders(
    house: House, target: Target, database: Database, clock: Clock
) -> dict[str, Claims | None]:
    """Everybody who is not of B, and those of B's tokens that are for something else."""
    own = await appointment(database, house, clock.now + timedelta(minutes=5))
    return {
        "nobody": None,
        "client": house.client,
        "practitioner": house.practitioner,
        "owner": house.owner,
        "guest": house.guest(own),
        "guest whose link names their room": house.guest(target.room),
    }


# REST


def _paths(target: Target) -> dict[str, str]:
    return {
        "practitioner_id": str(target.house.practitioner.person),
        "appointment_id": str(target.room),
        "room_id": str(target.room),
        "hold_id": str(target.hold),
    }


BODIES: dict[str, Any] = {
    "/practitioners/{practitioner_id}/availability": {
        "time_zone": "Europe/London",
        "version": 0,
        "rules": [{"weekday": 1, "start": "09:00", "end": "17:00"}],
    },
}

QUERIES: dict[str, dict[str, str]] = {
    "/practitioners/{practitioner_id}/calendar": {
        "from": "2026-11-20T00:00:00Z",
        "to": "2026-11-27T00:00:00Z",
    },
}


async def _operations(system: System) -> list[tuple[str, str]]:
    document = (await system.request(None, "GET", "/openapi.json")).json()
    return [(method, path) for path, methods in document["paths"].items() for method in methods]


async def test_rest_by_id(
    system: System, target: Target, outsiders: dict[str, Claims | None]
) -> None:
    asked = set()
    for method, path in await _operations(system):
        if "{" not in path or (method, path) in PUBLIC:
            continue
        url = path.format(**_paths(target))  # a KeyError here is a new kind of id: add it above
        for name, who in outsiders.items():
            options = {"json": BODIES.get(path, {})} if method in ("post", "put") else {}
            answer = await system.request(
                who, method.upper(), url, params=QUERIES.get(path, {}), **options
            )
            asked.add((method, path))
            expected = {401} if who is None else {403, 404}
            assert answer.status_code in expected, (name, method, path, answer.text)
            detail = {**answer.json(), "instance": ""}
            assert not any(id in str(detail) for id in target.ids), (name, method, path)
    assert {("get", "/rooms/{room_id}"), ("post", "/appointments/{appointment_id}/cancel")} <= asked


async def test_rest_lists(
    system: System, target: Target, outsiders: dict[str, Claims | None]
) -> None:
    lists = [
        path for method, path in await _operations(system) if method == "get" and "{" not in path
    ]
    assert {"/practitioners", "/appointments", "/me"} <= set(lists)
    for path in lists:
        for name, who in outsiders.items():
            answer = await system.request(who, "GET", path)
            assert not any(id in answer.text for id in target.ids), (name, path)


async def test_nobody_books_elsewhere(
    system: System, target: Target, outsiders: dict[str, Claims | None], clock: Clock
) -> None:
    slot = {
        "practitioner_id": str(target.house.practitioner.person),
        "service_id": str(target.house.service),
        "start": (clock.now + timedelta(days=3)).isoformat(),
    }
    for body in (slot, {"hold_id": str(target.hold)}):
        for path in ("/holds", "/appointments"):
            for name, who in outsiders.items():
                answer = await system.request(who, "POST", path, json=body)
                assert answer.status_code in (401, 403, 404, 409, 422), (name, path, answer.text)
    async with system.database.transaction(SYSTEM) as tx:
        assert (
            await tx.fetchval("SELECT count(*) FROM booking.appointment WHERE status = 'held'") == 1
        )
        assert (
            await tx.fetchval(
                "SELECT count(*) FROM booking.appointment WHERE practitioner_id = $1"
                " AND client_id <> $2",
                *(target.house.practitioner.person, target.house.client.person),
            )
            == 0
        )


async def test_their_own_people_do_get_in(system: System, target: Target) -> None:
    """The control: what is refused above is there."""
    client, room = target.house.client, target.room
    for path in (f"/rooms/{room}", f"/rooms/{room}/messages", f"/appointments/{room}"):
        assert (await system.request(client, "GET", path)).status_code == 200
    page = await system.page(client)
    for namespace in ("room", "signals", "call"):
        await page.subscribe(f"{namespace}:{room}")
    await page.subscribe(f"participant:{target.participants[1]}")
    host = await system.page(target.house.practitioner)
    await host.subscribe(f"calendar:{target.house.practitioner.person}")


# Channels


def _channels(target: Target) -> Iterator[str]:
    keys = {
        "user": target.house.client.person,
        "calendar": target.house.practitioner.person,
        "room": target.room,
        "participant": target.participants[0],
        "signals": target.room,
        "call": target.room,
    }
    for namespace in channels.BUILT_IN:
        if namespace != "slots":  # public, and without a name
            yield f"{namespace}:{keys[namespace]}"  # a KeyError here is a new namespace: add it
    yield f"participant:{target.participants[1]}"


async def test_channels(
    system: System, target: Target, outsiders: dict[str, Claims | None]
) -> None:
    nothing_there = f"room:{uuid4()}"
    for name, who in outsiders.items():
        page = await system.page(who)
        for channel in (*_channels(target), nothing_there):
            for method, params in (
                ("subscribe", {}),
                ("history", {"limit": 10}),
                ("presence", {}),
                ("presence_stats", {}),
                ("publish", {"data": {"type": "typing"}}),
            ):
                code = await page.peer.refusal(method, channel=channel, **params)
                assert code == 103, (name, method, channel, code)
        assert page.peer.pushes() == []


async def test_public_slots_name_nobody(system: System, target: Target) -> None:
    page = await system.page(None)
    practitioner = target.house.practitioner.person
    await page.subscribe(f"slots:{practitioner}")
    cancelled = await system.request(
        target.house.client, "POST", f"/appointments/{target.room}/cancel", json={}
    )
    assert cancelled.status_code == 200
    await until(lambda: page.peer.data(f"slots:{practitioner}"))
    said = str(page.peer.wire.sent)
    assert not any(id in said for id in target.ids - {str(practitioner)})


# RPC


async def test_rpc(system: System, target: Target, outsiders: dict[str, Claims | None]) -> None:
    params: dict[str, Any] = {
        "room": target.room,
        "participant": target.participants[1],
        "text": "let me in",
        "key": "k",
        "session": target.session,
        "transport": target.transport,
        "direction": "recv",
        "dtlsParameters": ortc.DTLS,
        "kind": "audio",
        "source": "microphone",
        "rtpParameters": ortc.audio(),
        "rtpCapabilities": ortc.CAPABILITIES,
        "producer": target.producer,
    }
    before = await _outbox(system)
    for name, who in outsiders.items():
        page = await system.page(who)
        for method in system.methods:
            answer = await page.rpc(method, **params)
            assert "error" in answer, (name, method, answer)
            # 404: there is no such room; 1203: you have no session in that call.
            codes = {401} if who is None else {404, 1203}
            assert answer["error"]["code"] in codes, (name, method, answer)
            assert not any(id in str(answer) for id in target.ids), (name, method)
    assert await _outbox(system) == before, "nobody was told anything, because nothing was done"
    (caller,) = system.board.state(target.room).callers
    assert str(caller.session) == target.session


async def _outbox(system: System) -> int:
    async with system.database.transaction(SYSTEM) as tx:
        count: int = await tx.fetchval("SELECT count(*) FROM persistence.outbox")
        return count


# SQL


async def test_rows(system: System, house: House, target: Target) -> None:
    """Row-level security, whatever a query forgets to ask."""
    await system.page(target.house.client)
    async with system.database.transaction(SYSTEM) as tx:
        tables = await _tables(tx)
        whole = {table: await _count(tx, table, target.house.id) for table in tables}
    kept = {table for table in tables if table not in PUBLISHED | OF_NOBODY}
    assert {"rooms.message", "rooms.participant", "booking.appointment"} <= kept
    assert whole["rooms.message"] == 1
    actors = [Actor.of(who) for who in (house.client, house.practitioner, house.owner)]
    actors += [
        Actor(),
        Actor(organisation=house.id),
        Actor(organisation=house.id, person=target.house.client.person),
        Actor(person=target.house.client.person),
    ]
    for actor in actors:
        async with system.database.transaction(actor, read_only=True) as tx:
            for table in kept:
                assert await _count(tx, table, target.house.id) == 0, (table, actor)


async def _tables(tx: Any) -> list[str]:
    rows = await tx.fetch(
        "SELECT n.nspname || '.' || c.relname AS name, c.relrowsecurity AS secured,"
        " EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0"
        "         AND a.attname = CASE c.relname WHEN 'organisation' THEN 'id' ELSE 'organisation_id' END"
        "         AND a.attnotnull) AS owned"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    for row in rows:
        assert row["owned"] or row["name"] in OF_NOBODY, f"{row['name']} belongs to no organisation"
        assert row["secured"] or row["name"] == "persistence.migration", row["name"]
    return [row["name"] for row in rows if row["owned"]]


async def _count(tx: Any, table: str, organisation: UUID) -> int:
    column = "id" if table == "organisations.organisation" else "organisation_id"
    count: int = await tx.fetchval(
        f"SELECT count(*) FROM {table} WHERE {column} = $1", organisation
    )
    return count


async def test_the_application_owns_nothing(database: Database) -> None:
    async with database.transaction(Actor()) as tx:
        role = await tx.fetchrow(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert role is not None
        assert list(role) == ["klear_app", False, False, False, False]
        owned = "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user"
        assert await tx.fetchval(owned) == 0
