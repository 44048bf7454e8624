"""What is done to practitioners' profiles: one use case each, in the caller's transaction."""

from persistence.postgres import Transaction
from services.practitioners import repository
from services.practitioners.model import Practitioner


async def create(tx: Transaction, practitioner: Practitioner) -> None:
    """Publish a person as a practitioner. Raises UniqueViolated where he is one already."""
    await repository.insert(tx, practitioner)
