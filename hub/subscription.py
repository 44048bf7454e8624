"""One connection's subscription to one channel, with its place in the stream."""

from hub.authorizer import Grant
from hub.limits import KIB
from hub.namespaces import Namespace
from hub.outlet import Message, Outlet
from hub.recovery import follows, merge
from protocol.envelope import Publication, StreamPosition

BEHIND = 64 * KIB
"""Bytes not yet taken by a reader, above which he gets no more of what is fleeting: anyone in his room may send it,
and nobody is to throw another out by sending much."""


class Subscription:
    """Begins `joining`: what arrives is buffered until the history was read, then merged and passed on in order.

    `offset` and `epoch` are those of the last publication passed on, where the namespace recovers (`positioned`).
    `revoked` says that the server ended it while it was joining, `present` that presence was told of it, `served` that
    the server began it.
    """

    __slots__ = (
        "_buffer",
        "channel",
        "client",
        "epoch",
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
        self.epoch = ""
        self.revoked = False
        self.present = False
        self.served = False
        self._buffer: list[tuple[Publication, str]] | None = []

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

    def merge(self, top: StreamPosition | None = None) -> list[Publication]:
        """What arrived since the subscription began, after `top` (None: all). Raises Gap. From here on all passes."""
        buffered = self._buffer or []
        following = [pub for pub, _ in buffered] if top is None else list(merge(top, buffered))
        if top is not None:
            self.offset = max([top.offset, *(pub.offset for pub in following)])
            self.epoch = top.epoch
        self._buffer = None
        return following

    def deliver(self, pub: Publication, epoch: str, message: Message) -> None:
        """Pass on the publication that `message` holds, of the stream `epoch`, unless he had it. Raises Gap."""
        if self._buffer is not None:
            self._buffer.append((pub, epoch))
            return
        if pub.offset and self.positioned:
            if not follows(pub, epoch, after=self.offset, of=self.epoch):
                return
            self.offset = pub.offset
        elif self.namespace.fleeting and self.outlet.backlog > BEHIND:
            return
        self.outlet.send(message)
