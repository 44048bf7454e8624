"""When queued messages are written: all of one tick together, one call for each connection."""

import asyncio
from typing import Protocol

CHUNK = 256
"""Connections written to before other work gets its turn: about two milliseconds."""


class Flushable(Protocol):
    """Has something queued."""

    def flush(self) -> None:
        """Write it."""
        ...


class Flusher:
    """Flushes once a tick, or `delay` seconds after the first message."""

    def __init__(self, *, delay: float = 0.0) -> None:
        self._delay = delay
        self._dirty: list[Flushable] = []
        self._scheduled = False

    @property
    def depth(self) -> int:
        """Connections that wait to be flushed."""
        return len(self._dirty)

    def add(self, connection: Flushable) -> None:
        """The connection has something queued, for the first time since it was last flushed."""
        self._dirty.append(connection)
        if self._scheduled:
            return
        self._scheduled = True
        loop = asyncio.get_running_loop()
        if self._delay:
            loop.call_later(self._delay, self._flush)
        else:
            loop.call_soon(self._flush)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty[:CHUNK], self._dirty[CHUNK:]
        self._scheduled = bool(self._dirty)
        if self._scheduled:
            asyncio.get_running_loop().call_soon(self._flush)
        for connection in dirty:
            connection.flush()
