"""The SQL of organisations."""

from datetime import datetime
from uuid import UUID

from persistence.postgres import Transaction
from services.organisations.model import Organisation

_COLUMNS = "id, slug, name, time_zone"


async def insert(tx: Transaction, organisation: Organisation, *, now: datetime) -> None:
    """Store a new one. UniqueViolated when its id or slug is taken."""
    await tx.execute(
        f"INSERT INTO organisations.organisation ({_COLUMNS}, created_at) VALUES ($1, $2, $3, $4, $5)",  # noqa: S608
        organisation.id,
        organisation.slug,
        organisation.name,
        organisation.time_zone,
        now,
    )


async def by_id(tx: Transaction, organisation: UUID) -> Organisation | None:
    """The organisation, or None where there is none that the actor may see."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM organisations.organisation WHERE id = $1",  # noqa: S608
        organisation,
    )
    return None if row is None else Organisation(**row)


async def by_slug(tx: Transaction, slug: str) -> Organisation | None:
    """The organisation, or None where there is none that the actor may see."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM organisations.organisation WHERE slug = $1",  # noqa: S608
        slug,
    )
    return None if row is None else Organisation(**row)
