"""Transactions act as somebody, end as they should, and survive what goes wrong."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from persistence import outbox
from persistence.errors import DatabaseUnavailable, UniqueViolated
from persistence.postgres import SYSTEM, Actor, Database, PostgresOptions
from protocol.claims import Claims
from protocol.pushes import RoomChanged

pytestmark = pytest.mark.integration

WHO = (
    "SELECT klear.current_person() AS p, klear.current_organisation() AS o, klear.is_system() AS s"
)


def test_the_actor_behind_a_token() -> None:
    claims = Claims(
        person=uuid4(),
        organisation=uuid4(),
        roles=frozenset({"client"}),
        expires_at=datetime.now(UTC),
    )
    assert Actor.of(claims) == Actor(person=claims.person, organisation=claims.organisation)


def test_the_password_is_not_shown() -> None:
    assert "hush" not in repr(PostgresOptions(url="postgresql://u:hush@h/d"))


@pytest.mark.asyncio
async def test_a_transaction_acts_as_its_actor_and_the_next_one_does_not(
    database: Database,
) -> None:
    actor = Actor(organisation=uuid4(), person=uuid4())
    async with database.transaction(actor) as tx:
        row = await tx.fetchrow(WHO)
    assert row is not None
    assert tuple(row) == (actor.person, actor.organisation, False)
    async with database.transaction(SYSTEM) as tx:
        assert tuple(await tx.fetchrow(WHO) or ()) == (None, None, True)
    async with database.transaction(Actor()) as tx:
        assert tuple(await tx.fetchrow(WHO) or ()) == (None, None, False)


@pytest.mark.asyncio
async def test_json_columns_are_python_values(database: Database) -> None:
    async with database.transaction(SYSTEM) as tx:
        value = {"at": [1, None, "é"]}
        assert await tx.fetchval("SELECT $1::jsonb", value) == value
        assert await tx.fetchval("SELECT $1::json", value) == value


@pytest.mark.asyncio
async def test_an_error_rolls_back_and_is_raised_again(database: Database) -> None:
    async def insert_and_fail() -> None:
        async with database.transaction(SYSTEM) as tx:
            await _insert(tx.execute)
            raise LookupError

    with pytest.raises(LookupError):
        await insert_and_fail()
    assert await _count(database) == 0


@pytest.mark.asyncio
async def test_an_oserror_of_the_callers_own_is_not_taken_for_the_databases(
    database: Database,
) -> None:
    with pytest.raises(FileNotFoundError):
        async with database.transaction(SYSTEM):
            raise FileNotFoundError


@pytest.mark.asyncio
async def test_a_cancelled_transaction_rolls_back(database: Database) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        async with database.transaction(SYSTEM) as tx:
            await _insert(tx.execute)
            begun.set()
            await tx.execute("SELECT pg_sleep(30)")

    async with asyncio.TaskGroup() as group:
        task = group.create_task(hang())
        await begun.wait()
        task.cancel()
    assert await _count(database) == 0


@pytest.mark.asyncio
async def test_read_only_means_it(database: Database) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with database.transaction(SYSTEM, read_only=True) as tx:
            await _insert(tx.execute)


@pytest.mark.asyncio
async def test_many_rows_at_once_and_a_conflict(database: Database) -> None:
    rows = [(uuid4(), "a"), (uuid4(), "b")]
    insert = (
        "INSERT INTO persistence.idempotency (organisation_id, person_id, key, fingerprint, status, body)"
        " VALUES ($1, $1, $2, sha256('x'), 200, '{}')"
    )
    async with database.transaction(SYSTEM) as tx:
        await tx.executemany(insert, rows)
        assert len(await tx.fetch("SELECT key FROM persistence.idempotency")) == 2
    with pytest.raises(UniqueViolated, match="idempotency_pkey"):
        async with database.transaction(SYSTEM) as tx:
            await tx.executemany(insert, rows[:1])


@pytest.mark.asyncio
async def test_the_outbox_callback_comes_after_the_commit_and_only_then(database: Database) -> None:
    seen: list[int] = []
    counts: list[asyncio.Task[int]] = []
    database.on_outbox(lambda: seen.append(1))
    database.on_outbox(
        lambda: counts.append(asyncio.get_running_loop().create_task(_count(database)))
    )
    async with database.transaction(SYSTEM) as tx:
        await tx.fetchval("SELECT 1")
    assert seen == []
    with pytest.raises(LookupError):
        await _append_and_fail(database)
    assert seen == []
    async with database.transaction(SYSTEM) as tx:
        await _append(tx)
        assert seen == []
    assert seen == [1]
    assert await counts[0] == 1


@pytest.mark.asyncio
async def test_a_lost_connection_is_temporary_and_the_pool_recovers(
    database: Database, owner_url: str
) -> None:
    async def lose_it() -> None:
        async with database.transaction(SYSTEM) as tx:
            await _kill_all(owner_url)
            await tx.execute("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        await lose_it()
    await database.ping()


@pytest.mark.asyncio
async def test_connections_that_died_idle_are_replaced(database: Database, owner_url: str) -> None:
    async def one() -> int:
        async with database.transaction(SYSTEM) as tx:
            value: int = await tx.fetchval("SELECT 1 FROM pg_sleep(0.05)")
            return value

    assert await asyncio.gather(*(one() for _ in range(5))) == [1] * 5
    await _kill_all(owner_url)
    assert await asyncio.gather(*(one() for _ in range(5))) == [1] * 5


@pytest.mark.asyncio
async def test_a_server_that_is_gone_is_asked_a_bounded_number_of_times(
    app_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Database(PostgresOptions(url=app_url, pool_max=2))
    await small.open()
    asked: list[int] = []

    async def fail(*args: object) -> None:
        asked.append(1)
        raise ConnectionResetError

    monkeypatch.setattr("asyncpg.transaction.Transaction.start", fail)
    with pytest.raises(DatabaseUnavailable):
        async with small.transaction(SYSTEM):
            raise AssertionError("nothing can begin")
    assert len(asked) == 3
    await small.close()


@pytest.mark.asyncio
async def test_a_full_pool_answers_unavailable(app_url: str) -> None:
    small = Database(PostgresOptions(url=app_url, pool_max=1, acquire_timeout=0.05))
    await small.open()
    async with small.transaction(SYSTEM):
        with pytest.raises(DatabaseUnavailable):
            async with small.transaction(SYSTEM):
                raise AssertionError("there is one connection only")
    await small.close()


@pytest.mark.asyncio
async def test_a_slow_statement_is_given_up(app_url: str) -> None:
    hasty = Database(PostgresOptions(url=app_url, statement_timeout=0.05))
    await hasty.open()
    with pytest.raises(DatabaseUnavailable):
        async with hasty.transaction(SYSTEM) as tx:
            await tx.execute("SELECT pg_sleep(30)")
    await hasty.close()


@pytest.mark.asyncio
async def test_closing_does_not_wait_for_ever(app_url: str) -> None:
    hasty = Database(PostgresOptions(url=app_url, statement_timeout=0.05))
    await hasty.open()

    async def close_inside() -> None:
        async with hasty.transaction(SYSTEM) as tx:
            await hasty.close()
            await tx.execute("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        await close_inside()


@pytest.mark.asyncio
async def test_a_closed_database_says_so() -> None:
    closed = Database(PostgresOptions(url="postgresql://nobody@/nothing"))
    await closed.close()
    with pytest.raises(RuntimeError, match="not open"):
        await closed.ping()


@pytest.mark.asyncio
async def test_a_server_that_is_not_there(tmp_path: object) -> None:
    absent = Database(PostgresOptions(url=f"postgresql://u:p@/d?host={tmp_path}"))
    with pytest.raises(DatabaseUnavailable):
        await absent.open()
    with pytest.raises(DatabaseUnavailable):
        async with absent.session():
            raise AssertionError("nobody is there")


@pytest.mark.asyncio
async def test_a_session_stands_outside_the_pool_and_acts_as_the_system(database: Database) -> None:
    async with database.session() as connection:
        assert await connection.fetchval("SELECT klear.is_system()") is True
        assert await connection.fetchval("SELECT '{}'::jsonb") == {}
    assert connection.is_closed()


async def _insert(execute: object) -> None:
    assert callable(execute)
    await execute(
        "INSERT INTO persistence.outbox (organisation_id, channel, payload)"
        " VALUES (gen_random_uuid(), 'room:x', '{}')"
    )


async def _append(tx: object) -> None:
    push = RoomChanged(room=uuid4(), status="open")
    await outbox.append(tx, organisation=uuid4(), channels=["room:x"], push=push)  # type: ignore[arg-type]


async def _append_and_fail(database: Database) -> None:
    async with database.transaction(SYSTEM) as tx:
        await _append(tx)
        raise LookupError


async def _count(database: Database) -> int:
    async with database.transaction(SYSTEM) as tx:
        count: int = await tx.fetchval("SELECT count(*) FROM persistence.outbox")
        return count


async def _kill_all(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE usename = 'klear_app' AND datname = current_database()"
    )
    await connection.close()
