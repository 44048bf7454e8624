"""What each command does: one coroutine each, run by the hub. Each answers its client, or ends his connection."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hub.connecting import Passport, Rejected
from hub.dispatch import Caller, Dispatcher
from hub.errors import (
    CommandError,
    InternalError,
    InvalidRequest,
    NotAvailable,
    PermissionDenied,
    UnrecoverablePosition,
)
from hub.limits import KIB
from hub.permission import Permission
from hub.presence import Presence
from hub.session import Session
from hub.streams import Streams
from hub.subscribing import Subscribing
from hub.subscription import Subscription
from protocol import envelope
from protocol.codec import InvalidJSON, encode
from protocol.disconnects import INVALID_TOKEN, UNSUBSCRIBED
from protocol.envelope import REJECT_UNRECOVERED, Command, ErrorReply, Malformed
from protocol.errors import RequestError

logger = logging.getLogger(__name__)

LARGE = 64 * KIB
"""Bytes of a call's reply above which it waits until the reader has room."""

Work = Callable[[Session, Command], Awaitable[None]]


class Commands:
    """Carries out the commands of connected clients; `deadline` in seconds."""

    def __init__(
        self,
        *,
        passport: Passport,
        permission: Permission,
        subscribing: Subscribing,
        streams: Streams,
        presence: Presence,
        dispatcher: Dispatcher,
        deadline: float,
    ) -> None:
        self._passport = passport
        self._permission = permission
        self._subscribing = subscribing
        self._streams = streams
        self._presence = presence
        self._dispatcher = dispatcher
        self._deadline = deadline
        self._work: Mapping[str, Work] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "publish": self._publish,
            "presence": self._members,
            "presence_stats": self._statistics,
            "history": self._history,
            "refresh": self._refresh,
            "rpc": self._call,
        }

    async def run(self, session: Session, command: Command) -> None:
        """Carry out one command and answer it."""
        refusal: ErrorReply | None = None
        try:
            # an RPC has its own deadline, after which its handler goes on
            async with asyncio.timeout(None if command.method == "rpc" else self._deadline):
                await self._work[command.method](session, command)
        except Rejected:
            session.end(INVALID_TOKEN)
        except Exception as error:
            refusal = explain(error, command)
        if refusal is not None:
            session.send(envelope.error_reply(command.id, refusal))
        session.finish(command)

    async def _subscribe(self, session: Session, command: Command) -> None:
        params = command.params
        joined = await self._subscribing.begin(
            session,
            envelope.text_of(params, "channel"),
            since=envelope.recover_from(params),
            strict=bool(envelope.number_of(params, "flag") & REJECT_UNRECOVERED),
        )
        _reply(session, command, joined.result)
        joined.push(session)
        await self._announce(session, joined.subscription)

    async def _announce(self, session: Session, subscription: Subscription) -> None:
        try:
            await self._subscribing.announce(session, subscription)
        except Exception:
            logger.exception("a subscriber was not announced")

    async def _unsubscribe(self, session: Session, command: Command) -> None:
        channel = envelope.text_of(command.params, "channel")
        absent = self._subscribing.end(session, channel)
        if absent is not None:
            await asyncio.wait({absent})  # so that who comes back at once is present after all
        _reply(session, command, {})

    async def _publish(self, session: Session, command: Command) -> None:
        channel = envelope.text_of(command.params, "channel")
        identity = session.connection.identity
        namespace, grant = await self._permission.check(
            identity, channel, subscribed=_subscribed(session, channel)
        )
        if not grant.publish:
            raise PermissionDenied(channel)
        if "data" not in command.params:
            raise InvalidRequest("nothing to publish")
        data = encode(command.params["data"])
        if len(data) > namespace.largest:
            raise InvalidRequest("more than clients publish here")
        await self._streams.publish(namespace, channel, data, info=identity.info)
        _reply(session, command, {})

    async def _members(self, session: Session, command: Command) -> None:
        channel = await self._present(session, command)
        members = await self._presence.members(channel)
        infos = {client: envelope.info(who) for client, who in members.items()}
        _reply(session, command, {"presence": infos})

    async def _statistics(self, session: Session, command: Command) -> None:
        counted = await self._presence.statistics(await self._present(session, command))
        result = {"num_clients": counted.clients, "num_users": counted.users}
        _reply(session, command, result)

    async def _present(self, session: Session, command: Command) -> str:
        """The channel whose presence the client may read. Raises CommandError."""
        channel = envelope.text_of(command.params, "channel")
        namespace, grant = await self._permission.check(
            session.connection.identity, channel, subscribed=_subscribed(session, channel)
        )
        if namespace.presence == "nobody":
            raise NotAvailable("no presence here")
        if not grant.presence:
            raise PermissionDenied(channel)
        return channel

    async def _history(self, session: Session, command: Command) -> None:
        params = command.params
        channel, since = envelope.text_of(params, "channel"), envelope.since_of(params)
        limit, reverse = envelope.number_of(params, "limit"), params.get("reverse") is True
        namespace, grant = await self._permission.check(
            session.connection.identity, channel, subscribed=_subscribed(session, channel)
        )
        if not namespace.has_history:
            raise NotAvailable("no history here")
        if not grant.history:
            raise PermissionDenied(channel)
        most = min(limit, namespace.history_size)
        async with session.bulk():
            page = await self._streams.read(
                namespace, channel, since=since, limit=most, reverse=reverse
            )
            if since is not None and since.epoch not in ("", page.top.epoch):
                raise UnrecoverablePosition(channel)
            pubs = envelope.publications(page.publications)
            result = {"publications": pubs, "epoch": page.top.epoch, "offset": page.top.offset}
            _reply(session, command, result)

    async def _refresh(self, session: Session, command: Command) -> None:
        connection = session.connection
        before = connection.identity
        identity = self._passport.identify(before.client, envelope.text_of(command.params, "token"))
        if identity.standing != before.standing:
            raise Rejected("another's token")
        connection.renew(identity, left=self._passport.left(identity), now=session.now())
        session.reschedule()
        _reply(session, command, {"client": before.client, **self._passport.lifetime(identity)})
        for channel in list(connection.subscriptions):
            if not self._permission.keeps(identity, channel):
                self._subscribing.end(session, channel, why=UNSUBSCRIBED)

    async def _call(self, session: Session, command: Command) -> None:
        identity = session.connection.identity
        result = await self._dispatcher.call(
            Caller(client=identity.client, claims=identity.claims),
            envelope.text_of(command.params, "method"),
            command.params.get("data"),
        )
        payload = envelope.reply(command.id, command.method, {"data": result})
        if len(payload) <= LARGE:
            session.send(payload)
            return
        async with session.bulk():
            session.send(payload)


def _reply(session: Session, command: Command, result: Mapping[str, Any]) -> None:
    session.send(envelope.reply(command.id, command.method, result))


def _subscribed(session: Session, channel: str) -> bool:
    subscription = session.connection.subscriptions.get(channel)
    return subscription is not None and not subscription.joining


def explain(error: Exception, command: Command) -> ErrorReply:
    """What the client is told of `error`. What is nobody's fault but ours is logged, without what he sent."""
    match error:
        case CommandError():
            return error.reply
        case RequestError():
            return ErrorReply(code=error.code, message=error.detail, temporary=error.temporary)
        case Malformed() | InvalidJSON():
            return InvalidRequest.reply
        case TimeoutError():
            logger.warning("%s overran its deadline", command.method)
        case _:
            logger.error("%s failed", command.method, exc_info=error)
    return InternalError.reply
