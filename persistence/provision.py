"""What must stand before the first migration, and be true before the first request: the database and its two roles.

The owner (its URL may do anything here) migrates and is never used at run time. `klear_app` serves: no superuser, owner
of nothing, bound by row-level security.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from persistence.errors import LoginRefused, PersistenceError, mapped
from persistence.postgres import SYSTEM, Database

APPLICATION_ROLE = "klear_app"
"""Created by migration 0001."""


class PrivilegedRole(PersistenceError):
    """The role that should serve may do too much: row-level security would not bind it."""


def with_database(url: str, name: str) -> str:
    """The same URL, for another database of that server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(name, safe='')}"))


def with_login(url: str, *, user: str, password: str) -> str:
    """The same URL, for another role."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"
    return urlunsplit(parts._replace(netloc=login))


async def create_database(owner_url: str, name: str, *, template: str = "template0") -> bool:
    """Create the database unless it is there, and say whether. `owner_url` names another one (`postgres`)."""
    async with _connected(owner_url) as connection:
        if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            return False
        await connection.execute(f"CREATE DATABASE {_quoted(name)} TEMPLATE {_quoted(template)}")
    return True


async def let_application_in(owner_url: str, *, password: str) -> str:
    """Give klear_app this password, and return its URL. For development: in production an operator does this.

    The role belongs to the whole server, so this ends the logins of everybody who knows another one: ask
    `application_has_password` first.
    """
    async with _connected(owner_url) as connection, connection.transaction():
        # A password is no bind parameter of ALTER ROLE; quote_literal makes it one safely.
        literal = await connection.fetchval("SELECT quote_literal($1::text)", password)
        await connection.execute(f"ALTER ROLE {APPLICATION_ROLE} PASSWORD {literal}")
        await connection.execute(f"COMMENT ON ROLE {APPLICATION_ROLE} IS '{_GIVEN}'")
    return with_login(owner_url, user=APPLICATION_ROLE, password=password)


async def may_enter(url: str) -> bool:
    """Whether the database takes this login."""
    try:
        async with _connected(url):
            return True
    except LoginRefused:
        return False


async def application_has_password(owner_url: str) -> bool:
    """Whether somebody has given klear_app a password already, as far as this owner can see.

    A superuser sees the password itself; any other sees only the note that `let_application_in` leaves.
    """
    async with _connected(owner_url) as connection:
        is_superuser = await connection.fetchval(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        has: bool = await connection.fetchval(
            _HAS_PASSWORD if is_superuser else _HAS_NOTE, APPLICATION_ROLE
        )
        return has


_GIVEN = "Klear Karma has given this role a password"

_HAS_PASSWORD = "SELECT rolpassword IS NOT NULL FROM pg_authid WHERE rolname = $1"  # noqa: S105 - SQL

_HAS_NOTE = """
    SELECT shobj_description(oid, 'pg_authid') IS NOT NULL FROM pg_roles WHERE rolname = $1
"""


async def refuse_privileged(database: Database) -> None:
    """Raise PrivilegedRole if the role of `database` is a superuser, bypasses policies or owns any table of ours."""
    async with database.transaction(SYSTEM, read_only=True) as tx:
        row = await tx.fetchrow(_PRIVILEGES)
    if row is None:
        raise AssertionError("a connected role has a row in pg_roles")
    faults = [name for name in ("superuser", "bypassrls", "owner") if row[name]]
    if faults:
        raise PrivilegedRole(
            f"the role {row['role']} may not serve ({', '.join(faults)}): use {APPLICATION_ROLE}, made by migrations"
        )


_PRIVILEGES = """
    SELECT rolname AS role, rolsuper AS superuser, rolbypassrls AS bypassrls,
           EXISTS (
               SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
               WHERE nspname IN ('accounts', 'organisations', 'practitioners', 'booking', 'rooms', 'persistence')
                 AND pg_has_role(relowner, 'MEMBER') -- its owner, or one who could become it
           ) AS owner
    FROM pg_roles WHERE rolname = current_user
"""


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    with mapped():
        connection = await asyncpg.connect(url, timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
