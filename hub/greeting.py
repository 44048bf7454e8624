"""The `connect` command: a token becomes an identity, the server's own subscriptions begin, the client is greeted."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from hub.authorizer import Identity
from hub.commands import explain
from hub.connecting import Passport, Rejected
from hub.errors import TokenExpired
from hub.limits import Limits
from hub.namespaces import Namespaces
from hub.session import Session
from hub.subscribing import Joined, Subscribing
from protocol import channels, envelope
from protocol.disconnects import BAD_REQUEST, CONNECTION_LIMIT, INVALID_TOKEN
from protocol.envelope import Command, Malformed, StreamPosition


class Registry(Protocol):
    """Knows connections by person."""

    def admit(self, session: Session, identity: Identity) -> bool:
        """Take the session in under its person, or False where he has too many."""
        ...

    def expel(self, session: Session) -> None:
        """It was not accepted after all."""
        ...


class Greeting:
    """Answers `connect`. `spread` draws from 0 to 1, to part the pings of those who came together."""

    def __init__(
        self,
        registry: Registry,
        *,
        passport: Passport,
        namespaces: Namespaces,
        subscribing: Subscribing,
        limits: Limits,
        version: str,
        spread: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._passport = passport
        self._namespaces = namespaces
        self._subscribing = subscribing
        self._limits = limits
        self._version = version
        self._spread = spread

    async def run(self, session: Session, command: Command) -> None:
        """Accept the connection, refuse it so that the client may come again, or end it."""
        try:
            async with asyncio.timeout(self._limits.command_deadline):
                await self._connect(session, command)
        except Malformed:
            session.end(BAD_REQUEST)
        except Rejected:
            session.end(INVALID_TOKEN)
        except Exception as error:
            self._registry.expel(session)
            self._subscribing.end_all(session)
            session.connection.refuse()
            session.send(envelope.error_reply(command.id, explain(error, command)))

    async def _connect(self, session: Session, command: Command) -> None:
        client = session.connection.identity.client
        wanted = _wanted(command)
        identity = self._passport.identify(client, envelope.text_of(command.params, "token"))
        if self._passport.left(identity) <= 0:
            raise TokenExpired("token expired")
        if not self._registry.admit(session, identity):
            session.end(CONNECTION_LIMIT)
            return
        joined = await self._serve(session, identity, wanted)
        self._greet(session, command, joined)

    async def _serve(
        self, session: Session, identity: Identity, wanted: dict[str, StreamPosition]
    ) -> list[Joined]:
        """The subscriptions that the server makes: a person's own channel."""
        if identity.claims is None or identity.claims.is_guest:
            return []
        channel = channels.user(identity.claims.person)
        namespace = self._namespaces.find(channel)
        if namespace is None:
            raise AssertionError("a person's own channel is built in")
        return [await self._subscribing.serve(session, namespace, channel, wanted.get(channel))]

    def _greet(self, session: Session, command: Command, joined: list[Joined]) -> None:
        """Without a pause: accept, reply, pass on what came meanwhile, begin what the client sent behind."""
        identity, now = session.connection.identity, session.now()
        left = self._passport.left(identity)
        held = session.connection.accept(left=left, now=now, spread=self._spread())
        result: dict[str, Any] = {
            "client": identity.client,
            "version": self._version,
            "ping": round(self._limits.ping) or 1,
            "pong": True,
            **self._passport.lifetime(identity),
            "subs": {each.subscription.channel: each.result for each in joined},
        }
        session.send(envelope.reply(command.id, "connect", result))
        for each in joined:
            each.push(session)
        session.perform(held)
        session.reschedule()


def _wanted(command: Command) -> dict[str, StreamPosition]:
    """Where the client wants the server's subscriptions recovered from. Raises Malformed."""
    subs = command.params.get("subs") or {}
    if not isinstance(subs, dict) or not all(isinstance(sub, dict) for sub in subs.values()):
        raise Malformed("subs is an object of objects")
    positions = {channel: envelope.recover_from(sub) for channel, sub in subs.items()}
    return {channel: position for channel, position in positions.items() if position}
