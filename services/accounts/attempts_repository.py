"""The SQL of failed sign-ins: see attempts.py for what they count."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from persistence.postgres import Transaction
from services.accounts.attempts import FORGET, Count

_SWEEP = 20
"""Rows forgotten at a time: more than one attempt adds, so the table shrinks to what is alive."""


async def lock(tx: Transaction, keys: Sequence[bytes], *, now: datetime) -> Mapping[bytes, Count]:
    """The counts of these buckets, new ones at zero, locked until the transaction ends. `keys` are in order."""
    rows = await tx.fetch(
        """
        INSERT INTO accounts.sign_in_attempt (bucket, failures, failed_at, blocked_until)
        SELECT key, 0, $2, $2 FROM unnest($1::bytea[]) WITH ORDINALITY AS given (key, nth) ORDER BY nth
        ON CONFLICT (bucket) DO UPDATE SET bucket = excluded.bucket
        RETURNING bucket, failures, failed_at, blocked_until
        """,
        list(keys),
        now,
    )
    return {
        row["bucket"]: Count(
            key=row["bucket"],
            failures=row["failures"],
            failed_at=row["failed_at"],
            blocked_until=row["blocked_until"],
        )
        for row in rows
    }


async def store(tx: Transaction, counts: Sequence[Count]) -> None:
    """Write locked counts back."""
    await tx.executemany(
        """
        UPDATE accounts.sign_in_attempt SET failures = $2, failed_at = $3, blocked_until = $4
        WHERE bucket = $1
        """,
        [(each.key, each.failures, each.failed_at, each.blocked_until) for each in counts],
    )


async def forget(tx: Transaction, key: bytes) -> None:
    """Start a bucket anew."""
    await tx.execute("DELETE FROM accounts.sign_in_attempt WHERE bucket = $1", key)


async def sweep(tx: Transaction, *, now: datetime) -> None:
    """Forget some of the buckets without a recent failure. Waits for no other transaction."""
    await tx.execute(
        """
        DELETE FROM accounts.sign_in_attempt WHERE bucket IN (
            SELECT bucket FROM accounts.sign_in_attempt WHERE failed_at < $1
            ORDER BY failed_at LIMIT $2 FOR UPDATE SKIP LOCKED
        )
        """,
        now - FORGET,
        _SWEEP,
    )
