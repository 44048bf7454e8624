"""What the database refused, in our words. asyncpg's errors are mapped here and nowhere else.

PersistenceError
├── ConflictError            a constraint said no; `constraint` names it, for the repository that owns it to translate
│   ├── ExclusionViolated    an EXCLUDE constraint: two ranges overlap
│   ├── UniqueViolated       the value is taken
│   ├── ForeignKeyViolated   what it points to is not there, or is still pointed to
│   └── CheckViolated        a CHECK constraint
├── LoginRefused             the database does not let us in: user, password, name or URL is wrong
├── ValueRefused             a value that its type does not take: out of range, misspelt, of the wrong kind
├── RowRefused               row-level security, or a missing GRANT: this actor may not
└── MigrationError           see persistence/migrate.py
RequestError
└── Unavailable
    └── DatabaseUnavailable  no connection, a time limit, a deadlock: the same request may succeed a moment later

A conflict that nobody translates is our mistake, not the client's: it is no RequestError. The original error is cut off
(`from None`), because its DETAIL line quotes values: nothing personal belongs in a log. What has no name here is a
mistake of ours too; it keeps its class and loses that line.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from protocol.errors import Unavailable


class PersistenceError(Exception):
    """The database refused something for a reason of ours."""


class ConflictError(PersistenceError):
    """A constraint said no. `constraint` is its name in the schema."""

    def __init__(self, constraint: str) -> None:
        self.constraint = constraint
        super().__init__(constraint)


class ExclusionViolated(ConflictError):
    """An EXCLUDE constraint: the row overlaps another."""


class UniqueViolated(ConflictError):
    """The value is taken."""


class ForeignKeyViolated(ConflictError):
    """What the row points to is not there, or the row is still pointed to."""


class CheckViolated(ConflictError):
    """A CHECK constraint does not hold."""


class LoginRefused(PersistenceError):
    """The database does not let us in. The message says why, without the password."""


class ValueRefused(PersistenceError):
    """A value that its type does not take. The message names the kind of error, and not the value."""


class RowRefused(PersistenceError):
    """Row-level security or a missing GRANT refused the statement."""


class DatabaseUnavailable(Unavailable):
    """The database does not answer, or gave this transaction up. Try again."""


_CONFLICTS: dict[type[asyncpg.PostgresError], type[ConflictError]] = {
    asyncpg.ExclusionViolationError: ExclusionViolated,
    asyncpg.UniqueViolationError: UniqueViolated,
    asyncpg.ForeignKeyViolationError: ForeignKeyViolated,
    asyncpg.CheckViolationError: CheckViolated,
}

_TEMPORARY = (
    OSError,  # TimeoutError is one
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,  # statement_timeout
    asyncpg.LockNotAvailableError,  # lock_timeout
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,  # the server said goodbye while the connection was idle
)


BROKEN = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""All that a connection can raise that breaks at the wrong moment."""

_LOST = re.compile("clos(ed|ing)|has been released")
"""asyncpg has one class for a connection that is gone and for its own misuse."""


@contextmanager
def mapped() -> Iterator[None]:
    """Raise our errors in the place of asyncpg's. What is not in the table keeps its class, without the values."""
    try:
        yield
    except tuple(_CONFLICTS) as error:
        raise _CONFLICTS[type(error)](error.constraint_name or "") from None
    except (
        asyncpg.InvalidAuthorizationSpecificationError,  # user, password or pg_hba
        asyncpg.InvalidCatalogNameError,  # no such database
        asyncpg.ClientConfigurationError,  # the URL
    ) as error:
        raise LoginRefused(str(error)) from None
    except asyncpg.InsufficientPrivilegeError as error:
        raise RowRefused(error.args[0]) from None
    except (
        asyncpg.DataError
    ) as error:  # the server's, and asyncpg's own for what it cannot send: both quote the value
        raise ValueRefused(type(error).__name__) from None
    except _TEMPORARY as error:
        raise DatabaseUnavailable(reason=type(error).__name__) from None
    except asyncpg.InterfaceError as error:
        if not _LOST.search(str(error)):  # the rest is misuse of the API
            raise
        raise DatabaseUnavailable(reason=type(error).__name__) from None
    except asyncpg.PostgresError as error:
        error.detail = error.context = error.internal_query = None  # they quote values
        raise
