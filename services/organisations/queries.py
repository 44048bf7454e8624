"""What is asked of organisations."""

from uuid import UUID

from persistence.postgres import Transaction
from services.organisations import repository
from services.organisations.model import Organisation


async def organisation(tx: Transaction, organisation_id: UUID) -> Organisation | None:
    """The organisation, or None where there is none that the actor may see."""
    return await repository.by_id(tx, organisation_id)


async def organisation_of_slug(tx: Transaction, slug: str) -> Organisation | None:
    """The organisation of that slug, or None where there is none that the actor may see."""
    return await repository.by_slug(tx, slug)
