"""One connection's subscription to one channel, with its place in the stream."""

from hub.authorizer import Grant
from hub.namespaces import Namespace
from hub.outlet import Message, Outlet
from hub.recovery import Gap, merge
from protocol.envelope import Publication


class Subscription:
    """Begins `joining`: what arrives is buffered until the history was read, then merged and passed on in order.

    `offset` is that of the last publication passed on; it counts where the namespace recovers (`positioned`).
    `revoked` says that the server ended it while it was joining, `present` that presence was told of it, `served` that
    the server began it.
    """

    __slots__ = (
        "_buffer",
        "channel",
        "client",
        "grant",
        "namespace",
        "offset",
        "outlet",
        "present",
        "revoked",
        "served",
    )

    def __init__(self, channel: str, *, client: str, outlet: Outlet) -> None:
        self.channel = channel
        self.client = client
        self.outlet = outlet
        self.grant = Grant()
        self.namespace = Namespace(name="")
        self.offset = 0
        self.revoked = False
        self.present = False
        self.served = False
        self._buffer: list[Publication] | None = []

    @property
    def joining(self) -> bool:
        """Whether the subscriber has had no reply yet."""
        return self._buffer is not None

    @property
    def buffered(self) -> int:
        """Publications that wait for the reply."""
        return len(self._buffer or ())

    @property
    def positioned(self) -> bool:
        """Whether it must miss no offset."""
        return self.namespace.recovery

    def merge(self, top: int) -> list[Publication]:
        """What arrived after `top` since the subscription began. Raises Gap. From here on all is passed on."""
        buffered = self._buffer or []
        following = list(merge(top, buffered)) if self.positioned else buffered
        self.offset = max([top, *(pub.offset for pub in following)])
        self._buffer = None
        return following

    def deliver(self, pub: Publication, message: Message) -> None:
        """Pass on the publication that `message` holds, unless the subscriber had it. Raises Gap."""
        if self._buffer is not None:
            self._buffer.append(pub)
            return
        offset = pub.offset
        if offset and self.namespace.recovery:
            if offset <= self.offset:
                return
            if offset != self.offset + 1:
                raise Gap(f"{self.offset} is followed by {offset}")
            self.offset = offset
        self.outlet.send(message)
