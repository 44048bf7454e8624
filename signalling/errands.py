"""What must be closed on the media worker, and will be: at once, or again and again until the worker has heard it.

Nobody whom we call gone may go on sending or receiving because one request was lost.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from media.control import MediaControl
from media.errors import MediaRefused, MediaUnavailable
from signalling.placement import Placement

log = logging.getLogger(__name__)

TRIES = 5
"""For what the worker hears and does not close: that is a bug of its, which no repetition mends."""

Part = Literal["transport", "producer", "consumer"]


@dataclass(slots=True)
class Errand:
    """One part to close, and how often the worker has refused."""

    room: UUID
    part: Part
    refused: int = 0


class Errands:
    """Parts to close, by their ids. Bounded by what the worker itself can hold."""

    def __init__(self, placement: Placement) -> None:
        self._placement = placement
        self._open: dict[UUID, Errand] = {}

    @property
    def depth(self) -> int:
        """How much has not been closed yet."""
        return len(self._open)

    def add(
        self,
        room: UUID,
        *,
        transports: Iterable[UUID] = (),
        producer: UUID | None = None,
        consumer: UUID | None = None,
    ) -> None:
        """These are to be closed."""
        for transport in transports:
            self._open[transport] = Errand(room, "transport")
        if producer is not None:
            self._open[producer] = Errand(room, "producer")
        if consumer is not None:
            self._open[consumer] = Errand(room, "consumer")

    def clear(self) -> None:
        """The worker is another: there is nothing left to close."""
        self._open.clear()

    async def run(self) -> None:
        """Try each once, in order; what the worker did not hear is kept for the next time."""
        for id, errand in list(self._open.items()):
            try:
                await _close(self._placement.worker_of(errand.room), errand.part, id)
            except MediaUnavailable:
                return
            except MediaRefused as refusal:
                if not _is_done(errand, refusal):
                    continue
            self._open.pop(id, None)


def _is_done(errand: Errand, refusal: MediaRefused) -> bool:
    """Whether there is nothing more to do: it is gone already, or the worker never will."""
    if refusal.slug == "not-found":
        return True
    errand.refused += 1
    given_up = errand.refused >= TRIES
    level = logging.ERROR if given_up else logging.WARNING
    log.log(level, "the worker does not close", extra={"part": errand.part, "slug": refusal.slug})
    return given_up


async def _close(worker: MediaControl, part: Part, id: UUID) -> None:
    if part == "transport":
        await worker.close_transport(str(id))
    elif part == "producer":
        await worker.close_producer(str(id))
    else:
        await worker.close_consumer(str(id))
