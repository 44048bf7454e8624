"""Migrations: numbered SQL files, forward and back, under an advisory lock.

`NNNN_name.up.sql` and `NNNN_name.down.sql`, each in a transaction of its own together with its line in
persistence.migration. A file that was applied may not change (SHA-256); a database newer than the code is refused.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from persistence.errors import PersistenceError, mapped
from persistence.locks import MIGRATIONS, take
from persistence.postgres import SYSTEM, Database

PATIENCE = 60.0
"""Seconds for a migration of somebody else's to end."""

FOLDER = Path(__file__).parent / "migrations"

log = structlog.get_logger(__name__)

_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.up\.sql")

_TABLE = """
    CREATE SCHEMA IF NOT EXISTS persistence;
    CREATE TABLE IF NOT EXISTS persistence.migration (
        number int PRIMARY KEY,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    );
"""


class MigrationError(PersistenceError):
    """The files and the database do not fit together. The message says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step: `up` is applied, `down` takes it back."""

    number: int
    name: str
    up: str
    down: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the way forward, in hexadecimal."""
        return hashlib.sha256(self.up.encode()).hexdigest()


def load(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """The migrations of `folder` in order. Raises MigrationError for a gap, a double or a missing way back."""
    found = [_load_one(path) for path in sorted(folder.glob("*.up.sql"))]
    for expected, migration in enumerate(found, start=1):
        if migration.number != expected:
            raise MigrationError(f"expected migration {expected:04}, found {migration.number:04}")
    return tuple(found)


def _load_one(path: Path) -> Migration:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise MigrationError(f"{path.name} is not named NNNN_name.up.sql")
    back = path.with_name(path.name.replace(".up.sql", ".down.sql"))
    if not back.is_file():
        raise MigrationError(f"{back.name} is missing")
    return Migration(
        number=int(match[1]), name=match[2], up=path.read_text(), down=back.read_text()
    )


async def migrate(
    owner_url: str, *, to: int | None = None, folder: Path = FOLDER
) -> tuple[int, ...]:
    """Apply what is not applied yet, up to number `to`. Returns the numbers applied now."""
    migrations = load(folder)
    async with _locked(owner_url) as connection:
        applied = await _applied(connection, migrations)
        wanted = [m for m in migrations[len(applied) :] if to is None or m.number <= to]
        for migration in wanted:
            await _apply(connection, migration)
    return tuple(migration.number for migration in wanted)


async def rollback(owner_url: str, *, to: int, folder: Path = FOLDER) -> tuple[int, ...]:
    """Take back every migration above number `to` (0: all), the newest first. Returns the numbers taken back."""
    migrations = load(folder)
    async with _locked(owner_url) as connection:
        applied = await _applied(connection, migrations)
        unwanted = [m for m in reversed(migrations[: len(applied)]) if m.number > to]
        for migration in unwanted:
            await _take_back(connection, migration)
    return tuple(migration.number for migration in unwanted)


async def current(owner_url: str) -> int:
    """The number of the newest migration applied; 0 for an empty database."""
    async with _locked(owner_url) as connection:
        number: int = await connection.fetchval(
            "SELECT coalesce(max(number), 0) FROM persistence.migration"
        )
        return number


async def require_current(database: Database, *, folder: Path = FOLDER) -> None:
    """Raise MigrationError unless exactly the migrations of `folder` are applied. Asked by who serves."""
    newest = load(folder)[-1].number
    async with database.transaction(SYSTEM, read_only=True) as tx:
        found = await tx.fetchval("SELECT max(number) FROM persistence.migration")
    if found != newest:
        raise MigrationError(
            f"the database is at migration {found}, this program needs {newest}: run klear migrate"
        )


@asynccontextmanager
async def _locked(owner_url: str) -> AsyncIterator[Any]:
    """A connection that holds the advisory lock: a second run waits for the first, and finds nothing to do."""
    with mapped():
        connection = await asyncpg.connect(owner_url, timeout=10)
    try:
        await _wait_for_lock(connection, patience=PATIENCE)
        await connection.execute(_TABLE)
        yield connection
    finally:
        await connection.close()


async def _wait_for_lock(connection: Any, *, patience: float) -> None:
    until = asyncio.get_running_loop().time() + patience
    if await take(connection, MIGRATIONS):
        return
    log.info("another migration runs: waiting for it", seconds=patience)
    while not await take(connection, MIGRATIONS):
        if asyncio.get_running_loop().time() >= until:
            raise MigrationError(
                f"another migration has held the database for {patience:g} s: look for it, or try again later"
            )
        await asyncio.sleep(0.1)


async def _applied(connection: Any, migrations: Sequence[Migration]) -> Sequence[int]:
    rows = await connection.fetch(
        "SELECT number, name, checksum FROM persistence.migration ORDER BY number"
    )
    for nth, row in enumerate(rows):
        if nth >= len(migrations) or row["number"] != migrations[nth].number:
            raise MigrationError(
                f"the database holds migration {row['number']:04}_{row['name']}, which this program does not know"
            )
        if row["checksum"] != migrations[nth].checksum:
            raise MigrationError(
                f"{row['number']:04}_{row['name']}.up.sql changed after it was applied: write a new migration"
            )
    return [row["number"] for row in rows]


async def _apply(connection: Any, migration: Migration) -> None:
    async with connection.transaction():
        await _run(connection, migration, migration.up)
        await connection.execute(
            "INSERT INTO persistence.migration (number, name, checksum) VALUES ($1, $2, $3)",
            migration.number,
            migration.name,
            migration.checksum,
        )


async def _take_back(connection: Any, migration: Migration) -> None:
    async with connection.transaction():
        await _run(connection, migration, migration.down)
        await connection.execute(
            "DELETE FROM persistence.migration WHERE number = $1", migration.number
        )


async def _run(connection: Any, migration: Migration, sql: str) -> None:
    try:
        await connection.execute(sql)
    except asyncpg.PostgresError as error:
        reason = error.args[0]  # not the DETAIL line: it quotes values
        raise MigrationError(f"{migration.number:04}_{migration.name}: {reason}") from None
