"""The outbox: what a transaction promises to tell, stored in that very transaction.

The command names the audience with protocol/channels and the payload with protocol/pushes; the relay publishes after
the commit. Take the counter that orders a channel (a row lock) before you append: then ids follow the commits of that
channel (docs/decisions/0004).
"""

from collections.abc import Sequence
from uuid import UUID

import orjson

from persistence.postgres import Transaction
from protocol.pushes import Push

_APPEND = """
    INSERT INTO persistence.outbox (organisation_id, channel, payload)
    SELECT $1, channel, $3::text::json FROM unnest($2::text[]) WITH ORDINALITY AS audience (channel, nth) ORDER BY nth
"""


async def append(
    tx: Transaction, *, organisation: UUID, channels: Sequence[str], push: Push
) -> None:
    """Promise `push` to each of `channels`, once this transaction commits. One row per channel."""
    await tx.execute(_APPEND, organisation, list(channels), orjson.dumps(push).decode())
    tx.appended = True
