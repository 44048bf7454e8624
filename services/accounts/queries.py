"""What is asked of accounts."""

from collections.abc import Sequence
from uuid import UUID

from persistence.postgres import Transaction
from services.accounts import repository
from services.accounts.model import Person


async def person(tx: Transaction, person_id: UUID) -> Person | None:
    """The person, or None where there is none that the actor may see."""
    return await repository.person_by_id(tx, person_id)


async def names(tx: Transaction, people: Sequence[UUID]) -> dict[UUID, str]:
    """The names of those of `people` that the actor may see."""
    return await repository.names(tx, people)
