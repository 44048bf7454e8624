"""A channel's stream through its namespace's options: publish, read, recover."""

from hub.broker import Broker, Retention
from hub.namespaces import Namespace
from hub.recovery import Page, Recovery, recover
from protocol.envelope import ClientInfo, StreamPosition


class Streams:
    """The broker, asked with the right retention."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def publish(
        self,
        namespace: Namespace,
        channel: str,
        data: bytes,
        *,
        info: ClientInfo | None = None,
        idempotency_key: str = "",
        skip_history: bool = False,
    ) -> StreamPosition:
        """Publish one JSON document, kept as the namespace says."""
        return await self._broker.publish(
            channel,
            data,
            info=info,
            retention=None if skip_history else retention(namespace),
            idempotency_key=idempotency_key,
        )

    async def read(
        self,
        namespace: Namespace,
        channel: str,
        *,
        since: StreamPosition | None,
        limit: int,
        reverse: bool,
    ) -> Page:
        """A stretch of the history; at most what the namespace keeps."""
        kept = retention(namespace)
        if kept is None:
            raise AssertionError("asked only where there is a history")
        return await self._broker.history(
            channel, retention=kept, since=since, limit=limit, reverse=reverse
        )

    async def recover(
        self, namespace: Namespace, channel: str, since: StreamPosition | None
    ) -> tuple[StreamPosition, Recovery]:
        """The stream's top, and what a subscriber from `since` missed (None: he asks for nothing)."""
        wanted = namespace.history_size if since is not None else 0
        after = None if namespace.latest else since
        page = await self.read(namespace, channel, since=after, limit=wanted, reverse=False)
        if since is None:
            return page.top, Recovery(recovered=False)
        return page.top, recover(since, page, latest=namespace.latest)


def retention(namespace: Namespace) -> Retention | None:
    """What the namespace keeps, or None for nothing."""
    if not namespace.has_history:
        return None
    return Retention(size=namespace.history_size, ttl=namespace.history_ttl)
