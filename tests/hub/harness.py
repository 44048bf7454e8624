"""A hub to test against: tokens that are a table, an authorizer that is a table, clients without a socket."""

import asyncio
import json
import secrets
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from api.realtime import PATH, realtime
from hub.authorizer import Grant, Identity
from hub.broker import Broker
from hub.broker_memory import MemoryBroker
from hub.dispatch import Dispatcher, Handler
from hub.hub import Hub
from hub.limits import Limits
from hub.namespaces import Namespaces
from hub.outlet import Message
from hub.presence_memory import MemoryPresence
from hub.session import Session
from hub.websocket import HubProtocol
from protocol.claims import Claims, ExpiredToken, InvalidToken
from protocol.disconnects import Disconnect

ALL = Grant(publish=True, presence=True, join_leave=True)
ROOM = f"room:{uuid.UUID(int=0xA)}"
SIGNALS = f"signals:{uuid.UUID(int=0xA)}"
CALL = f"call:{uuid.UUID(int=0xA)}"
SLOTS = f"slots:{uuid.UUID(int=0xB)}"
ELSEWHERE = f"room:{uuid.UUID(int=0xC)}"

CONFIGURED: Mapping[str, Any] = {
    "board": {
        "subscribe": "members",
        "publish": "members",
        "presence": "members",
        "history_size": 10,
        "history_ttl": 60,
        "recovery": True,
    },
    "news": {"subscribe": "anyone", "history_size": 5, "history_ttl": 60},
    "lobby": {"subscribe": "authenticated", "publish": "anyone", "presence": "authenticated"},
    "shut": {},
}


def now() -> datetime:
    """Aware UTC, of the real clock."""
    return datetime.now(UTC)


async def until(condition: Callable[[], object], *, within: float = 10.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)


class Tokens:
    """Issues and reads tokens."""

    def __init__(self) -> None:
        self._claims: dict[str, Claims] = {}

    def issue(
        self,
        person: int = 1,
        *,
        ttl: float = 3600,
        organisation: int = 0xFF,
        session: int | None = None,
        room: uuid.UUID | None = None,
        channels: Sequence[str] = (),
    ) -> str:
        """A token of a person, good for `ttl` seconds."""
        token = secrets.token_urlsafe()
        self._claims[token] = Claims(
            person=uuid.UUID(int=person),
            organisation=uuid.UUID(int=organisation),
            session=None if session is None else uuid.UUID(int=session),
            roles=frozenset({"guest" if room else "client"}),
            expires_at=now() + timedelta(seconds=ttl),
            room=room,
            channels=tuple(channels),
        )
        return token

    def verify(self, token: str) -> Claims:
        """As the hub is given it."""
        claims = self._claims.get(token)
        if claims is None:
            raise InvalidToken("not ours")
        if claims.expires_at <= now():
            raise ExpiredToken("its time is over")
        return claims


class Table:
    """An authorizer: channels that people may use; "" is everybody. `hold` keeps it thinking."""

    def __init__(self) -> None:
        self.grants: dict[tuple[str, str], Grant] = {("", SLOTS): Grant()}
        self.hold: asyncio.Event | None = None
        self.error: Exception | None = None
        self.asked: list[str] = []

    def allow(self, channel: str, *people: int, grant: Grant = ALL) -> None:
        """People may use a channel."""
        for person in people:
            self.grants[str(uuid.UUID(int=person)), channel] = grant

    async def authorize(self, identity: Identity, channel: str) -> Grant | None:
        """As the hub asks it."""
        self.asked.append(channel)
        if self.hold is not None:
            await self.hold.wait()
        if self.error is not None:
            raise self.error
        return self.grants.get((identity.user, channel)) or self.grants.get(("", channel))


def personal(person: int) -> str:
    """A person's own channel."""
    return f"user:{uuid.UUID(int=person)}"


class Wire:
    """An outlet without a socket: keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.closed: Disconnect | None = None
        self.aborted = False
        self.session: Session | None = None

    def send(self, message: Message) -> None:
        self.sent.append(json.loads(message.payload))

    def close(self, why: Disconnect) -> None:
        self.closed = why

    def abort(self) -> None:
        self.aborted = True
        if self.session is not None:
            self.session.lost()

    async def writable(self) -> None:
        return

    @property
    def backlog(self) -> int:
        return 0


class Peer:
    """A client without a socket."""

    def __init__(self, hub: Hub, *, network: str = "") -> None:
        self.wire = Wire()
        self.session = self.wire.session = hub.open(self.wire, network=network)
        self._last = 0

    def post(self, method: str, /, **params: Any) -> int:
        """Send a command, without waiting."""
        self._last += 1
        self.session.receive(json.dumps({"id": self._last, method: params}))
        return self._last

    async def ask(self, method: str, /, **params: Any) -> dict[str, Any]:
        """Send a command and wait for its reply: the result, or `{"error": ...}`."""
        reply = await self.reply(self.post(method, **params))
        result: dict[str, Any] = reply if "error" in reply else reply[method]
        return result

    async def reply(self, number: int) -> dict[str, Any]:
        """The reply to a command."""

        def replies() -> list[dict[str, Any]]:
            return [message for message in self.wire.sent if message.get("id") == number]

        await until(lambda: replies() or self.wire.closed)
        return replies()[0]

    async def refusal(self, method: str, /, **params: Any) -> int:
        """The code of the error that a command is answered with."""
        code: int = (await self.ask(method, **params))["error"]["code"]
        return code

    def pushes(self, kind: str = "pub", channel: str | None = None) -> list[dict[str, Any]]:
        """The pushes of a kind that came, of one channel or all."""
        pushes = [message["push"] for message in self.wire.sent if "push" in message]
        return [
            push[kind] for push in pushes if kind in push and channel in (None, push["channel"])
        ]

    def data(self, channel: str) -> list[Any]:
        """What was published to a channel and came live."""
        return [pub["data"] for pub in self.pushes(channel=channel)]

    def leave(self) -> None:
        """The link breaks."""
        self.session.lost()


@dataclass(kw_only=True)
class World:
    """A hub and its surroundings."""

    hub: Hub
    broker: Broker
    tokens: Tokens
    table: Table
    port: int = 0
    peers: list[Peer] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{PATH}"

    async def connected(self, person: int | None = 1, **claims: Any) -> Peer:
        """A connected client."""
        peer = Peer(self.hub)
        params = {} if person is None else {"token": self.tokens.issue(person, **claims)}
        assert "error" not in await peer.ask("connect", **params)
        self.peers.append(peer)
        return peer


@asynccontextmanager
async def world(
    *,
    limits: Limits | None = None,
    handlers: Mapping[str, Handler] | None = None,
    broker: Broker | None = None,
    deadline: float = 10.0,
    **options: Any,
) -> AsyncIterator[World]:
    """A hub that was started."""
    loop = asyncio.get_running_loop()
    tokens, table = Tokens(), Table()
    broker = broker or MemoryBroker(clock=loop.time)
    hub = Hub(
        broker=broker,
        presence=MemoryPresence(),
        authorizer=table,
        dispatcher=Dispatcher(handlers or {}, deadline=deadline),
        namespaces=Namespaces(CONFIGURED),
        limits=limits,
        **{"verify": tokens.verify, "clock": now, **options},
    )
    await hub.start()
    try:
        yield World(hub=hub, broker=broker, tokens=tokens, table=table)
    finally:
        await hub.stop()


@asynccontextmanager
async def served(place: World, *, routes: Sequence[BaseRoute] = ()) -> AsyncIterator[World]:
    """The world behind a real uvicorn, on a free port."""
    app = Starlette(routes=[realtime(place.hub), *routes])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, ws=HubProtocol, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    await until(lambda: server.started or serving.done())
    place.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield place
    finally:
        await place.hub.stop()
        server.should_exit = True
        await serving
