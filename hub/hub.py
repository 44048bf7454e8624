"""The hub: every connection of this process, and the way from a publication to those who have its channel.

hub = Hub(broker=..., presence=..., authorizer=..., dispatcher=..., verify=..., namespaces=..., clock=...)
await hub.start()
...
await hub.drain()   # on shutdown, before the server stops
await hub.stop()
"""

import asyncio
import logging
import random
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import final
from uuid import UUID

from hub.authorizer import Authorizer, Identity
from hub.broker import Broker
from hub.commands import Commands
from hub.connecting import Passport, Verify
from hub.connection import Connection
from hub.dispatch import Dispatcher
from hub.errors import UnknownChannel
from hub.fanout import Fanout
from hub.flush import Flusher
from hub.greeting import Greeting
from hub.limits import Bucket, Limits
from hub.namespaces import Namespaces
from hub.orders import DisconnectUser, UnsubscribeUser, read_order, write_order
from hub.outlet import Outlet
from hub.permission import Permission
from hub.presence import Presence
from hub.session import Session
from hub.strangers import Strangers
from hub.streams import Streams
from hub.subscribing import Subscribing
from hub.subscription import Subscription
from hub.tasks import Tasks
from hub.wheel import Wheel
from protocol.codec import one_line
from protocol.disconnects import (
    FORCED,
    INSUFFICIENT_STATE,
    SHUTDOWN,
    STATE_LOST,
    UNSUBSCRIBED,
    Disconnect,
)
from protocol.envelope import ClientInfo, Command, Publication, StreamPosition

logger = logging.getLogger(__name__)

TICK = 0.25
"""Seconds between two looks at the deadlines."""


class TooLarge(ValueError):
    """A publication is over the hub's limit."""


@final
class Hub:
    """All of it. `clock` gives aware UTC, `verify` reads tokens; `flush_delay` holds writes back by seconds."""

    def __init__(
        self,
        *,
        broker: Broker,
        presence: Presence,
        authorizer: Authorizer,
        dispatcher: Dispatcher,
        verify: Verify,
        clock: Callable[[], datetime],
        namespaces: Namespaces | None = None,
        limits: Limits | None = None,
        version: str = "",
        flush_delay: float = 0.0,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self.limits = limits or Limits()
        self.namespaces = namespaces or Namespaces()
        self.flusher = Flusher(delay=flush_delay)
        self._broker = broker
        self._presence = presence
        self._dispatcher = dispatcher
        self._tasks = Tasks()
        self._streams = Streams(broker)
        self._fanout = Fanout(broker, self._tasks, lost=self._lost)
        permission = Permission(self.namespaces, authorizer)
        passport = Passport(verify, clock)
        self._subscribing = Subscribing(
            broker=broker,
            presence=presence,
            permission=permission,
            fanout=self._fanout,
            tasks=self._tasks,
            limits=self.limits,
        )
        self._greeting = Greeting(
            self,
            passport=passport,
            namespaces=self.namespaces,
            subscribing=self._subscribing,
            limits=self.limits,
            version=version,
            spread=spread,
        )
        self._commands = Commands(
            passport=passport,
            permission=permission,
            subscribing=self._subscribing,
            streams=self._streams,
            presence=presence,
            dispatcher=dispatcher,
            deadline=self.limits.command_deadline,
        )
        self._sessions: dict[str, Session] = {}
        self._users: dict[str, dict[str, Session]] = {}
        self._strangers = Strangers(most=self.limits.strangers)
        self._callbacks: list[Callable[[Identity], None]] = []
        self._wheel: Wheel[Session] = Wheel(tick=TICK)
        self._turning: asyncio.TimerHandle | None = None
        self._arrivals: Bucket | None = None
        self._accepting = False

    # Life

    async def start(self) -> None:
        """Connect to the broker and accept connections."""
        loop = asyncio.get_running_loop()
        self._arrivals = Bucket(loop.time(), burst=self.limits.connect_burst)
        await self._broker.start(self)
        self._accepting = True
        self._turn()

    async def drain(self) -> None:
        """Accept nobody any more, and ask those who are here to come back, in batches; returns when they are gone.

        Takes `limits.drain` seconds, and `limits.close` more for those who do not answer.
        """
        self._accepting = False
        sessions = list(self._sessions.values())
        batches = max(1, round(self.limits.drain / self.limits.drain_interval))
        size = -(-len(sessions) // batches)
        for begin in range(0, len(sessions), size or 1):
            if begin:
                await asyncio.sleep(self.limits.drain_interval)
            for session in sessions[begin : begin + size]:
                session.end(SHUTDOWN)
        await self._gone(sessions)
        await self._dispatcher.finish(within=self.limits.close)

    async def _gone(self, sessions: list[Session]) -> None:
        """Wait for the sockets' ends; what does not end in time is aborted by the wheel."""
        until = asyncio.get_running_loop().time() + self.limits.close + 2 * TICK
        while any(not session.gone for session in sessions):
            if asyncio.get_running_loop().time() > until:
                return
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """End what is left, at once."""
        self._accepting = False
        if self._turning is not None:
            self._turning.cancel()
        for session in list(self._sessions.values()):
            session.end(SHUTDOWN)
            session.outlet.abort()
        await self._dispatcher.finish(within=self.limits.close)
        await self._tasks.stop()
        await self._broker.stop()

    # For the rest of the program

    async def publish(
        self, channel: str, data: bytes, *, idempotency_key: str = "", skip_history: bool = False
    ) -> StreamPosition:
        """Publish one JSON document to a channel, kept as its namespace says.

        Raises UnknownChannel, InvalidJSON and TooLarge, which are the caller's mistakes, and what the broker raises.
        """
        namespace = self.namespaces.find(channel)
        if namespace is None:
            raise UnknownChannel(channel)
        if len(data) > self.limits.publication:
            raise TooLarge(f"a publication of {len(data)} bytes")
        return await self._streams.publish(
            namespace,
            channel,
            one_line(data),
            idempotency_key=idempotency_key,
            skip_history=skip_history,
        )

    async def unsubscribe(self, user: str, channel: str) -> None:
        """End a person's subscriptions to a channel, on every connection of his: he stays out (2000)."""
        await self._broker.order(write_order(UnsubscribeUser(user=user, channel=channel)))

    async def disconnect(self, user: str, *, why: Disconnect = FORCED) -> None:
        """End a person's connections, everywhere."""
        order = DisconnectUser(user=user, code=why.code, reason=why.reason)
        await self._broker.order(write_order(order))

    async def disconnect_session(
        self, session: UUID, person: UUID, *, why: Disconnect = FORCED
    ) -> None:
        """End the connections of one of a person's sessions, everywhere: he has signed out there."""
        order = DisconnectUser(
            user=str(person), code=why.code, reason=why.reason, session=str(session)
        )
        await self._broker.order(write_order(order))

    async def presence(self, channel: str) -> Mapping[str, ClientInfo]:
        """Who is in a channel: connection id to info."""
        return await self._presence.members(channel)

    def on_disconnect(self, callback: Callable[[Identity], None]) -> None:
        """Call back for every connection that was accepted and ended. The callback must not block."""
        self._callbacks.append(callback)

    def statistics(self) -> dict[str, int]:
        """Every depth by name."""
        sessions = self._sessions.values()
        return {
            "connections": len(sessions),
            "users": len(self._users),
            "strangers": len(self._strangers),
            "pending_commands": sum(session.connection.pending for session in sessions),
            "backlog_bytes": sum(session.outlet.backlog for session in sessions),
            "deadlines": len(self._wheel),
            "tasks": self._tasks.depth,
            "calls": self._dispatcher.depth,
            "present": self._presence.depth(),
            **{f"local_{name}": depth for name, depth in self._fanout.statistics().items()},
            **{f"broker_{name}": depth for name, depth in self._broker.statistics().items()},
        }

    # For the transports

    def admits(self, network: str = "") -> bool:
        """Whether one more connection may come now, from this network ("": not told)."""
        if not self._accepting or len(self._sessions) >= self.limits.connections:
            return False
        if self._strangers.full(network):
            return False
        now = asyncio.get_running_loop().time()
        limits = self.limits
        return self._arrivals is not None and self._arrivals.take(
            now, rate=limits.connect_rate, burst=limits.connect_burst
        )

    def open(self, outlet: Outlet, *, network: str = "") -> Session:
        """A connection has come. The transport tells the session what arrives, and that it is `lost` at the end."""
        clock = asyncio.get_running_loop().time
        client = str(uuid.uuid4())
        connection = Connection(client, limits=self.limits, now=clock())
        session = Session(connection, outlet, self, clock=clock, network=network)
        self._sessions[client] = session
        self._strangers.come(network)
        self.schedule(session)
        return session

    # For the sessions

    @property
    def closing(self) -> float:
        """Seconds that a closing handshake may take."""
        return self.limits.close

    def run(self, session: Session, command: Command) -> asyncio.Task[None]:
        """Carry a command out."""
        worker = self._greeting if command.method == "connect" else self._commands
        return self._tasks.spawn(worker.run(session, command))

    def schedule(self, session: Session) -> None:
        """Call the session at its deadline."""
        if session.deadline == float("inf"):
            self._wheel.cancel(session)
        else:
            self._wheel.schedule(session, session.deadline)

    def ended(self, session: Session) -> None:
        """Forget the session, and tell who wants to know."""
        identity = session.connection.identity
        self._subscribing.end_all(session)
        self._sessions.pop(identity.client, None)
        self._known(session)
        self._remove(session)
        for callback in self._callbacks if session.connection.accepted else ():
            try:
                callback(identity)
            except Exception:
                logger.exception("a callback for an ended connection failed")

    def admit(self, session: Session, identity: Identity) -> bool:
        """Take the session in under its person."""
        theirs = self._users.setdefault(identity.user, {}) if identity.user else {}
        if len(theirs) >= self.limits.connections_per_user:
            return False
        if identity.user:
            theirs[identity.client] = session
            self._known(session)
        session.connection.identity = identity
        return True

    def expel(self, session: Session) -> None:
        """It was not accepted after all."""
        self._remove(session)

    def _known(self, session: Session) -> None:
        """He is no stranger any more."""
        self._strangers.go(session.network)
        session.network = ""

    def _remove(self, session: Session) -> None:
        identity = session.connection.identity
        theirs = self._users.get(identity.user, {})
        theirs.pop(identity.client, None)
        if not theirs:
            self._users.pop(identity.user, None)

    def _lost(self, subscription: Subscription) -> None:
        session = self._sessions.get(subscription.client)
        if session is None:
            return
        if (
            subscription.served
        ):  # client libraries do not renew what the server began, but by a new connection
            session.end(STATE_LOST)
        else:
            self._subscribing.end(session, subscription.channel, why=INSUFFICIENT_STATE)

    def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        self._turning = loop.call_later(TICK, self._turn)
        for session in self._wheel.turn(loop.time()):
            session.tick()

    # For the broker

    def publication(self, channel: str, pub: Publication, epoch: str) -> None:
        """A publication came."""
        self._fanout.publication(channel, pub, epoch)

    def joined(self, channel: str, info: ClientInfo) -> None:
        """Someone subscribed."""
        self._fanout.joined(channel, info)

    def left(self, channel: str, info: ClientInfo) -> None:
        """Someone is no longer subscribed."""
        self._fanout.left(channel, info)

    def order(self, data: bytes) -> None:
        """Do what a hub asked of all."""
        order = read_order(data)
        sessions = list(self._users.get(order.user, {}).values())
        for session in sessions:
            match order:
                case UnsubscribeUser(channel=channel):
                    self._subscribing.end(session, channel, why=UNSUBSCRIBED)
                case DisconnectUser(code=code, reason=reason, session=of):
                    if of in ("", session.connection.identity.session):
                        session.end(Disconnect(code, reason))
