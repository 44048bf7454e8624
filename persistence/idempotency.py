"""Once-only writes: what a key answered is stored in the effect's own transaction, and answered again.

A key belongs to one person of one organisation, for a day. The fingerprint (SHA-256 of what was asked) tells a retry
from another request that took the same key by mistake.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from persistence.postgres import SYSTEM, Database, Transaction
from protocol.errors import Conflict, Unprocessable

KEEP = timedelta(days=1)
"""How long a key is remembered: no client retries for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An answer: an HTTP status, and a body that orjson can write. `replayed`: it was given before."""

    status: int
    body: Any
    replayed: bool = False


class KeyInProgress(Conflict):
    """The first request with this key is still at work: ask again in a moment."""

    code, slug, temporary = 440, "idempotency-key-in-progress", True
    title = "The same request is still being worked on."


class KeyReused(Unprocessable):
    """The key was used for another request."""

    code, slug, title = 441, "idempotency-key-reused", "This key was used for another request."


async def once(
    tx: Transaction, *, key: str, fingerprint: bytes, effect: Callable[[], Awaitable[Stored]]
) -> Stored:
    """Run `effect` in `tx`, or return what it answered before. What it raises is not stored: a refusal may be retried.

    Raises KeyInProgress and KeyReused.
    """
    # Without the lock first: whatever was answered before is answered to any number at once.
    if (before := await _find(tx, key, fingerprint)) is not None:
        return before
    if not await tx.fetchval(_TRY_LOCK, f"{tx.actor.organisation}/{tx.actor.person}/{key}"):
        raise KeyInProgress
    # The first may have been done between the look and the lock.
    if (meanwhile := await _find(tx, key, fingerprint)) is not None:
        return meanwhile
    answer = await effect()
    owner = (tx.actor.organisation, tx.actor.person, key)
    await tx.execute(_STORE, *owner, fingerprint, answer.status, answer.body)
    return answer


async def _find(tx: Transaction, key: str, fingerprint: bytes) -> Stored | None:
    row = await tx.fetchrow(_FIND, tx.actor.organisation, tx.actor.person, key)
    if row is None:
        return None
    if row["fingerprint"] != fingerprint:
        raise KeyReused
    return Stored(status=row["status"], body=row["body"], replayed=True)


async def prune(database: Database, *, now: datetime) -> None:
    """Forget the keys that are older than a day."""
    async with database.transaction(SYSTEM) as tx:
        await tx.execute("DELETE FROM persistence.idempotency WHERE created_at < $1", now - KEEP)


# Held to the end of the transaction. A collision of hashes costs one needless "ask again".
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"

_FIND = """
    SELECT fingerprint, status, body FROM persistence.idempotency
    WHERE organisation_id = $1 AND person_id = $2 AND key = $3
"""

_STORE = """
    INSERT INTO persistence.idempotency (organisation_id, person_id, key, fingerprint, status, body)
    VALUES ($1, $2, $3, $4, $5, $6)
"""
