"""The SQL of practitioners' profiles."""
# ruff: noqa: S608 - the list of columns is a constant; values are always parameters

from typing import Any
from uuid import UUID

from persistence.postgres import Transaction
from services.practitioners.model import Practitioner

_COLUMNS = "id, organisation_id, name, title, bio, specialities, languages"


async def insert(tx: Transaction, row: Practitioner) -> None:
    """A new profile. Raises UniqueViolated where the person has one."""
    sql = f"INSERT INTO practitioners.practitioner ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)"
    await tx.execute(
        sql,
        row.id,
        row.organisation_id,
        row.name,
        row.title,
        row.bio,
        list(row.specialities),
        list(row.languages),
    )


async def find(tx: Transaction, practitioner_id: UUID) -> Practitioner | None:
    """One profile, of whatever organisation: profiles are public."""
    sql = f"SELECT {_COLUMNS} FROM practitioners.practitioner WHERE id = $1"
    row = await tx.fetchrow(sql, practitioner_id)
    return _practitioner(row) if row else None


async def page(
    tx: Transaction, organisation_id: UUID, *, after: tuple[str, UUID] | None, limit: int
) -> list[Practitioner]:
    """The organisation's profiles by name, from the one after `after`."""
    name, last_id = after or (None, None)
    sql = (
        f"SELECT {_COLUMNS} FROM practitioners.practitioner WHERE organisation_id = $1"
        " AND ($2::text IS NULL OR (name, id) > ($2, $3::uuid)) ORDER BY name, id LIMIT $4"
    )
    rows = await tx.fetch(sql, organisation_id, name, last_id, limit)
    return [_practitioner(row) for row in rows]


def _practitioner(row: Any) -> Practitioner:
    lists = {"specialities": tuple(row["specialities"]), "languages": tuple(row["languages"])}
    return Practitioner(**{**dict(row), **lists})
