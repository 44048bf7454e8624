"""What is done to organisations: one use case each, in the caller's transaction."""

from datetime import datetime

from persistence.errors import UniqueViolated
from persistence.postgres import Transaction
from services.organisations import repository
from services.organisations.errors import SlugTaken
from services.organisations.model import Organisation


async def found(tx: Transaction, organisation: Organisation, *, now: datetime) -> None:
    """Make a new organisation, as the system. SlugTaken when there is one of that slug."""
    try:
        await repository.insert(tx, organisation, now=now)
    except UniqueViolated as error:
        if error.constraint != "organisation_slug_key":
            raise
        raise SlugTaken from None
