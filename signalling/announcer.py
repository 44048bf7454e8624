"""Publishes the state of calls: always the newest, in order, again where the broker was away. The next replaces it,
so it goes straight to the broker, past the outbox.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

from protocol import channels
from protocol.codec import encode
from protocol.errors import RequestError
from protocol.pushes import CallChanged, Caller

log = logging.getLogger(__name__)

RETRY = 1.0
"""Seconds between attempts while the broker is away."""


class Publish(Protocol):
    """The hub's."""

    def __call__(
        self, channel: str, data: bytes, *, idempotency_key: str = ""
    ) -> Awaitable[object]:
        """Publish one JSON document."""
        ...


class Announcer:
    """Numbers the states and tells them. `epoch` makes a word that no other gateway, and no other life, has."""

    def __init__(self, *, epoch: Callable[[], str], retry: float = RETRY) -> None:
        self._make_epoch = epoch
        self._retry = retry
        self._epoch = epoch()
        self._version = 0
        self._untold: dict[UUID, CallChanged] = {}
        self._news = asyncio.Event()

    def new_epoch(self) -> None:
        """What was before is void: whoever sees the new epoch starts anew."""
        self._epoch = self._make_epoch()

    def state(self, room: UUID, callers: tuple[Caller, ...]) -> CallChanged:
        """The state as it stands: as good as the last one told."""
        return CallChanged(room=room, epoch=self._epoch, version=self._version, callers=callers)

    def tell(self, room: UUID, callers: tuple[Caller, ...]) -> None:
        """The state has changed. One counter for all rooms: it never goes back, also when a call is forgotten."""
        self._version += 1
        self._untold[room] = self.state(room, callers)
        self._news.set()

    async def run(self, publish: Publish) -> None:
        """Publish what is told, until cancelled. At most one state a room is kept."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._untold:
                room = next(iter(self._untold))
                change = self._untold.pop(room)
                if not await _told(publish, change):
                    self._untold.setdefault(room, change)  # a newer one may have come
                    await asyncio.sleep(self._retry)


async def _told(publish: Publish, change: CallChanged) -> bool:
    key = f"{change.epoch}:{change.version}"
    try:
        await publish(channels.call(change.room), encode(change), idempotency_key=key)
    except RequestError as error:
        log.warning("call state not published", extra={"slug": error.slug})
        return False
    return True
