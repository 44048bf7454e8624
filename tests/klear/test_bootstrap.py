"""The program as a whole, in this process: what it starts works, and all of it stops."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import asyncpg
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from klear.bootstrap import Running, address_of, program, signing_key
from klear.commands import WantedToken, token
from klear.data_folder import DataFolder, DataFolderBusy
from klear.database import PasswordUnknown
from klear.demonstration import PASSWORD, RAVI
from klear.roles import RoleRefused
from klear.server import AddressTaken, listen
from klear.settings import Secret, Settings
from klear.supervisor import Supervisor
from persistence import locks, migrate, outbox
from persistence.postgres import SYSTEM, Database
from persistence.relay import Relay
from protocol import channels
from protocol.disconnects import FORCED
from protocol.pushes import SlotsChanged

pytestmark = pytest.mark.integration

KEY = "k" * 16


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", port=0, api_key=Secret(KEY))


@pytest.fixture
def on_server(settings: Settings, owner_url: str, app_url: str) -> Settings:
    """The same, on a database of the test's own."""
    return replace(settings, database_url=Secret(owner_url), database_app_url=Secret(app_url))


Start = Callable[..., Awaitable[Running]]


async def start(
    stack: AsyncExitStack, settings: Settings, role: str = "all", **options: Any
) -> Running:
    supervisor = Supervisor()
    stack.enter_context(supervisor.signals())
    work = program(settings, role=role, demo=options.get("demo", False), supervisor=supervisor)
    running = await stack.enter_async_context(work)
    stack.callback(lambda: _not_failed(supervisor))
    return running


def _not_failed(supervisor: Supervisor) -> None:
    assert not supervisor.failed


async def get(url: str) -> bytes:
    def fetch() -> bytes:
        with urlopen(url, timeout=10) as response:
            body: bytes = response.read()
            return body

    return await asyncio.to_thread(fetch)


class Client:
    """A connected realtime client, bare."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self._id = 0

    async def ask(self, **command: Any) -> dict[str, Any]:
        self._id += 1
        await self.socket.send(orjson.dumps({"id": self._id, **command}).decode())
        while True:
            for line in (await self.read()).splitlines():
                reply: dict[str, Any] = orjson.loads(line)
                if reply.get("id") == self._id:
                    return reply

    async def read_on(self) -> None:
        """Read until the end."""
        while True:
            await self.read()

    async def read(self) -> str:
        async with asyncio.timeout(10):
            text: str = await self.socket.recv()
            return text


@pytest.mark.asyncio
async def test_everything_at_once_and_everything_stops(settings: Settings, tmp_path: Path) -> None:
    stack = AsyncExitStack()
    running = await start(stack, settings, demo=True)
    assert running.broker == "in-process"
    assert orjson.loads(await get(f"{running.address}/health/ready")) == {"status": "ready"}
    async with connect(running.address.replace("http", "ws") + "/connection/websocket") as socket:
        client = Client(socket)
        reply = await client.ask(connect={"token": token(settings, WantedToken(user=RAVI.email))})
        assert "error" not in reply
        channel = channels.slots(RAVI.id)
        assert "error" not in await client.ask(subscribe={"channel": channel})
        reply = await client.ask(rpc={"method": "call.join", "data": {"room": str(RAVI.id)}})
        assert reply["error"]["code"] == 404
        await stack.aclose()
        with pytest.raises(ConnectionClosed) as closed:
            await client.read_on()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 3001
    left = sorted(path.name for path in settings.data.iterdir() if path.suffix != ".secret")
    assert left == ["lock", "postgres", "postgres.log"]
    assert _children() == []


@pytest.mark.asyncio
async def test_what_commits_reaches_the_sockets(on_server: Settings, database: Database) -> None:
    async with AsyncExitStack() as stack:
        running = await start(stack, on_server, role="gateway")
        url = running.address.replace("http", "ws") + "/connection/websocket"
        socket = await stack.enter_async_context(connect(url))
        client = Client(socket)
        person = RAVI.id
        wanted = WantedToken(user=str(person), ttl=60)
        reply = await client.ask(connect={"token": token(on_server, wanted)})
        assert f"user:{person}" in reply["connect"]["subs"]
        push = SlotsChanged(version=1, state="open", start=None, end=None)
        async with database.transaction(SYSTEM) as tx:
            await outbox.append(
                tx, organisation=person, channels=[channels.user(person)], push=push
            )
        assert '"slots.changed"' in await client.read()


@pytest.mark.asyncio
async def test_who_signs_out_is_off_the_sockets(on_server: Settings) -> None:
    async with AsyncExitStack() as stack:
        running = await start(stack, on_server, role="gateway", demo=True)

        def post(path: str, body: bytes, **headers: str) -> tuple[bytes, str]:
            url = f"{running.address}/api/v1/auth/{path}"
            headers |= {"Content-Type": "application/json"}
            with urlopen(Request(url, data=body, headers=headers), timeout=10) as answer:
                return answer.read(), "; ".join(answer.headers.get_all("Set-Cookie") or ())

        who = orjson.dumps({"email": RAVI.email, "password": PASSWORD})
        signed_in, cookies = await asyncio.to_thread(post, "sign-in", who)
        url = running.address.replace("http", "ws") + "/connection/websocket"
        socket = await stack.enter_async_context(connect(url))
        access = orjson.loads(signed_in)["access_token"]
        assert "connect" in await Client(socket).ask(connect={"token": access})
        browser = {"Cookie": cookies, "Origin": running.address}
        await asyncio.to_thread(lambda: post("sign-out", b"", **browser))
        async with asyncio.timeout(10):
            await socket.wait_closed()
        assert (socket.close_code, socket.close_reason) == (FORCED.code, FORCED.reason)


async def readiness(address: str) -> int:
    def fetch() -> int:
        try:
            with urlopen(f"{address}/health/ready", timeout=10) as response:
                status: int = response.status
        except HTTPError as error:
            return error.code
        return status

    return await asyncio.to_thread(fetch)


@pytest.mark.asyncio
async def test_who_drains_is_not_ready(on_server: Settings) -> None:
    supervisor = Supervisor()
    with supervisor.signals():
        work = program(on_server, role="gateway", demo=False, supervisor=supervisor)
        async with work as running:
            assert await readiness(running.address) == 200
            supervisor.stop()
            assert await readiness(running.address) == 503


@pytest.mark.asyncio
async def test_without_its_relay_it_is_not_ready(
    on_server: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klear.bootstrap.SETTLE", 0.1)
    monkeypatch.setattr(Relay, "run", lambda self: asyncio.sleep(3600))
    async with AsyncExitStack() as stack:
        running = await start(stack, on_server, role="gateway")
        assert await readiness(running.address) == 503


@pytest.mark.asyncio
async def test_a_second_gateway_is_refused(on_server: Settings, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        await start(stack, on_server, role="gateway")
        with pytest.raises(RoleRefused, match="more than one needs a broker between processes"):
            await start(stack, replace(on_server, data=tmp_path / "other"), role="gateway")


@pytest.mark.asyncio
async def test_a_refused_gateway_changes_nothing(
    on_server: Settings, owner_url: str, tmp_path: Path
) -> None:
    second = Settings(
        data=tmp_path / "second", port=0, database_url=Secret(owner_url)
    )  # migrates, and would let klear_app in by a password of its own
    async with AsyncExitStack() as stack:
        await start(stack, on_server, role="gateway")
        await migrate.rollback(owner_url, to=1)
        connection = await asyncpg.connect(owner_url)
        password = "SELECT rolpassword FROM pg_authid WHERE rolname = 'klear_app'"
        before = await connection.fetchval(password)
        with pytest.raises(RoleRefused):
            await start(stack, second, role="gateway")
        assert await migrate.current(owner_url) == 1
        with pytest.raises(PasswordUnknown):
            await start(stack, second, role="worker")
        assert await connection.fetchval(password) == before
        await connection.close()


@pytest.mark.asyncio
async def test_it_stops_where_another_has_become_the_gateway(
    on_server: Settings, owner_url: str
) -> None:
    supervisor = Supervisor()
    with supervisor.signals():
        work = program(on_server, role="gateway", demo=False, supervisor=supervisor)
        async with work:
            other = await asyncpg.connect(owner_url)
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = $1"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                locks.GATEWAY & 0xFFFFFFFF,
            )
            await other.execute("SELECT pg_advisory_lock($1)", locks.GATEWAY)
            async with asyncio.timeout(20):
                await supervisor.until_stopped()
            await other.close()
    assert supervisor.failed


@pytest.mark.asyncio
async def test_a_worker_alone(on_server: Settings) -> None:
    async with AsyncExitStack() as stack:
        running = await start(stack, on_server, role="worker")
        assert running == Running(address="", broker="")


@pytest.mark.asyncio
async def test_media_alone(settings: Settings) -> None:
    stack = AsyncExitStack()
    await start(stack, replace(settings, media_addresses=("127.0.0.1",)), role="media")
    async with asyncio.timeout(20):
        while not (settings.data / "media.sock").exists():
            await asyncio.sleep(0.05)
    await stack.aclose()
    assert _children() == []


@pytest.mark.asyncio
async def test_a_folder_or_a_port_that_is_taken(on_server: Settings) -> None:
    async with AsyncExitStack() as stack:
        with listen("127.0.0.1", 0) as listener:
            port = listener.getsockname()[1]
            with pytest.raises(AddressTaken):
                await start(stack, replace(on_server, port=port))
        folder = DataFolder(on_server.data)
        folder.lock()
        with pytest.raises(DataFolderBusy):
            await start(stack, on_server)
        folder.unlock()


def test_the_signing_key_is_given_or_made_once(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    made = signing_key(Settings(), folder)
    assert made == signing_key(Settings(), folder)
    assert "PRIVATE KEY" in made
    assert signing_key(Settings(signing_key=Secret("given")), folder) == "given"


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")],
)
def test_the_address_is_one_that_a_browser_can_use(host: str, shown: str) -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert address_of(Settings(host=host), listener) == f"http://{shown}:{port}"


def _children() -> list[str]:
    """What still runs below this process, other than the test session's own Postgres."""
    found = Path("/proc/self/task").glob("*/children")
    pids = [pid for path in found for pid in path.read_text().split()]
    commands = [
        Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() for pid in pids
    ]
    return [command for command in commands if "klear media" in command]
