"""The gateway as klear/bootstrap puts it together, over a real database and a real media worker, without sockets."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2

from api.channels import ANSWERS, ApiAuthorizer
from hub.broker_memory import MemoryBroker
from hub.dispatch import Dispatcher
from hub.hub import Hub
from hub.namespaces import Namespaces
from hub.presence_memory import MemoryPresence
from klear.authorizers import ByNamespace
from persistence.postgres import Database
from persistence.relay import Relay
from protocol.claims import Claims
from rooms.admission import Admission
from rooms.attendance import Attendance, Rhythm
from rooms.authorizer import NAMESPACES, RoomAuthorizer
from rooms.chat import Chat
from rooms.closing import Closing
from rooms.departures import Departures, closing_channels
from rooms.handlers import methods as room_methods
from signalling.handlers import methods as call_methods
from signalling.placement import OneWorker
from signalling.switchboard import Patience, Switchboard
from tests.api.rooms_app import RoomsApp
from tests.conftest import Clock
from tests.hub.harness import Peer


class System:
    """Hub, API, rooms, calls and relay. `page` is a connected client."""

    def __init__(self, database: Database, clock: Clock, socket: Path) -> None:
        self.database = database
        self.app = RoomsApp(database, clock)
        self.departures = Departures()
        self.admission = Admission(database=database, clock=clock, departures=self.departures)
        closing = Closing(database=database, clock=clock, departures=self.departures)
        self.attendance = Attendance(
            closing=closing, clock=clock, seconds=time.monotonic, rhythm=Rhythm(tick=0.05)
        )
        self.placement = OneWorker(str(socket), deadline=30.0)  # of a busy machine
        self.board = Switchboard(
            placement=self.placement,
            admitted=self.admission.member,
            seconds=time.monotonic,
            epoch=lambda: uuid4().hex,
            patience=Patience(tick=0.05),
        )
        rooms, api = RoomAuthorizer(self.admission), ApiAuthorizer(database)
        chat = Chat(database=database, clock=clock, seconds=time.monotonic)
        self.methods = {
            **room_methods(admission=self.admission, attendance=self.attendance, chat=chat),
            **call_methods(self.board),
        }
        self.hub = Hub(
            broker=MemoryBroker(clock=time.monotonic),
            presence=MemoryPresence(),
            authorizer=ByNamespace(dict.fromkeys(NAMESPACES, rooms) | dict.fromkeys(ANSWERS, api)),
            dispatcher=Dispatcher(self.methods),
            verify=self.app.tokens.verify,
            clock=clock,
            namespaces=Namespaces(),
        )
        self.departures.listen(self.board.departed)
        self.departures.listen(closing_channels(self.hub.unsubscribe))
        self.hub.on_disconnect(self.attendance.gone)
        self.hub.on_disconnect(self.board.gone)

    async def page(self, who: Claims | None) -> "Page":
        """A page that is connected as somebody."""
        peer = Peer(self.hub)
        params = {} if who is None else {"token": self.app.tokens.issue(who)}
        assert "error" not in await peer.ask("connect", **params)
        return Page(peer)

    async def request(
        self, who: Claims | None, method: str, path: str, **body: Any
    ) -> httpx2.Response:
        """A request to /api/v1 as somebody."""
        headers = {"Idempotency-Key": str(uuid4())}
        if who is not None:
            headers["Authorization"] = f"Bearer {self.app.tokens.issue(who)}"
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app.app),
            base_url="https://klear.example/api/v1",
            headers=headers,
            timeout=30,
        ) as client:
            return await client.request(method, path, **body)


class Page:
    """A browser page on the hub's socket."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def rpc(self, method: str, **params: object) -> Any:
        """The result, or `{"error": ...}`."""
        data = {
            name: str(value) if isinstance(value, UUID) else value for name, value in params.items()
        }
        answer = await self.peer.ask("rpc", method=method, data=data)
        return answer if "error" in answer else answer["data"]

    async def refused(self, method: str, **params: object) -> int:
        """The code that an RPC is refused with."""
        code: int = (await self.rpc(method, **params))["error"]["code"]
        return code

    async def subscribe(self, *channels: str) -> None:
        """Subscribe to these."""
        for channel in channels:
            answer = await self.peer.ask("subscribe", channel=channel)
            assert "error" not in answer, (channel, answer)


@asynccontextmanager
async def running(database: Database, clock: Clock, socket: Path) -> AsyncIterator[System]:
    """A system that was started."""
    system = System(database, clock, socket)
    async with AsyncExitStack() as stack:
        stack.callback(system.app.close)
        await system.hub.start()
        stack.push_async_callback(system.hub.stop)
        await system.placement.open()
        stack.push_async_callback(system.placement.close)

        async def publish(channel: str, data: bytes, key: str) -> None:
            await system.hub.publish(channel, data, idempotency_key=key)

        relay = Relay(database, publish, clock=clock)
        database.on_outbox(relay.wake)
        works = (system.attendance.run(), system.board.run(system.hub.publish), relay.run())
        tasks = [asyncio.ensure_future(work) for work in works]
        stack.push_async_callback(_end, tasks)
        yield system


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
