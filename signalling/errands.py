"""What must be closed on the media worker, and will be: at once, or again and again until the worker has heard it.

Nobody whom we call gone may go on sending or receiving because one request was lost.
"""

import logging
from collections.abc import Iterable
from uuid import UUID

from media.control import MediaControl
from media.errors import MediaRefused, MediaUnavailable
from signalling.placement import Placement

log = logging.getLogger(__name__)


class Errands:
    """Transports and producers to close, each with its room. Bounded by what the worker itself can hold."""

    def __init__(self, placement: Placement) -> None:
        self._placement = placement
        self._open: dict[UUID, tuple[UUID, str]] = {}

    @property
    def depth(self) -> int:
        """How much has not been closed yet."""
        return len(self._open)

    def add(
        self, room: UUID, *, transports: Iterable[UUID] = (), producer: UUID | None = None
    ) -> None:
        """These are to be closed."""
        for transport in transports:
            self._open[transport] = (room, "transport")
        if producer is not None:
            self._open[producer] = (room, "producer")

    def clear(self) -> None:
        """The worker is another: there is nothing left to close."""
        self._open.clear()

    async def run(self) -> None:
        """Try each once, in order; what the worker does not confirm is kept for the next time."""
        for id, (room, part) in list(self._open.items()):
            try:
                await _close(self._placement.worker_of(room), part, id)
            except MediaUnavailable:
                return
            except MediaRefused as refusal:
                log.error("the worker does not close", extra={"part": part, "slug": refusal.slug})
                continue
            self._open.pop(id, None)


async def _close(worker: MediaControl, part: str, id: UUID) -> None:
    if part == "transport":
        await worker.close_transport(str(id))
    else:
        await worker.close_producer(str(id))
