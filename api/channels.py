"""Who may subscribe to a person's, a practitioner's or a calendar's channel: the hub asks, this table answers.

The channels of rooms and calls are answered for by rooms, which knows who was admitted.
"""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from hub.authorizer import Grant, Identity
from persistence.postgres import Actor, Database
from protocol import channels
from services.booking import queries

Answer = Callable[[Database, Identity, UUID], Awaitable[bool]]

READ = Grant()
"""Subscribe and catch up; what is said there comes from the server alone."""


class ApiAuthorizer:
    """Implements hub.authorizer.Authorizer for `user:`, `slots:` and `calendar:`; None for everything else."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def authorize(self, identity: Identity, channel: str) -> Grant | None:
        """What `identity` may do with `channel`, or None."""
        namespace, _ = channels.split(channel)
        answer, key = ANSWERS.get(namespace), channels.key_id(channel)
        if answer is None or key is None:
            return None
        return READ if await answer(self._database, identity, key) else None


async def _own(database: Database, identity: Identity, person_id: UUID) -> bool:
    claims = identity.claims
    return claims is not None and not claims.is_guest and claims.person == person_id


async def _public(database: Database, identity: Identity, practitioner_id: UUID) -> bool:
    async with database.transaction(Actor(), read_only=True) as tx:
        return await queries.has_calendar(tx, practitioner_id)


async def _run(database: Database, identity: Identity, practitioner_id: UUID) -> bool:
    claims = identity.claims
    if claims is None or claims.is_guest:
        return False
    async with database.transaction(Actor.of(claims), read_only=True) as tx:
        return await queries.runs_calendar(tx, practitioner_id)


ANSWERS: Mapping[str, Answer] = {"user": _own, "slots": _public, "calendar": _run}
