"""The broker of a single process: histories in memory, publications passed on before `publish` returns.

Histories are bounded by count, age and bytes. A stream that was silent for a week, or whose place is needed, is
forgotten whole, and begins again under a new epoch.
"""

import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import islice
from typing import final

from hub.broker import IDEMPOTENCY_TTL, MAX_BYTES, Receiver, Retention
from hub.recovery import Page
from protocol.envelope import ClientInfo, Publication, StreamPosition

FORGET = 7 * 86_400.0
"""Seconds of silence after which a stream's place is forgotten: longer than any client stays away and comes back."""

MAX_STREAMS = 100_000
MAX_KEYS = 100_000


@final
class Stream:
    """One channel's history. `seen` is when it was last used, `offset` the last one given."""

    __slots__ = ("_kept", "bytes", "epoch", "offset", "seen")

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.offset = 0
        self.bytes = 0
        self.seen = 0.0
        self._kept: deque[tuple[float, Publication]] = deque()

    @property
    def top(self) -> StreamPosition:
        """Where it stands."""
        return StreamPosition(offset=self.offset, epoch=self.epoch)

    def append(
        self, data: bytes, info: ClientInfo | None, retention: Retention, now: float
    ) -> Publication:
        """The next publication, kept as far as the bounds allow."""
        self.offset += 1
        pub = Publication(data=data, offset=self.offset, info=info)
        self._kept.append((now, pub))
        self.bytes += len(data)
        self.trim(retention, now)
        return pub

    def trim(self, retention: Retention, now: float) -> None:
        """Drop what is too old, too many or too much."""
        kept = self._kept
        while kept and (
            len(kept) > retention.size
            or self.bytes > MAX_BYTES
            or now - kept[0][0] >= retention.ttl
        ):
            self.bytes -= len(kept.popleft()[1].data)

    def page(self, since: StreamPosition | None, limit: int, *, reverse: bool) -> Page:
        """A stretch of what is kept."""
        pubs = (pub for _, pub in (reversed(self._kept) if reverse else self._kept))
        if since is not None:
            at = since.offset
            pubs = (pub for pub in pubs if (pub.offset < at if reverse else pub.offset > at))
        return Page(publications=tuple(pubs if limit < 0 else islice(pubs, limit)), top=self.top)


@final
class MemoryBroker:
    """A Broker of one process. `clock` gives seconds of a steady clock."""

    name = "in-process"

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._receiver: Receiver | None = None
        self._channels: set[str] = set()
        self._streams: OrderedDict[str, Stream] = OrderedDict()
        self._keys: OrderedDict[tuple[str, str], tuple[float, StreamPosition]] = OrderedDict()
        self._epoch = ""
        self._born = 0

    async def start(self, receiver: Receiver) -> None:
        """Begin with nothing, under new epochs."""
        self._receiver = receiver
        self._streams.clear()
        self._keys.clear()
        self._epoch = secrets.token_urlsafe(6)

    async def stop(self) -> None:
        """Pass on nothing more."""
        self._receiver = None
        self._channels.clear()

    async def subscribe(self, channel: str) -> None:
        """The process wants the channel."""
        self._channels.add(channel)

    async def unsubscribe(self, channel: str) -> None:
        """The process wants the channel no more."""
        self._channels.discard(channel)

    async def publish(
        self,
        channel: str,
        data: bytes,
        *,
        info: ClientInfo | None = None,
        retention: Retention | None = None,
        idempotency_key: str = "",
    ) -> StreamPosition:
        """Keep and pass on one JSON document."""
        now = self._clock()
        known = self._known(channel, idempotency_key, now)
        if known is not None:
            return known
        if retention is None:
            pub, position = Publication(data=data, info=info), StreamPosition(offset=0, epoch="")
        else:
            stream = self._stream(channel, now)
            pub, position = stream.append(data, info, retention, now), stream.top
        if idempotency_key:
            self._keys[channel, idempotency_key] = (now, position)
        if self._receiver is not None and channel in self._channels:
            self._receiver.publication(channel, pub, position.epoch)
        return position

    async def joined(self, channel: str, info: ClientInfo) -> None:
        """Pass it on."""
        if self._receiver is not None and channel in self._channels:
            self._receiver.joined(channel, info)

    async def left(self, channel: str, info: ClientInfo) -> None:
        """Pass it on."""
        if self._receiver is not None and channel in self._channels:
            self._receiver.left(channel, info)

    async def order(self, data: bytes) -> None:
        """Pass it on."""
        if self._receiver is not None:
            self._receiver.order(data)

    async def history(
        self,
        channel: str,
        *,
        retention: Retention,
        since: StreamPosition | None = None,
        limit: int = -1,
        reverse: bool = False,
    ) -> Page:
        """Read what is kept."""
        now = self._clock()
        stream = self._stream(channel, now)
        stream.trim(retention, now)
        return stream.page(since, limit, reverse=reverse)

    def statistics(self) -> dict[str, int]:
        """Channels wanted, streams and their bytes, idempotency keys."""
        return {
            "channels": len(self._channels),
            "streams": len(self._streams),
            "history_bytes": sum(stream.bytes for stream in self._streams.values()),
            "idempotency_keys": len(self._keys),
        }

    def _stream(self, channel: str, now: float) -> Stream:
        """The channel's stream, born when first asked for: its readers need an epoch to come back with."""
        stream = self._streams.get(channel)
        if stream is None or now - stream.seen > FORGET:
            self._born += 1
            stream = self._streams[channel] = Stream(f"{self._epoch}.{self._born}")
        stream.seen = now
        self._streams.move_to_end(channel)
        self._forget(now)
        return stream

    def _forget(self, now: float) -> None:
        """Let go of the streams that were silent the longest."""
        while self._streams:
            name, oldest = next(iter(self._streams.items()))
            if len(self._streams) <= MAX_STREAMS and now - oldest.seen <= FORGET:
                return
            del self._streams[name]

    def _known(self, channel: str, key: str, now: float) -> StreamPosition | None:
        keys = self._keys
        while keys and (
            len(keys) >= MAX_KEYS or now - next(iter(keys.values()))[0] >= IDEMPOTENCY_TTL
        ):
            keys.popitem(last=False)
        held = keys.get((channel, key)) if key else None
        return held[1] if held else None
