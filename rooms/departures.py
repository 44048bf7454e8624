"""Who is in no more: told after the commit to whoever keeps something open for him, his channels or his call."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from protocol import channels

log = logging.getLogger(__name__)

Unsubscribe = Callable[[str, str], Awaitable[None]]
"""The hub's: keep this user (his id) out of this channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Someone left, was removed, or the room has ended for him."""

    room: UUID
    participant: UUID
    person: UUID


Listener = Callable[[Departure], Awaitable[None]]


def closing_channels(unsubscribe: Unsubscribe) -> Listener:
    """A listener that ends the subscriptions which only people inside may have. His own channel stays."""

    async def departed(departure: Departure) -> None:
        for name in (channels.room, channels.signals, channels.call):
            await unsubscribe(str(departure.person), name(departure.room))

    return departed


class Departures:
    """The listeners. One that fails does not keep the others from hearing."""

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Tell `listener` of every departure from now on."""
        self._listeners.append(listener)

    async def tell(self, departures: Iterable[Departure]) -> None:
        """Tell every listener of each."""
        for departure in departures:
            for listener in self._listeners:
                try:
                    await listener(departure)
                except Exception:
                    log.exception("departure not handled", extra={"room": str(departure.room)})
