"""The broker of a single process: histories in memory, publications passed on before `publish` returns.

Histories are bounded by count, age and bytes, each and together. A stream that was silent for a month, or whose place
is needed, is forgotten whole, and begins again under a new epoch. What is too old goes within a minute, whether or not
anybody asks for it.
"""

import asyncio
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import final

from hub.broker import IDEMPOTENCY_TTL, Receiver, Retention
from hub.recovery import Page
from hub.stream_memory import Stream
from protocol.envelope import ClientInfo, Publication, StreamPosition

FORGET = 31 * 86_400.0
"""Seconds of silence after which a stream's place is forgotten: longer than any history's time."""

MAX_STREAMS = 100_000
MAX_KEYS = 100_000

MAX_WEIGHT = 256 * 1024 * 1024
"""Bytes of memory of all histories together: what a gateway in a container of 1 GiB can spare beside its sockets."""

ROUND = 60
"""Seconds in which every stream is looked at once for what is too old: a part of them each second, so that a hundred
thousand take no longer at a time than a publication to a crowd."""


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
        self._weight = 0
        self._round: deque[tuple[str, str]] = deque()
        self._turning: asyncio.TimerHandle | None = None

    async def start(self, receiver: Receiver) -> None:
        """Begin with nothing, under new epochs."""
        self._receiver = receiver
        self._streams.clear()
        self._round.clear()
        self._weight = 0
        self._keys.clear()
        self._epoch = secrets.token_urlsafe(6)
        self._rest()
        self._tick()

    async def stop(self) -> None:
        """Pass on nothing more."""
        self._receiver = None
        self._channels.clear()
        self._rest()

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
            with self._weighed(stream):
                pub, position = stream.append(data, info, retention, now), stream.top
            self._make_room()
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
        with self._weighed(stream):
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
            if stream is not None:
                self._evict(channel)
            stream = self._streams[channel] = Stream(f"{self._epoch}.{self._born}")
            self._round.append((channel, stream.epoch))
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
            self._evict(name)

    def _make_room(self) -> None:
        """Let go of the streams that were silent the longest while all together are too much; never of the last one."""
        while self._weight > MAX_WEIGHT and len(self._streams) > 1:
            self._evict(next(iter(self._streams)))

    def _evict(self, channel: str) -> None:
        self._weight -= self._streams.pop(channel).weight

    @contextmanager
    def _weighed(self, stream: Stream) -> Iterator[None]:
        """Keep the weight of all while that of one changes."""
        before = stream.weight
        yield
        self._weight += stream.weight - before

    # What time does

    def _tick(self) -> None:
        self.turn()
        self._turning = asyncio.get_running_loop().call_later(1.0, self._tick)

    def turn(self) -> None:
        """Let go of what is too old in a second's part of the streams. While it is started it does so by itself."""
        now = self._clock()
        self._forget(now)
        for _ in range(-(-len(self._round) // ROUND)):
            self._look(*self._round.popleft(), now)

    def _look(self, channel: str, epoch: str, now: float) -> None:
        stream = self._streams.get(channel)
        if stream is None or stream.epoch != epoch:
            return  # forgotten: its turns end
        with self._weighed(stream):
            stream.expire(now)
        self._round.append((channel, epoch))

    def _rest(self) -> None:
        if self._turning is not None:
            self._turning.cancel()
            self._turning = None

    def _known(self, channel: str, key: str, now: float) -> StreamPosition | None:
        keys = self._keys
        while keys and (
            len(keys) >= MAX_KEYS or now - next(iter(keys.values()))[0] >= IDEMPOTENCY_TTL
        ):
            keys.popitem(last=False)
        held = keys.get((channel, key)) if key else None
        return held[1] if held else None
