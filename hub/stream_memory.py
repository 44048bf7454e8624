"""One channel's history in memory: bounded by count, age and bytes."""

from collections import deque
from itertools import islice
from typing import final

from hub.broker import MAX_BYTES, Retention
from hub.recovery import Page
from protocol.envelope import ClientInfo, Publication, StreamPosition

OVERHEAD = 256
"""Bytes of memory of a kept publication beside its data: three objects, and their place in a deque."""


@final
class Stream:
    """One channel's history. `seen` is when it was last used, `offset` the last one given, `ttl` how long it keeps."""

    __slots__ = ("_kept", "bytes", "epoch", "offset", "seen", "ttl")

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.offset = 0
        self.bytes = 0
        self.seen = 0.0
        self.ttl = 0.0
        self._kept: deque[tuple[float, Publication]] = deque()

    @property
    def top(self) -> StreamPosition:
        """Where it stands."""
        return StreamPosition(offset=self.offset, epoch=self.epoch)

    @property
    def weight(self) -> int:
        """Bytes of memory, more or less."""
        return self.bytes + OVERHEAD * len(self._kept)

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
        self.ttl = retention.ttl
        while len(self._kept) > retention.size or self.bytes > MAX_BYTES:
            self._drop()
        self.expire(now)

    def expire(self, now: float) -> None:
        """Drop what is too old."""
        while self._kept and now - self._kept[0][0] >= self.ttl:
            self._drop()

    def _drop(self) -> None:
        self.bytes -= len(self._kept.popleft()[1].data)

    def page(self, since: StreamPosition | None, limit: int, *, reverse: bool) -> Page:
        """A stretch of what is kept."""
        pubs = (pub for _, pub in (reversed(self._kept) if reverse else self._kept))
        if since is not None:
            at = since.offset
            pubs = (pub for pub in pubs if (pub.offset < at if reverse else pub.offset > at))
        return Page(publications=tuple(pubs if limit < 0 else islice(pubs, limit)), top=self.top)
