"""Idempotency-Key: a write that is sent twice happens once (as in draft-ietf-httpapi-idempotency-key-header-07).

The answer is stored in the effect's own transaction: what is rolled back frees its key. So a refusal may be tried
again with the same key, and what was answered with success is answered the same again, for 24 hours. What holds
people's words or names is not stored twice: its id is, and a repeated request shows it as it stands then.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from starlette.responses import Response

from api.authentication import Signed
from api.components import Parts
from api.errors import KEY_HEADER, IdempotencyKeyInvalid, IdempotencyKeyMissing
from api.responses import Json
from persistence.idempotency import Stored, once
from persistence.postgres import Actor, Database, Transaction
from protocol.claims import Claims

_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)

Effect = Callable[[Transaction], Awaitable[object]]
"""Does the write within the transaction, and returns what to answer: anything that orjson serialises."""


Show = Callable[[Transaction, UUID], Awaitable[object]]
"""What to answer about the thing of this id, as it stands in the transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnceOnly:
    """A write request with its key. `fingerprint` is SHA-256 of what was asked: method, path and body."""

    database: Database
    claims: Claims
    key: str
    fingerprint: bytes

    async def run(self, effect: Effect, *, status: int = 201) -> Response:
        """Run `effect` in a transaction as the caller, or replay what it answered before.

        KeyReused for another request with this key, KeyInProgress while the first is still at work.
        """
        async with self.database.transaction(Actor.of(self.claims)) as tx:

            async def answer() -> Stored:
                return Stored(status=status, body=await effect(tx))

            stored = await once(tx, key=self.key, fingerprint=self.fingerprint, effect=answer)
        return _response(stored)

    async def run_shown(
        self, effect: Callable[[Transaction], Awaitable[UUID]], show: Show, *, status: int = 201
    ) -> Response:
        """As `run`, for a thing that is kept: `effect` returns its id, which is all that is stored of the answer."""
        async with self.database.transaction(Actor.of(self.claims)) as tx:

            async def answer() -> Stored:
                return Stored(status=status, body=str(await effect(tx)))

            stored = await once(tx, key=self.key, fingerprint=self.fingerprint, effect=answer)
            shown = await show(tx, UUID(stored.body))
        return _response(replace(stored, body=shown))


async def once_only(
    request: Request,
    claims: Signed,
    components: Parts,
    key: Annotated[
        str | None,
        Header(
            alias=KEY_HEADER,
            description="1 to 255 visible ASCII characters, new for each write; the same when it is repeated.",
        ),
    ] = None,
) -> OnceOnly:
    """A dependency: the request as one that may happen once. 400 without a key, or with one that is none."""
    if key is None:
        raise IdempotencyKeyMissing
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid
    fingerprint = _fingerprint(request, await request.body())
    return OnceOnly(database=components.database, claims=claims, key=key, fingerprint=fingerprint)


Once = Annotated[OnceOnly, Depends(once_only)]


def _fingerprint(request: Request, body: bytes) -> bytes:
    head = f"{request.method} {request.url.path}\n".encode()
    return hashlib.sha256(head + body).digest()


def _response(stored: Stored) -> Response:
    headers = {"Idempotency-Replayed": "true"} if stored.replayed else {}
    return Json(stored.body, status=stored.status, headers=headers)
