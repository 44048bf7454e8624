"""Subscriptions begin and end here: authorised, joined to the stream without a gap, present, gone."""

import asyncio
from dataclasses import dataclass
from typing import Any

from hub.broker import Broker
from hub.errors import (
    AlreadySubscribed,
    InternalError,
    LimitExceeded,
    PermissionDenied,
    UnrecoverablePosition,
)
from hub.fanout import Fanout
from hub.limits import Limits
from hub.namespaces import Namespace
from hub.permission import Permission
from hub.presence import Presence
from hub.recovery import Gap, Recovery
from hub.session import Session
from hub.streams import Streams
from hub.subscription import Subscription
from hub.tasks import Tasks
from protocol import envelope
from protocol.disconnects import Unsubscription
from protocol.envelope import ClientInfo, Publication, StreamPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A subscription that begins with the reply that holds `result`; `following` is pushed right behind it."""

    subscription: Subscription
    result: dict[str, Any]
    following: list[Publication]

    def push(self, session: Session) -> None:
        """Push what arrived while the history was read."""
        for pub in self.following:
            session.send(envelope.publication_push(self.subscription.channel, pub))


class Subscribing:
    """Begins and ends subscriptions of sessions."""

    def __init__(
        self,
        *,
        broker: Broker,
        presence: Presence,
        permission: Permission,
        fanout: Fanout,
        tasks: Tasks,
        limits: Limits,
    ) -> None:
        self._broker = broker
        self._streams = Streams(broker)
        self._presence = presence
        self._permission = permission
        self._fanout = fanout
        self._tasks = tasks
        self._limits = limits

    async def begin(
        self, session: Session, channel: str, *, since: StreamPosition | None, strict: bool
    ) -> Joined:
        """Subscribe a client to the channel he asked for.

        `since` asks for recovery, `strict` for an error where that is impossible. The caller replies before anything
        else runs. Raises CommandError, and then nothing was subscribed.
        """
        subscription = self._enter(session, channel)
        try:
            subscription.namespace, subscription.grant = await self._permission.check(
                session.connection.identity, channel, subscribed=False
            )
            if since is None:
                joined = await self._join(subscription, None, strict=strict)
            else:
                async with session.bulk():
                    joined = await self._join(subscription, since, strict=strict)
            if subscription.revoked:
                raise PermissionDenied(channel)
        except BaseException:
            self._leave(session, subscription)
            raise
        return joined

    async def serve(
        self, session: Session, namespace: Namespace, channel: str, since: StreamPosition | None
    ) -> Joined:
        """Subscribe a client to a channel of the server's choice. Raises CommandError as `begin`."""
        subscription = self._enter(session, channel)
        subscription.namespace, subscription.served = namespace, True
        try:
            return await self._join(subscription, since, strict=False)
        except BaseException:
            self._leave(session, subscription)
            raise

    def _enter(self, session: Session, channel: str) -> Subscription:
        """Take a place among the connection's channels, to be found, counted and revoked from now on."""
        subscriptions = session.connection.subscriptions
        if channel in subscriptions:
            raise AlreadySubscribed(channel)
        if len(subscriptions) >= self._limits.channels:
            raise LimitExceeded(channel)
        client = session.connection.identity.client
        subscription = Subscription(channel, client=client, outlet=session.outlet)
        subscriptions[channel] = subscription
        return subscription

    async def _join(
        self, subscription: Subscription, since: StreamPosition | None, *, strict: bool
    ) -> Joined:
        """Attach first, then read, then merge: nothing is missed in between. Does not pause after the merge."""
        await self._fanout.attach(subscription)
        if not subscription.positioned:
            following = subscription.merge()
            return Joined(subscription=subscription, result={}, following=following)
        top, recovery = await self._streams.recover(
            subscription.namespace, subscription.channel, since
        )
        if since is not None and strict and not recovery.recovered:
            raise UnrecoverablePosition(subscription.channel)
        try:
            following = subscription.merge(top)
        except Gap as gap:
            raise InternalError("a gap while joining") from gap
        result = _result(top, recovery, asked=since is not None)
        return Joined(subscription=subscription, result=result, following=following)

    async def announce(self, session: Session, subscription: Subscription) -> None:
        """After the reply: the subscriber is present, and those who may know are told."""
        namespace, info = subscription.namespace, session.connection.identity.info
        if namespace.presence == "nobody":
            return
        subscription.present = True
        await self._presence.add(subscription.channel, info)
        if not _holds(session, subscription):
            await self._presence.remove(subscription.channel, info)
        elif namespace.join_leave:
            await self._broker.joined(subscription.channel, info)

    def end(
        self, session: Session, channel: str, *, why: Unsubscription | None = None
    ) -> asyncio.Task[None] | None:
        """End the subscription, if there is one; `why` is told to the client where the server ends it.

        The task, if any, ends his presence.
        """
        subscription = session.connection.subscriptions.get(channel)
        if subscription is None:
            return None
        if subscription.joining:
            subscription.revoked = True  # whoever is joining it ends it, and refuses
            return None
        task = self._leave(session, subscription)
        if why is not None:
            session.send(envelope.unsubscribe_push(channel, why))
        return task

    def end_all(self, session: Session) -> None:
        """The connection is over."""
        for subscription in list(session.connection.subscriptions.values()):
            self._leave(session, subscription)

    def _leave(self, session: Session, subscription: Subscription) -> asyncio.Task[None] | None:
        if not _holds(session, subscription):
            return None
        del session.connection.subscriptions[subscription.channel]
        self._fanout.detach(subscription)
        if not subscription.present:
            return None
        return self._tasks.spawn(self._absent(subscription, session.connection.identity.info))

    async def _absent(self, subscription: Subscription, info: ClientInfo) -> None:
        await self._presence.remove(subscription.channel, info)
        if subscription.namespace.join_leave:
            await self._broker.left(subscription.channel, info)


def _holds(session: Session, subscription: Subscription) -> bool:
    return session.connection.subscriptions.get(subscription.channel) is subscription


def _result(top: StreamPosition, recovery: Recovery, *, asked: bool) -> dict[str, Any]:
    result: dict[str, Any] = {
        "recoverable": True,
        "positioned": True,
        "epoch": top.epoch,
        "offset": top.offset,
    }
    if asked:
        result |= {"was_recovering": True, "recovered": recovery.recovered}
    if recovery.publications:
        result["publications"] = envelope.publications(recovery.publications)
    return result
