"""From a copied address to one room: the guest who holds a join link is its appointment's client there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from persistence.postgres import Actor, Database, Transaction
from protocol.claims import Claims, ExpiredToken, InvalidToken
from protocol.pushes import Appointment
from services.accounts.errors import JoinLinkExpired, JoinLinkInvalid
from services.accounts.tokens import ACCESS_TTL, JoinClaims, Tokens


class JoinLinks(Protocol):
    """What joining asks of booking: the appointment as it stands now, whatever its status, or None."""

    async def __call__(self, tx: Transaction, appointment: UUID, /) -> Appointment | None:
        """Read it in `tx`, as the appointment's client."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A guest's access token, until `expires_at` (aware UTC), and the appointment that it is for."""

    access_token: str
    expires_at: datetime
    appointment: Appointment


async def join(
    database: Database,
    *,
    token: str,
    tokens: Tokens,
    links: JoinLinks,
    clock: Callable[[], datetime],
) -> Joined:
    """Exchange a join link's token. JoinLinkInvalid, or JoinLinkExpired when it or its appointment is over."""
    claims = _verified(token, tokens)
    actor = Actor(organisation=claims.organisation, person=claims.client)
    async with database.transaction(actor, read_only=True) as tx:
        appointment = await links(tx, claims.appointment)
    if appointment is None or appointment.client.id != claims.client:
        raise JoinLinkInvalid
    if appointment.status == "cancelled":
        raise JoinLinkExpired
    expires_at = min(clock() + ACCESS_TTL, claims.expires_at)
    access = tokens.issue(_guest(claims, expires_at))
    return Joined(access_token=access, expires_at=expires_at, appointment=appointment)


def _verified(token: str, tokens: Tokens) -> JoinClaims:
    try:
        return tokens.verify_join(token)
    except ExpiredToken:
        raise JoinLinkExpired from None
    except InvalidToken:
        raise JoinLinkInvalid from None


def _guest(claims: JoinClaims, expires_at: datetime) -> Claims:
    return Claims(
        person=claims.client,
        organisation=claims.organisation,
        roles=frozenset({"guest"}),
        room=claims.appointment,
        expires_at=expires_at,
    )
