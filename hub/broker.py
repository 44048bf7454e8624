"""How publications travel between processes, and the history they leave: the interface, and its vocabulary.

A broker takes a publication, gives it the channel's next offset, keeps it as long as its retention says, and hands it
to the receiver of every process that is subscribed to the channel, in order. Implementations stand beside this file;
tests/hub/test_brokers.py says what each must do.
"""

from dataclasses import dataclass
from typing import Protocol

from hub.recovery import Page
from protocol.envelope import ClientInfo, Publication, StreamPosition

MAX_BYTES = 512 * 1024
"""Of one channel's history: what does not fit cannot be recovered, and recovery never overflows a connection."""

IDEMPOTENCY_TTL = 300.0
"""Seconds for which a publication's idempotency key is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How much of a channel is kept: the last `size` publications, each for `ttl` seconds."""

    size: int
    ttl: float


class Receiver(Protocol):
    """What the broker tells the process. None of it blocks or raises."""

    def publication(self, channel: str, pub: Publication, epoch: str) -> None:
        """A publication; `epoch` is its stream's, "" for one that stands in no history."""
        ...

    def joined(self, channel: str, info: ClientInfo) -> None:
        """Someone subscribed, here or elsewhere."""
        ...

    def left(self, channel: str, info: ClientInfo) -> None:
        """Someone is no longer subscribed, here or elsewhere."""
        ...

    def order(self, data: bytes) -> None:
        """What one hub asks of all of them, itself included."""
        ...


class Broker(Protocol):
    """Publications, histories and orders. What goes wrong raises RequestError (temporary) or is a bug."""

    @property
    def name(self) -> str:
        """For people: which broker this is."""
        ...

    async def start(self, receiver: Receiver) -> None:
        """Begin to pass on what is published. A new start may begin new epochs."""
        ...

    async def stop(self) -> None:
        """Pass on nothing more."""
        ...

    async def subscribe(self, channel: str) -> None:
        """This process wants the channel: when this returns, it misses nothing any more."""
        ...

    async def unsubscribe(self, channel: str) -> None:
        """This process wants the channel no more."""
        ...

    async def publish(
        self,
        channel: str,
        data: bytes,
        *,
        info: ClientInfo | None = None,
        retention: Retention | None = None,
        idempotency_key: str = "",
    ) -> StreamPosition:
        """Publish one JSON document; without retention it is not kept and has offset 0.

        The same key again within 300 s publishes nothing and returns the first position.
        """
        ...

    async def joined(self, channel: str, info: ClientInfo) -> None:
        """Tell every process that someone subscribed."""
        ...

    async def left(self, channel: str, info: ClientInfo) -> None:
        """Tell every process that someone is no longer subscribed."""
        ...

    async def order(self, data: bytes) -> None:
        """Tell every hub what to do."""
        ...

    async def history(
        self,
        channel: str,
        *,
        retention: Retention,
        since: StreamPosition | None = None,
        limit: int = -1,
        reverse: bool = False,
    ) -> Page:
        """What is kept: after `since.offset` (before it, reversed), at most `limit` (-1: all, 0: the top alone).

        Whether `since.epoch` is the stream's is for the caller to compare.
        """
        ...

    def statistics(self) -> dict[str, int]:
        """Depths, by name."""
        ...
