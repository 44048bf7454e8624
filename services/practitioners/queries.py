"""What can be asked of practitioners' profiles. They are public."""

from uuid import UUID

from persistence.postgres import Transaction
from protocol.errors import NotFound
from services.practitioners import repository
from services.practitioners.model import Practitioner


async def practitioner(tx: Transaction, practitioner_id: UUID) -> Practitioner:
    """One profile, of whatever organisation. NotFound."""
    found = await repository.find(tx, practitioner_id)
    if found is None:
        raise NotFound
    return found


async def practitioners(
    tx: Transaction, organisation_id: UUID, *, after: tuple[str, UUID] | None = None, limit: int
) -> list[Practitioner]:
    """One page of an organisation's profiles by name and id; `after` is the last of the page before."""
    return await repository.page(tx, organisation_id, after=after, limit=limit)
