from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from typing_extensions import override

from media.control import MediaControl
from media.errors import MediaRefused, MediaUnavailable
from signalling.errands import TRIES, Errands

pytestmark = pytest.mark.asyncio

ROOM, FIRST, SECOND, TRACK, HEARD = (uuid4() for _ in range(5))


class Moody(MediaControl):
    """A worker that says what it is told to, then closes."""

    def __init__(self, *moods: Exception) -> None:
        super().__init__("nowhere", on_event=lambda name, fields: None)
        self.moods = list(moods)
        self.closed: list[str] = []

    @override
    async def close_transport(self, transport: str) -> None:
        if self.moods:
            raise self.moods.pop(0)
        self.closed.append(transport)

    @override
    async def close_producer(self, producer: str) -> None:
        await self.close_transport(producer)

    @override
    async def close_consumer(self, consumer: str) -> None:
        await self.close_transport(consumer)


class Placed:
    """Every room on this worker."""

    def __init__(self, worker: MediaControl) -> None:
        self.worker = worker

    def worker_of(self, room: UUID) -> MediaControl:
        assert room == ROOM
        return self.worker

    def listen(self, heard: Callable[[str, Mapping[str, Any]], None]) -> None:
        raise AssertionError("errands hear nothing")


async def test_what_is_not_heard_is_said_again() -> None:
    worker = Moody(MediaUnavailable())
    errands = Errands(Placed(worker))
    errands.add(ROOM, transports=[FIRST, SECOND], producer=TRACK, consumer=HEARD)
    await errands.run()
    assert (errands.depth, worker.closed) == (4, [])
    await errands.run()
    assert (errands.depth, worker.closed) == (0, [str(id) for id in (FIRST, SECOND, TRACK, HEARD)])


async def test_a_refusal_holds_up_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    worker = Moody(MediaRefused("internal"))
    errands = Errands(Placed(worker))
    errands.add(ROOM, transports=[FIRST, SECOND])
    await errands.run()
    assert (errands.depth, worker.closed) == (1, [str(SECOND)])
    assert len(caplog.records) == 1
    await errands.run()
    assert errands.depth == 0


async def test_a_worker_that_is_another_has_nothing_to_close() -> None:
    errands = Errands(Placed(Moody()))
    errands.add(ROOM, transports=[FIRST])
    errands.clear()
    assert errands.depth == 0


async def test_what_the_worker_does_not_have_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    errands = Errands(Placed(Moody(MediaRefused("not-found"))))
    errands.add(ROOM, transports=[FIRST])
    await errands.run()
    assert errands.depth == 0
    assert caplog.records == []


async def test_what_the_worker_never_closes_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    errands = Errands(Placed(Moody(*[MediaRefused("internal")] * (2 * TRIES))))
    errands.add(ROOM, producer=TRACK)
    for _ in range(TRIES):
        assert errands.depth == 1
        await errands.run()
    assert errands.depth == 0
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING"] * (TRIES - 1) + ["ERROR"]
