"""asyncpg's errors become ours, and keep nothing that is personal."""

import asyncpg
import pytest

from persistence import errors
from persistence.postgres import SYSTEM, Database


def test_a_conflict_names_its_constraint_and_hides_the_values() -> None:
    theirs = asyncpg.UniqueViolationError("Key (email)=(ana@example.org) already exists")
    theirs.constraint_name = "person_email_key"
    with pytest.raises(errors.UniqueViolated) as caught, errors.mapped():
        raise theirs
    assert caught.value.constraint == "person_email_key"
    assert caught.value.__suppress_context__
    assert "ana" not in str(caught.value)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (asyncpg.ExclusionViolationError, errors.ExclusionViolated),
        (asyncpg.ForeignKeyViolationError, errors.ForeignKeyViolated),
        (asyncpg.CheckViolationError, errors.CheckViolated),
        (asyncpg.InsufficientPrivilegeError, errors.RowRefused),
        (asyncpg.QueryCanceledError, errors.DatabaseUnavailable),
        (asyncpg.DeadlockDetectedError, errors.DatabaseUnavailable),
        (asyncpg.CannotConnectNowError, errors.DatabaseUnavailable),
        (asyncpg.TooManyConnectionsError, errors.DatabaseUnavailable),
        (TimeoutError, errors.DatabaseUnavailable),
        (ConnectionRefusedError, errors.DatabaseUnavailable),
    ],
)
def test_each_kind(theirs: type[Exception], ours: type[Exception]) -> None:
    with pytest.raises(ours), errors.mapped():
        raise theirs("x")


def test_a_closed_connection_is_temporary_and_misuse_is_not() -> None:
    with pytest.raises(errors.DatabaseUnavailable), errors.mapped():
        raise asyncpg.InterfaceError("connection is closed")
    with pytest.raises(asyncpg.InterfaceError, match="expects 1 argument"), errors.mapped():
        raise asyncpg.InterfaceError("the server expects 1 argument for this query")


def test_a_refused_login_is_for_people_to_mend() -> None:
    with pytest.raises(errors.LoginRefused, match="does not exist"), errors.mapped():
        raise asyncpg.InvalidCatalogNameError('database "x" does not exist')


def test_what_is_a_mistake_of_ours_stays_as_it_is() -> None:
    with pytest.raises(asyncpg.PostgresSyntaxError), errors.mapped():
        raise asyncpg.PostgresSyntaxError("x")


def test_a_mistake_of_ours_loses_the_line_with_the_values() -> None:
    theirs = asyncpg.NotNullViolationError("null value in column")
    theirs.detail = "Failing row contains (ana@example.org)."
    with pytest.raises(asyncpg.NotNullViolationError) as caught, errors.mapped():
        raise theirs
    assert "ana" not in str(caught.value)


@pytest.mark.integration
@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("sql", "value"),
    [("SELECT $1::int", "ana, closed"), ("SELECT $1::text::int", "ana"), ("SELECT $1::uuid", 5)],
)
async def test_a_value_that_does_not_fit_is_not_quoted(
    database: Database, sql: str, value: object
) -> None:
    with pytest.raises(errors.ValueRefused) as caught:
        async with database.transaction(SYSTEM) as tx:
            await tx.fetchval(sql, value)
    assert "ana" not in str(caught.value)
    assert caught.value.__suppress_context__
