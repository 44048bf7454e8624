"""What is done to accounts: enrol, sign in, refresh, sign out. Joining by a link is in join.py.

Sign-in looks people up before anybody is known, so its transactions act as the system. No transaction is open
while a password is hashed: a connection is scarcer than the time of who waits.
"""

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from persistence.errors import UniqueViolated
from persistence.postgres import SYSTEM, Database, Transaction
from protocol.claims import Claims, InvalidToken
from services.accounts import attempts, attempts_repository, repository, sessions
from services.accounts.errors import (
    EmailTaken,
    InvalidCredentials,
    NoSession,
    SignInBusy,
    TooManyAttempts,
)
from services.accounts.model import Person, normalised
from services.accounts.passwords import Passwords
from services.accounts.sessions import Session
from services.accounts.tokens import ACCESS_TTL, DeviceClaims, Tokens

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person with a session: an access token until `expires_at`, a refresh token until `session_expires_at`."""

    person: Person
    access_token: str
    expires_at: datetime
    refresh_token: str
    session_expires_at: datetime
    device_token: str | None = None
    """After a sign-in: by it this device is known when it comes again."""


async def enrol(
    tx: Transaction, person: Person, *, password_hash: str | None, now: datetime
) -> None:
    """Make a new person, as the system. EmailTaken when another signs in with that address."""
    try:
        await repository.insert_person(tx, person, now=now)
    except UniqueViolated as error:
        if error.constraint != "person_email_key":
            raise
        raise EmailTaken from None
    if password_hash is not None:
        await repository.set_password(tx, person, password_hash, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Sign-in and sessions. `random` gives that many secret bytes."""

    database: Database
    passwords: Passwords
    tokens: Tokens
    clock: Callable[[], datetime]
    random: Callable[[int], bytes] = secrets.token_bytes

    async def sign_in(
        self,
        *,
        email: str,
        password: str,
        network: str,
        replaces: str | None = None,
        device: str | None = None,
    ) -> SignedIn:
        """Open a session. `replaces` and `device` are what this browser still had: a refresh token, whose session
        ends, and a device token, which spares it what others have failed.

        InvalidCredentials, TooManyAttempts or SignInBusy.
        """
        address = normalised(email)
        known = self._known(device, address)
        buckets = (
            attempts.device_buckets(known)
            if known
            else attempts.buckets(email=address, network=network)
        )
        await self._count(buckets)
        person, stored = await self._look_up(address)
        right = await self._verified(stored, password, buckets)
        if person is None or stored is None or not right:
            raise InvalidCredentials
        rehashed = await self._rehashed(stored, password)
        signed_in = await self._open(person, buckets, rehashed=rehashed, replaces=replaces)
        return replace(signed_in, device_token=self._device_token(known, address))

    async def refresh(self, token: str) -> SignedIn:
        """A new access token, and the refresh token to keep from now on. NoSession when the session is over."""
        parsed = sessions.parse(token)
        if parsed is None:
            raise NoSession
        async with self.database.transaction(SYSTEM) as tx:
            session = await self._current(tx, parsed)
            after = session and await self._refreshed(tx, session, parsed.counter)
            person = after and await repository.person_by_id(tx, after.person)
        if not after or not person:
            raise NoSession
        return self._signed_in(person, after)

    async def sign_out(self, token: str) -> Session | None:
        """End the session of a refresh token, and say which. One that serves no more is no error: he is signed out."""
        async with self.database.transaction(SYSTEM) as tx:
            return await self._end(tx, token)

    # Steps of sign_in

    def _known(self, device: str | None, address: str) -> UUID | None:
        """Which device it is, if it has been in this account."""
        if device is None:
            return None
        try:
            claims = self.tokens.verify_device(device)
        except InvalidToken:
            return None
        return claims.device if claims.account == attempts.account_digest(address) else None

    def _device_token(self, known: UUID | None, address: str) -> str:
        device = known or UUID(bytes=self.random(16), version=4)
        account = attempts.account_digest(address)
        return self.tokens.issue_device(DeviceClaims(device=device, account=account))

    async def _count(self, buckets: attempts.Buckets) -> None:
        """Count the attempt as a failure, until it proves to be none."""
        now = self.clock()
        async with self.database.transaction(SYSTEM) as tx:
            counts = await attempts_repository.lock(tx, buckets.keys(), now=now)
            wait = attempts.wait(counts.values(), now=now)
            if wait > timedelta(0):
                raise TooManyAttempts(retry_after=math.ceil(wait.total_seconds()))
            await attempts_repository.store(tx, buckets.failed(counts, now=now))
            await attempts_repository.sweep(tx, now=now)

    async def _look_up(self, email: str) -> tuple[Person | None, str | None]:
        async with self.database.transaction(SYSTEM, read_only=True) as tx:
            person = await repository.person_by_email(tx, email)
            stored = None if person is None else await repository.password_hash(tx, person.id)
        return person, stored

    async def _verified(self, stored: str | None, password: str, buckets: attempts.Buckets) -> bool:
        try:
            return await self.passwords.verify(stored, password)
        except SignInBusy:  # nobody looked at the password: it counts as no failure
            async with self.database.transaction(SYSTEM) as tx:
                await self._take_back(tx, buckets)
            raise

    async def _take_back(self, tx: Transaction, buckets: attempts.Buckets) -> None:
        now = self.clock()
        counts = await attempts_repository.lock(tx, buckets.keys(), now=now)
        await attempts_repository.store(tx, buckets.taken_back(counts, now=now))

    async def _rehashed(self, stored: str, password: str) -> str | None:
        """The password hashed with today's parameters, where the stored hash has others."""
        if not self.passwords.needs_rehash(stored):
            return None
        try:
            return await self.passwords.hash(password)
        except SignInBusy:  # the next sign-in will do
            return None

    async def _open(
        self,
        person: Person,
        buckets: attempts.Buckets,
        *,
        rehashed: str | None,
        replaces: str | None,
    ) -> SignedIn:
        now = self.clock()
        session = sessions.begin(
            UUID(bytes=self.random(16), version=4),
            organisation=person.organisation,
            person=person.id,
            key=self.random(32),
            now=now,
        )
        async with self.database.transaction(SYSTEM) as tx:
            await self._take_back(tx, buckets)
            await attempts_repository.forget(tx, buckets.own.key)
            if rehashed is not None:
                await repository.set_password(tx, person, rehashed, now=now)
            if replaces is not None:
                await self._end(tx, replaces)
            await repository.prune_sessions(tx, person.id, now=now)
            await repository.insert_session(tx, session)
        return self._signed_in(person, session)

    # Steps of refresh and sign_out

    async def _current(self, tx: Transaction, token: sessions.RefreshToken) -> Session | None:
        """The token's session, locked: None when it is over, or never signed that token."""
        session = await repository.locked_session(tx, token.session)
        if session is None or not token.is_of(session) or session.expires_at <= self.clock():
            return None
        return session

    async def _refreshed(self, tx: Transaction, session: Session, counter: int) -> Session | None:
        """The session with its counter moved on; None, and revoked, when the token had been replaced."""
        now = self.clock()
        try:
            after = sessions.refresh(session, counter, now=now)
        except sessions.Stolen:
            # Returned, not raised: what is raised would roll the revocation back.
            log.warning(
                "session ended: a replaced refresh token came back", session=str(session.id)
            )
            await repository.revoke_session(tx, session.id, now=now)
            return None
        if after != session:
            await repository.advance_session(tx, after)
        return after

    async def _end(self, tx: Transaction, token: str) -> Session | None:
        parsed = sessions.parse(token)
        session = await self._current(tx, parsed) if parsed else None
        if session:
            await repository.revoke_session(tx, session.id, now=self.clock())
        return session

    def _signed_in(self, person: Person, session: Session) -> SignedIn:
        expires_at = self.clock() + ACCESS_TTL
        claims = Claims(
            person=person.id,
            organisation=person.organisation,
            roles=person.roles,
            expires_at=expires_at,
            session=session.id,
        )
        return SignedIn(
            person=person,
            access_token=self.tokens.issue(claims),
            expires_at=expires_at,
            refresh_token=sessions.token_of(session),
            session_expires_at=session.expires_at,
        )
