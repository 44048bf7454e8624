"""From a publication to the connections of this process that have its channel: encoded once, framed once."""

import asyncio
import logging
from collections.abc import Callable

from hub.broker import Broker
from hub.outlet import Message
from hub.recovery import Gap
from hub.subscription import Subscription
from hub.tasks import Tasks
from protocol.envelope import ClientInfo, Publication, join_push, leave_push, publication_push

logger = logging.getLogger(__name__)

Lost = Callable[[Subscription], None]
"""Told of a subscription that missed a publication and must begin anew."""


class Channel:
    """The subscriptions to one channel in this process, by connection, and whether the broker knows of them."""

    __slots__ = ("attached", "changing", "name", "subscriptions")

    def __init__(self, name: str) -> None:
        self.name = name
        self.subscriptions: dict[str, Subscription] = {}
        self.attached = False
        self.changing = asyncio.Lock()


class Fanout:
    """The local side of a broker. `lost` is called for each subscription that has a gap."""

    def __init__(self, broker: Broker, tasks: Tasks, *, lost: Lost) -> None:
        self._broker = broker
        self._tasks = tasks
        self._lost = lost
        self._channels: dict[str, Channel] = {}

    async def attach(self, subscription: Subscription) -> None:
        """From the return of this on, the subscription receives (or buffers) all that is published."""
        name = subscription.channel
        channel = self._channels.setdefault(name, Channel(name))
        channel.subscriptions[subscription.client] = subscription
        async with channel.changing:
            if not channel.attached:
                await self._broker.subscribe(name)
                channel.attached = True

    def detach(self, subscription: Subscription) -> None:
        """The subscription receives nothing more. The broker is told when it was the channel's last."""
        channel = self._channels.get(subscription.channel)
        if channel is None or channel.subscriptions.get(subscription.client) is not subscription:
            return
        del channel.subscriptions[subscription.client]
        if not channel.subscriptions:
            _ = self._tasks.spawn(self._release(channel))

    async def _release(self, channel: Channel) -> None:
        async with channel.changing:
            if channel.subscriptions:
                return
            if channel.attached:
                await self._broker.unsubscribe(channel.name)
                channel.attached = False
            if not channel.subscriptions and self._channels.get(channel.name) is channel:
                del self._channels[channel.name]

    # What the broker tells

    def publication(self, channel: str, pub: Publication, epoch: str) -> None:
        """Pass on a publication of the stream `epoch`."""
        known = self._channels.get(channel)
        if known is None:
            return
        message = Message(publication_push(channel, pub))
        behind: list[Subscription] = []
        for subscription in known.subscriptions.values():
            try:
                subscription.deliver(pub, epoch, message)
            except Gap:
                behind.append(subscription)
        for subscription in behind:
            logger.warning("a subscription to %s missed a publication", channel.partition(":")[0])
            self._lost(subscription)

    def joined(self, channel: str, info: ClientInfo) -> None:
        """Tell those who may know that someone subscribed."""
        self._tell(channel, Message(join_push(channel, info)))

    def left(self, channel: str, info: ClientInfo) -> None:
        """Tell those who may know that someone is no longer subscribed."""
        self._tell(channel, Message(leave_push(channel, info)))

    def _tell(self, channel: str, message: Message) -> None:
        known = self._channels.get(channel)
        for subscription in known.subscriptions.values() if known else ():
            if subscription.grant.join_leave and not subscription.joining:
                subscription.outlet.send(message)

    def statistics(self) -> dict[str, int]:
        """Channels, subscriptions, and publications that wait for a subscription's reply."""
        subscriptions = [
            sub for channel in self._channels.values() for sub in channel.subscriptions.values()
        ]
        return {
            "channels": len(self._channels),
            "subscriptions": len(subscriptions),
            "buffered": sum(sub.buffered for sub in subscriptions),
        }
