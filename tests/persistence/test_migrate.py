"""Migrations go forward and back, once, and refuse what does not fit."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from persistence import locks, migrate, provision
from persistence.migrate import MigrationError
from persistence.postgres import Database
from tests.conftest import PostgresServer, drop_database

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def empty_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex}"
    await provision.create_database(postgres_server.owner_url, name)
    yield provision.with_database(postgres_server.owner_url, name)
    await drop_database(postgres_server.owner_url, name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in ((1, "one"), (2, "two")):
        (tmp_path / f"000{number}_{name}.up.sql").write_text(f"CREATE TABLE {name} (id int);")
        (tmp_path / f"000{number}_{name}.down.sql").write_text(f"DROP TABLE {name};")
    return tmp_path


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row["tablename"] for row in rows}
    finally:
        await connection.close()


@pytest.mark.asyncio
async def test_forward_and_back(empty_url: str, folder: Path) -> None:
    assert await migrate.current(empty_url) == 0
    assert await migrate.migrate(empty_url, to=1, folder=folder) == (1,)
    assert await tables(empty_url) == {"one"}
    assert await migrate.migrate(empty_url, folder=folder) == (2,)
    assert await migrate.migrate(empty_url, folder=folder) == ()
    assert await migrate.current(empty_url) == 2
    assert await migrate.rollback(empty_url, to=0, folder=folder) == (2, 1)
    assert await tables(empty_url) == set()


@pytest.mark.asyncio
async def test_two_at_once_apply_each_once(empty_url: str, folder: Path) -> None:
    done = await asyncio.gather(*(migrate.migrate(empty_url, folder=folder) for _ in range(3)))
    assert sorted(done) == [(), (), (1, 2)]


@pytest.mark.asyncio
async def test_a_failing_step_leaves_nothing_of_itself(empty_url: str, folder: Path) -> None:
    (folder / "0002_two.up.sql").write_text("CREATE TABLE two (id int); SELECT nonsense;")
    with pytest.raises(MigrationError, match=r"0002_two: .*nonsense"):
        await migrate.migrate(empty_url, folder=folder)
    assert await tables(empty_url) == {"one"}


@pytest.mark.asyncio
async def test_an_applied_file_may_not_change(empty_url: str, folder: Path) -> None:
    await migrate.migrate(empty_url, folder=folder)
    (folder / "0001_one.up.sql").write_text("CREATE TABLE other (id int);")
    with pytest.raises(MigrationError, match=r"0001_one\.up\.sql changed"):
        await migrate.migrate(empty_url, folder=folder)


@pytest.mark.asyncio
async def test_a_newer_database_is_refused(empty_url: str, folder: Path, tmp_path: Path) -> None:
    await migrate.migrate(empty_url, folder=folder)
    for path in folder.glob("0002*"):
        path.unlink()
    with pytest.raises(MigrationError, match="0002_two, which this program does not know"):
        await migrate.migrate(empty_url, folder=folder)


def test_gaps_wrong_names_and_one_way_streets_are_refused(folder: Path) -> None:
    shutil.copy(folder / "0002_two.up.sql", folder / "0004_four.up.sql")
    with pytest.raises(MigrationError, match=r"0004_four\.down\.sql is missing"):
        migrate.load(folder)
    shutil.copy(folder / "0002_two.down.sql", folder / "0004_four.down.sql")
    with pytest.raises(MigrationError, match="expected migration 0003, found 0004"):
        migrate.load(folder)
    (folder / "3_three.up.sql").write_text("")
    with pytest.raises(MigrationError, match="is not named"):
        migrate.load(folder)


@pytest.mark.asyncio
async def test_ours_go_up_down_and_up_again(empty_url: str) -> None:
    numbers = tuple(migration.number for migration in migrate.load())
    assert await migrate.migrate(empty_url) == numbers
    before = await _shape(empty_url)
    assert await migrate.rollback(empty_url, to=0) == numbers[::-1]
    assert await _leftovers(empty_url) == []
    assert await migrate.migrate(empty_url) == numbers
    assert await _shape(empty_url) == before


@pytest.mark.asyncio
async def test_who_serves_asks_for_exactly_these(database: Database, owner_url: str) -> None:
    await migrate.require_current(database)
    await migrate.rollback(owner_url, to=1)
    with pytest.raises(MigrationError, match="at migration 1, this program needs"):
        await migrate.require_current(database)


async def _shape(url: str) -> list[str]:
    """Every column, index, constraint and policy, in words."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(_SHAPE)
        return [row[0] for row in rows]
    finally:
        await connection.close()


async def _leftovers(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|public|persistence)'"
            " UNION SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE nspname IN ('public', 'persistence') AND relname NOT LIKE 'migration%'"
        )
        return [row[0] for row in rows]
    finally:
        await connection.close()


_SHAPE = """
    SELECT format('%s.%s.%s %s %s', table_schema, table_name, column_name, data_type, is_nullable)
    FROM information_schema.columns WHERE table_schema !~ '^(pg_|information_schema)'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname !~ '^pg_'
    UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint
    UNION ALL SELECT format('%s %s %s %s', schemaname, policyname, qual, with_check) FROM pg_policies
    ORDER BY 1
"""


@pytest.mark.asyncio
async def test_who_waits_too_long_for_another_says_so(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "PATIENCE", 0.2)
    other = await asyncpg.connect(empty_url)
    try:
        assert await locks.take(other, locks.MIGRATIONS)
        with pytest.raises(MigrationError, match=r"another migration has held the database"):
            await migrate.migrate(empty_url)
    finally:
        await other.close()


@pytest.mark.asyncio
async def test_a_failure_quotes_no_value(empty_url: str, tmp_path: Path) -> None:
    (tmp_path / "0001_a.up.sql").write_text(
        "CREATE TABLE t (a text UNIQUE); INSERT INTO t VALUES ('ana'), ('ana');"
    )
    (tmp_path / "0001_a.down.sql").write_text("DROP TABLE t;")
    with pytest.raises(MigrationError, match="0001_a: duplicate key") as caught:
        await migrate.migrate(empty_url, folder=tmp_path)
    assert "ana" not in str(caught.value)
    assert caught.value.__suppress_context__
