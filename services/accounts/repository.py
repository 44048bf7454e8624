"""The SQL of people, their passwords and their sessions. Counts of failed sign-ins are in attempts_repository."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from asyncpg import Record

from persistence.postgres import Transaction
from protocol.claims import Role
from services.accounts.model import Person
from services.accounts.sessions import ABSOLUTE_TTL, IDLE_TTL, MAX_SESSIONS, Session

# People


async def insert_person(tx: Transaction, person: Person, *, now: datetime) -> None:
    """Store a new one. UniqueViolated when his id or address is taken."""
    await tx.execute(
        """
        INSERT INTO accounts.person (id, organisation_id, email, name, locale, time_zone, roles, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        person.id,
        person.organisation,
        person.email,
        person.name,
        person.locale,
        person.time_zone,
        sorted(person.roles),
        now,
    )


async def person_by_id(tx: Transaction, person: UUID) -> Person | None:
    """The person, or None where there is none that the actor may see."""
    row = await tx.fetchrow(
        """
        SELECT id, organisation_id, email, name, locale, time_zone, roles
        FROM accounts.person WHERE id = $1
        """,
        person,
    )
    return None if row is None else _person(row)


async def person_by_email(tx: Transaction, email: str) -> Person | None:
    """The person who signs in with this address, or None where there is none that the actor may see."""
    row = await tx.fetchrow(
        """
        SELECT id, organisation_id, email, name, locale, time_zone, roles
        FROM accounts.person WHERE lower(email) = lower($1)
        """,
        email,
    )
    return None if row is None else _person(row)


async def names(tx: Transaction, people: Sequence[UUID]) -> dict[UUID, str]:
    """The names of those of `people` that the actor may see."""
    rows = await tx.fetch(
        "SELECT id, name FROM accounts.person WHERE id = ANY($1::uuid[])", list(people)
    )
    return {row["id"]: row["name"] for row in rows}


# Passwords


async def password_hash(tx: Transaction, person: UUID) -> str | None:
    """The stored hash, or None for a person without a password."""
    return cast(
        "str | None",
        await tx.fetchval("SELECT hash FROM accounts.password WHERE person_id = $1", person),
    )


async def set_password(tx: Transaction, person: Person, hash_: str, *, now: datetime) -> None:
    """Store or replace the hash."""
    await tx.execute(
        """
        INSERT INTO accounts.password (person_id, organisation_id, hash, changed_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at
        """,
        person.id,
        person.organisation,
        hash_,
        now,
    )


# Sessions


async def insert_session(tx: Transaction, session: Session) -> None:
    """Store a new one."""
    await tx.execute(
        """
        INSERT INTO accounts.session
            (id, organisation_id, person_id, key, current, previous, created_at, refreshed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        session.id,
        session.organisation,
        session.person,
        session.key,
        session.current,
        session.previous,
        session.created_at,
        session.refreshed_at,
    )


async def locked_session(tx: Transaction, session: UUID) -> Session | None:
    """The session, if it was not revoked, its row locked until the transaction ends."""
    row = await tx.fetchrow(
        """
        SELECT id, organisation_id, person_id, key, current, previous, created_at, refreshed_at
        FROM accounts.session WHERE id = $1 AND revoked_at IS NULL
        FOR UPDATE
        """,
        session,
    )
    return None if row is None else _session(row)


async def advance_session(tx: Transaction, session: Session) -> None:
    """Store the counters of a session that was refreshed."""
    await tx.execute(
        "UPDATE accounts.session SET current = $2, previous = $3, refreshed_at = $4 WHERE id = $1",
        session.id,
        session.current,
        session.previous,
        session.refreshed_at,
    )


async def revoke_session(tx: Transaction, session: UUID, *, now: datetime) -> None:
    """End it: none of its tokens serves again."""
    await tx.execute("UPDATE accounts.session SET revoked_at = $2 WHERE id = $1", session, now)


async def prune_sessions(tx: Transaction, person: UUID, *, now: datetime) -> None:
    """Forget a person's sessions that are over, and the oldest of those that leave no room for one more."""
    await tx.execute(
        """
        DELETE FROM accounts.session
        WHERE person_id = $1
          AND (revoked_at IS NOT NULL OR refreshed_at < $2 OR created_at < $3)
        """,
        person,
        now - IDLE_TTL,
        now - ABSOLUTE_TTL,
    )
    await tx.execute(
        """
        DELETE FROM accounts.session WHERE id IN (
            SELECT id FROM accounts.session WHERE person_id = $1
            ORDER BY refreshed_at DESC, id OFFSET $2
        )
        """,
        person,
        MAX_SESSIONS - 1,
    )


def _person(row: Record) -> Person:
    fields: dict[str, Any] = dict(row)
    return Person(
        organisation=fields.pop("organisation_id"),
        roles=cast("frozenset[Role]", frozenset(fields.pop("roles"))),
        **fields,
    )


def _session(row: Record) -> Session:
    fields: dict[str, Any] = dict(row)
    return Session(
        organisation=fields.pop("organisation_id"), person=fields.pop("person_id"), **fields
    )
