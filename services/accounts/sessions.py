"""The rules of a session's refresh token: a signed counter, and one row a session (docs/decisions/0007).

    token = base64url(version ‖ session id ‖ counter ‖ HMAC-SHA-256 of these with the session's own key)

A refresh moves the counter on and gives the next token. What may come back is the current token, or the previous
one whose answer was lost; what may not is a token that a later one has replaced in somebody's hands: then two hold the
session, and it ends. Tabs that refresh at the same moment all get the same token for REUSE_WINDOW.

Pure: rows and the time come in, a decision goes out.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

REUSE_WINDOW = timedelta(seconds=10)
"""Tabs that come back together, and a request repeated after a dropped line."""
IDLE_TTL = timedelta(days=7)
"""A session that was not refreshed for so long is over."""
ABSOLUTE_TTL = timedelta(days=30)
"""However busy it is, a session asks for the password again after so long."""
MAX_SESSIONS = 20
"""Of one person. The one refreshed longest ago gives way: rows are bounded, and nobody has more devices."""

_VERSION = b"\x01"
_ID_END = 17
_COUNTER_END = 25
_LENGTH = 57


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A sign-in. `current` is the counter of the newest token, `previous` the one it was given for."""

    id: UUID
    organisation: UUID
    person: UUID
    key: bytes
    current: int
    previous: int
    created_at: datetime
    refreshed_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When it is over unless it is refreshed before: idle or at its absolute end, whichever is first."""
        return min(self.refreshed_at + IDLE_TTL, self.created_at + ABSOLUTE_TTL)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """What a token says, before it is known whether it was signed by its session."""

    session: UUID
    counter: int
    signed: bytes
    signature: bytes

    def is_of(self, session: Session) -> bool:
        """Whether the session signed it."""
        return hmac.compare_digest(self.signature, _signature(session.key, self.signed))


class Stolen(Exception):
    """A token that was replaced came back: the session must end."""


def begin(session: UUID, *, organisation: UUID, person: UUID, key: bytes, now: datetime) -> Session:
    """A new session."""
    return Session(
        id=session,
        organisation=organisation,
        person=person,
        key=key,
        current=0,
        previous=0,
        created_at=now,
        refreshed_at=now,
    )


def token_of(session: Session) -> str:
    """The session's current token: 76 characters."""
    signed = _VERSION + session.id.bytes + session.current.to_bytes(8)
    return base64.urlsafe_b64encode(signed + _signature(session.key, signed)).decode()


def parse(token: str) -> RefreshToken | None:
    """What a token says, or None where it is none of ours."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(raw) != _LENGTH or raw[:1] != _VERSION:
        return None
    return RefreshToken(
        session=UUID(bytes=raw[1:_ID_END]),
        counter=int.from_bytes(raw[_ID_END:_COUNTER_END]),
        signed=raw[:_COUNTER_END],
        signature=raw[_COUNTER_END:],
    )


def refresh(session: Session, counter: int, *, now: datetime) -> Session:
    """The session after one of its tokens came back: the same within the window, else with its counter moved on.

    Stolen when that token had been replaced.
    """
    fresh = now - session.refreshed_at <= REUSE_WINDOW
    if fresh and session.previous <= counter <= session.current:
        return session
    if counter not in (session.previous, session.current):
        raise Stolen
    # The previous token again, late: its answer was lost, or a thief has it. The token in between is skipped
    # and serves no more; whoever holds it and comes back shows that there are two.
    return replace(session, previous=counter, current=session.current + 1, refreshed_at=now)


def _signature(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, signed, hashlib.sha256)
