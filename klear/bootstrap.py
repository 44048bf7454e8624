"""The composition root: one ordered list of what is started, and stopped in reverse."""

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import structlog
from joserfc.jwk import OKPKey
from starlette.applications import Starlette

from api.app import create_app
from api.channels import ANSWERS, ApiAuthorizer
from api.components import Check, Components
from api.realtime import realtime
from hub.broker_memory import MemoryBroker
from hub.dispatch import Dispatcher
from hub.hub import Hub
from hub.namespaces import Namespaces
from hub.presence_memory import MemoryPresence
from hub.server_api import server_api
from klear import database as databases
from klear.authorizers import ByNamespace
from klear.children import keep_running
from klear.data_folder import DataFolder
from klear.roles import check
from klear.seed import seed
from klear.server import listen, serving
from klear.settings import Settings
from klear.supervisor import Supervisor
from persistence import idempotency
from persistence.jobs import Job, Jobs
from persistence.postgres import Database
from persistence.relay import Relay
from rooms.admission import Admission
from rooms.attendance import Attendance
from rooms.authorizer import NAMESPACES as ROOM_NAMESPACES
from rooms.authorizer import RoomAuthorizer
from rooms.chat import Chat
from rooms.closing import Closing
from rooms.departures import Departures, closing_channels
from rooms.handlers import methods as room_methods
from rooms.room import RoomOptions
from services.accounts.passwords import Passwords
from services.accounts.tokens import Tokens
from services.booking import sweeps
from services.booking.queries import appointment_for_join
from signalling.handlers import methods as call_methods
from signalling.placement import OneWorker
from signalling.switchboard import Switchboard

WEB = Path(__file__).parent.parent / "web" / "dist"
"""The web app, as `make run` builds it."""

SETTLE = 5.0
"""Seconds for the parts of a gateway to find each other before it serves all the same."""

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The program's clock."""
    return datetime.now(UTC)  # noqa: TID251 - the one place where it is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What can be told about a program that runs."""

    address: str
    broker: str


@asynccontextmanager
async def program(
    settings: Settings, *, role: str, demo: bool, supervisor: Supervisor
) -> AsyncIterator[Running]:
    """The program in this role, running during the block.

    Raises what the user can mend: RoleRefused, DataFolderBusy, AddressTaken, PostgresFailed, LockTaken, ...
    """
    parts = check(role, embedded=databases.is_embedded(settings))
    async with AsyncExitStack() as stack:
        folder = _folder(settings, stack, alone=role == "all")
        listener = _listener(settings, stack) if parts.gateway else None
        control = _control(folder, stack, alone=role == "all")
        supervisor.check()
        if parts.media:
            await stack.enter_async_context(_media(settings, control, supervisor))
        running = Running(address="", broker="")
        if parts.gateway or parts.worker:
            opened = databases.opened(settings, folder, supervisor, alone=parts.gateway)
            database = await stack.enter_async_context(opened)
            if parts.worker:
                await stack.enter_async_context(supervisor.running("jobs", _jobs(database).run()))
            if listener is not None:
                gateway = Gateway(
                    settings, folder, database, supervisor, demo=demo, media=parts.media
                )
                running = await stack.enter_async_context(gateway.running(listener, control))
        yield running


def _folder(settings: Settings, stack: AsyncExitStack, *, alone: bool) -> DataFolder:
    folder = DataFolder(settings.data)
    folder.prepare()
    if alone:
        folder.lock()
        stack.callback(folder.unlock)
    return folder


def _listener(settings: Settings, stack: AsyncExitStack) -> socket.socket:
    listener = listen(settings.host, settings.port)
    stack.callback(listener.close)
    return listener


@asynccontextmanager
async def _media(settings: Settings, control: Path, supervisor: Supervisor) -> AsyncIterator[None]:
    """A media worker as a child process, started again whenever it dies."""
    command = [
        *(sys.executable, "-P", "-m", "klear", "media"),
        *("--control", str(control), "--port", str(settings.media_port)),
    ]
    for address in settings.media_addresses:
        command += ["--address", address]
    work = keep_running("media", command, environment=settings.child_environment)
    async with supervisor.running("media", work):
        yield


def _control(folder: DataFolder, stack: AsyncExitStack, *, alone: bool) -> Path:
    """The socket where the gateway and the media worker of this installation meet."""
    name = "media.sock"
    if not alone:
        return folder.path / name  # processes of their own find it by the folder alone
    stack.callback(folder.drop_scratch, "media")
    return folder.socket_folder("media", folder.path, longest=len(name)) / name


def _jobs(database: Database) -> Jobs:
    """What time does, whoever watches."""
    return Jobs(
        [
            Job(
                name="expire holds",
                work=lambda: sweeps.expire_holds(database, utc_now()),
                interval=2.0,
            ),
            Job(
                name="complete appointments",
                work=lambda: sweeps.complete_appointments(database, utc_now()),
                interval=30.0,
            ),
            Job(
                name="forget idempotency keys",
                work=lambda: idempotency.prune(database, now=utc_now()),
                interval=3600.0,
            ),
        ]
    )


class Gateway:
    """API, hub, rooms and calls over one database, and the relay that feeds the hub's in-process broker.

    `media`: the media worker is ours, so that without it we are not ready. One of another process' may be away:
    bookings and chats go on, and calls wait.
    """

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        database: Database,
        supervisor: Supervisor,
        *,
        demo: bool,
        media: bool,
    ) -> None:
        self._settings = settings
        self._needs_media = media
        self._folder = folder
        self._database = database
        self._supervisor = supervisor
        self._demo = demo
        self._broker = MemoryBroker(clock=time.monotonic)
        self._tokens = Tokens(signing_key(settings, folder), clock=utc_now)
        self._departures = Departures()
        self._admission = Admission(
            database=database,
            clock=utc_now,
            departures=self._departures,
            options=RoomOptions(any_time=demo),
        )

    @asynccontextmanager
    async def running(self, listener: socket.socket, control: Path) -> AsyncIterator[Running]:
        """Start in order; stop in reverse. `control` is the media worker's socket."""
        address = address_of(self._settings, listener)
        async with AsyncExitStack() as stack:
            self._supervisor.check()
            passwords = Passwords()
            stack.callback(passwords.close)
            if self._demo:
                await seed(self._database, passwords, now=utc_now())
            placement = OneWorker(str(control))
            attendance, board = self._attendance(), self._board(placement)
            hub = self._hub(attendance, board)
            await hub.start()
            stack.push_async_callback(hub.stop)
            await placement.open()
            stack.push_async_callback(placement.close)
            self._connect(hub, attendance, board)
            relay = self._relay(hub)
            for name, work in (
                ("attendance", attendance.run()),
                ("calls", board.run(hub.publish)),
                ("relay", relay.run()),
            ):
                await stack.enter_async_context(self._supervisor.running(name, work))
            checks = self._checks(relay, placement)
            app = self._app(hub, passwords, checks, public_url=self._settings.public_url or address)
            await self._settle(checks)
            server = serving(
                app,
                listener,
                hub=hub,
                supervisor=self._supervisor,
                proxies=self._settings.trusted_proxies,
            )
            await stack.enter_async_context(server)
            log.info("serving", address=address, broker=self._broker.name)
            yield Running(address=address, broker=self._broker.name)

    def _checks(self, relay: Relay, placement: OneWorker) -> dict[str, Check]:
        """What /health/ready asks beside the database. The hub drains as soon as the end has begun."""
        checks: dict[str, Check] = {
            "hub": lambda: not self._supervisor.stopping,
            "relay": lambda: relay.connected,
        }
        if self._needs_media:
            checks["media"] = lambda: placement.control.connected
        return checks

    async def _settle(self, checks: Mapping[str, Check]) -> None:
        """Wait a little for what has just been started, so that who is told that we serve finds us ready."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE):
                while not all(check() for check in checks.values()):
                    self._supervisor.check()
                    await asyncio.sleep(0.02)

    def _attendance(self) -> Attendance:
        closing = Closing(database=self._database, clock=utc_now, departures=self._departures)
        return Attendance(closing=closing, clock=utc_now, seconds=time.monotonic)

    def _board(self, placement: OneWorker) -> Switchboard:
        return Switchboard(
            placement=placement,
            admitted=self._admission.member,
            seconds=time.monotonic,
            epoch=lambda: uuid4().hex,
        )

    def _connect(self, hub: Hub, attendance: Attendance, board: Switchboard) -> None:
        """Who is told of what ends: calls before channels, so that nobody receives in a room that he left."""
        self._departures.listen(board.departed)
        self._departures.listen(closing_channels(hub.unsubscribe))
        hub.on_disconnect(attendance.gone)
        hub.on_disconnect(board.gone)

    def _hub(self, attendance: Attendance, board: Switchboard) -> Hub:
        chat = Chat(database=self._database, clock=utc_now, seconds=time.monotonic)
        rooms = room_methods(admission=self._admission, attendance=attendance, chat=chat)
        return Hub(
            broker=self._broker,
            presence=MemoryPresence(),
            authorizer=self._authorizer(),
            dispatcher=Dispatcher(rooms, call_methods(board)),
            verify=self._tokens.verify,
            clock=utc_now,
            namespaces=Namespaces(self._settings.namespaces),
            version=version("klear-karma"),
        )

    def _authorizer(self) -> ByNamespace:
        rooms, api = RoomAuthorizer(self._admission), ApiAuthorizer(self._database)
        return ByNamespace(dict.fromkeys(ROOM_NAMESPACES, rooms) | dict.fromkeys(ANSWERS, api))

    def _relay(self, hub: Hub) -> Relay:
        async def publish(channel: str, data: bytes, key: str) -> None:
            await hub.publish(channel, data, idempotency_key=key)

        relay = Relay(self._database, publish, clock=utc_now)
        self._database.on_outbox(relay.wake)
        return relay

    def _app(
        self,
        hub: Hub,
        passwords: Passwords,
        checks: Mapping[str, Check],
        *,
        public_url: str,
    ) -> Starlette:
        components = Components(
            database=self._database,
            tokens=self._tokens,
            passwords=passwords,
            clock=utc_now,
            demo=self._demo,
            public_url=public_url,
            secure_cookies=public_url.startswith("https://"),
            join_links=appointment_for_join,
            web=WEB,
            checks=checks,
            signed_out=hub.disconnect_session,
        )
        key = self._settings.api_key
        routes = [realtime(hub), *server_api(hub, key=key.value if key else "")]
        return create_app(components, realtime=routes)


def signing_key(settings: Settings, folder: DataFolder) -> str:
    """The key that signs tokens; in development one is made the first time, and kept."""
    if settings.signing_key is not None:
        return settings.signing_key.value
    return folder.secret("signing", _new_key)


def _new_key() -> str:
    return OKPKey.generate_key("Ed25519").as_pem(private=True).decode()


def address_of(settings: Settings, listener: socket.socket) -> str:
    """Where a browser on this machine finds the server."""
    everywhere = settings.host in ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
    host = "127.0.0.1" if everywhere else settings.host
    port: int = listener.getsockname()[1]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
