"""What the `klear` command does, apart from reading its arguments."""

import contextlib
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import get_args
from uuid import UUID, uuid5

import structlog

from klear import database as databases
from klear.bootstrap import Running, program, signing_key, utc_now
from klear.data_folder import DataFolder, DataFolderBusy, DataFolderRefused
from klear.database import OwnerUnknown, PasswordUnknown
from klear.demonstration import ANA, HOUSES, OLGA, PASSWORD, RAVI, STILLWATER, demo_id, house_of
from klear.embedded import PostgresFailed
from klear.roles import RoleRefused
from klear.server import AddressTaken
from klear.settings import Settings
from klear.supervisor import Stopped, Supervisor
from persistence import migrate as migrations
from persistence.errors import DatabaseUnavailable, PersistenceError
from protocol.claims import Claims, Role
from services.accounts.tokens import Tokens

ROLES: tuple[Role, ...] = get_args(Role)
"""What a token may say that its person is."""


class NotSure(Exception):
    """What was asked would lose data."""


TTL_MAX = 30 * 86400
"""Seconds: the longest life of a token that `klear token` prints."""

MENDABLE = (
    RoleRefused,
    DataFolderBusy,
    DataFolderRefused,
    NotSure,
    AddressTaken,
    PostgresFailed,
    OwnerUnknown,
    PasswordUnknown,
    PersistenceError,
    DatabaseUnavailable,
)
"""What the user can do something about: told in a line, without a traceback."""

Say = Callable[[str], None]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedToken:
    """For whom, as what, and for how many seconds. `user` that is no UUID stands for a made-up person of that name."""

    user: str
    role: Role = "client"
    ttl: int = 3600
    organisation: UUID | None = None
    channels: tuple[str, ...] = ()


async def serve(settings: Settings, *, role: str, demo: bool, say: Say) -> int:
    """Run until a signal comes, or a part fails. Returns the exit code."""
    if demo and settings.is_production:
        raise RoleRefused("klear demo is for development: its passwords are known to everybody")
    for name in settings.unknown:
        log.warning("no such setting", name=name)
    supervisor = Supervisor()
    with supervisor.signals():
        work = program(settings, role=role, demo=demo, supervisor=supervisor)
        with contextlib.suppress(Stopped):
            async with work as running:
                if demo and not supervisor.stopping:
                    say(welcome(running))
                await supervisor.until_stopped()
    return 1 if supervisor.failed else 0


async def migrate(settings: Settings, *, to: int | None, say: Say, sure: bool = False) -> int:
    """Apply what is missing, or go back to number `to`: that loses data, so raises NotSure unless `sure`."""
    async with AsyncExitStack() as stack:
        folder = DataFolder(settings.data)
        folder.prepare()
        if databases.is_embedded(settings):
            folder.lock()
            stack.callback(folder.unlock)
        owner = await stack.enter_async_context(databases.owner_url(settings, folder))
        newest = await migrations.current(owner)
        if to is not None and to < newest:
            if not sure:
                back = _listed(tuple(range(newest, to, -1)))
                raise NotSure(
                    f"going back to {to:04} would take back {back} and lose all that is kept there: say --yes to do it"
                )
            undone = await migrations.rollback(owner, to=to)
            say(f"Took back {_listed(undone)}.")
        else:
            done = await migrations.migrate(owner, to=to)
            say(f"Applied {_listed(done)}." if done else "Nothing to do.")
    return 0


def token(settings: Settings, wanted: WantedToken) -> str:
    """A connection token, signed with this installation's key."""
    folder = DataFolder(settings.data)
    folder.prepare()
    tokens = Tokens(signing_key(settings, folder), clock=utc_now)
    person = _person(wanted.user)
    house = house_of(person) or STILLWATER
    claims = Claims(
        person=person,
        organisation=wanted.organisation or house.id,
        roles=frozenset({wanted.role}),
        expires_at=utc_now() + timedelta(seconds=wanted.ttl),
        channels=wanted.channels,
    )
    return tokens.issue(claims)


def welcome(running: Running) -> str:
    """What `klear demo` says when it is ready."""
    people = "\n".join(
        f"    {each.email:<20} {each.name}, {each.role} at {house.name}"
        for house in HOUSES
        for each in house.people
    )
    return f"""
Klear Karma is ready: {running.address}

  Sign in (everybody's password is {PASSWORD}):
{people}

  Broker: {running.broker}. API: {running.address}/api/v1/docs

  Try this
    1. Sign in as {ANA.email} and book a slot of {RAVI.name}.
    2. In another browser profile sign in as {RAVI.email}: the calendar has it already.
       {OLGA.email} sees the calendars of the whole house.
    3. Both open the appointment's room (any time, in this demonstration), check camera and microphone;
       he lets her in, and you talk.

  Ctrl-C stops everything.
"""


def explain(error: BaseException) -> str:
    """One line about what went wrong."""
    if isinstance(error, DatabaseUnavailable):
        return f"the database does not answer ({error.fields.get('reason', 'no reason given')})"
    return str(error) or type(error).__name__


def _person(user: str) -> UUID:
    try:
        return UUID(user)
    except ValueError:
        return next(
            (each.id for house in HOUSES for each in house.people if each.email == user),
            uuid5(demo_id("people"), user),
        )


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(f"{number:04}" for number in numbers)
