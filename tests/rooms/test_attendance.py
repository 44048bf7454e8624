import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from typing_extensions import override

from hub.authorizer import Identity
from persistence.errors import DatabaseUnavailable
from persistence.postgres import SYSTEM, Database
from rooms import repository
from rooms.admission import Admission
from rooms.attendance import Attendance, Ended, Rhythm
from rooms.closing import Closing
from tests.conftest import Clock
from tests.rooms.conftest import Seconds
from tests.rooms.people import House
from tests.rooms.test_admission import both_inside

RHYTHM = Rhythm(tick=0.01)


@asynccontextmanager
async def running(attendance: Attendance) -> AsyncIterator[None]:
    task = asyncio.get_running_loop().create_task(attendance.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await holds():
            await asyncio.sleep(0.01)


class TestWithTheDatabase:
    pytestmark: ClassVar = [pytest.mark.integration, pytest.mark.asyncio]

    @pytest_asyncio.fixture
    async def attendance(
        self, closing: Closing, clock: Clock, seconds: Seconds
    ) -> AsyncIterator[Attendance]:
        attendance = Attendance(closing=closing, clock=clock, seconds=seconds, rhythm=RHYTHM)
        async with running(attendance):
            yield attendance

    @pytest.fixture
    def state(self, database: Database, room: UUID) -> Callable[[], Awaitable[str]]:
        async def state() -> str:
            async with database.transaction(SYSTEM) as tx:
                return (await repository.seats(tx, room))[-1].participant.state

        return state

    async def test_a_page_that_is_gone_waits_no_longer(
        self,
        attendance: Attendance,
        admission: Admission,
        house: House,
        room: UUID,
        clock: Clock,
        seconds: Seconds,
        state: Callable[[], Awaitable[str]],
    ) -> None:
        me = (await admission.enter(house.client, room)).me
        assert me is not None
        attendance.entered("one", room=room, participant=me.id)
        attendance.entered("two", room=room, participant=me.id)
        attendance.gone(Identity(client="one"))
        assert not attendance._due
        clock.advance(seconds=1)
        attendance.gone(Identity(client="two"))
        seconds.now += RHYTHM.grace - 0.1
        await asyncio.sleep(0.05)
        assert await state() == "waiting"
        seconds.now += 0.1

        async def left() -> bool:
            return await state() == "left"

        await until(left)
        assert not attendance._rooms
        assert not attendance._due
        assert not attendance._clients

    async def test_a_reload_within_the_grace_goes_on_waiting(
        self,
        attendance: Attendance,
        admission: Admission,
        house: House,
        room: UUID,
        clock: Clock,
        seconds: Seconds,
        state: Callable[[], Awaitable[str]],
    ) -> None:
        me = (await admission.enter(house.client, room)).me
        assert me is not None
        attendance.entered("one", room=room, participant=me.id)
        attendance.gone(Identity(client="one"))
        seconds.now += 4
        clock.advance(seconds=4)
        await admission.enter(house.client, room)
        attendance.entered("two", room=room, participant=me.id)
        seconds.now += 60
        clock.advance(seconds=58)

        async def renewed() -> bool:
            async with admission._database.transaction(SYSTEM) as tx:
                seat = await repository.seat(tx, me.id)
            assert seat is not None
            assert seat.waiting_until is not None
            return (seat.waiting_until - clock.now).total_seconds() == 60

        await until(renewed)
        clock.advance(seconds=58)
        seconds.now += RHYTHM.sweep
        await asyncio.sleep(0.05)
        assert await state() == "waiting"

    async def test_those_inside_keep_their_places(
        self,
        attendance: Attendance,
        admission: Admission,
        house: House,
        room: UUID,
        seconds: Seconds,
        state: Callable[[], Awaitable[str]],
    ) -> None:
        _, client = await both_inside(admission, house, room)
        attendance.entered("one", room=room, participant=client)
        attendance.gone(Identity(client="one"))
        seconds.now += 6

        async def forgotten() -> bool:
            return not attendance._rooms

        await until(forgotten)
        await asyncio.sleep(0.05)
        assert await state() == "admitted"

    async def test_after_a_crash_the_first_sweep_finds_who_is_gone(
        self,
        closing: Closing,
        admission: Admission,
        house: House,
        room: UUID,
        clock: Clock,
        state: Callable[[], Awaitable[str]],
    ) -> None:
        await admission.enter(house.client, room)
        clock.advance(seconds=61)

        async def left() -> bool:
            return await state() == "left"

        restarted = Attendance(closing=closing, clock=clock, seconds=Seconds(), rhythm=RHYTHM)
        async with running(restarted):
            await until(left)


class Unreachable(Closing):
    """Every other attempt finds no database."""

    def __init__(self) -> None:
        self.renewed: list[Sequence[UUID]] = []
        self.dismissed: list[UUID] = []
        self.attempts = 0

    @override
    async def sweep(self) -> None:
        self.attempts += 1
        raise DatabaseUnavailable

    @override
    async def renew(self, participants: Sequence[UUID]) -> None:
        self.renewed.append(participants)
        raise DatabaseUnavailable

    @override
    async def dismiss(self, room: UUID, participant: UUID, *, unvouched_since: datetime) -> None:
        self.dismissed.append(participant)
        raise DatabaseUnavailable


@pytest.mark.asyncio
async def test_a_database_that_is_away_is_asked_again(clock: Clock, seconds: Seconds) -> None:
    closing, one = Unreachable(), uuid4()
    attendance = Attendance(closing=closing, clock=clock, seconds=seconds, rhythm=RHYTHM)
    attendance.entered("a", room=uuid4(), participant=one)
    async with running(attendance):

        async def tried() -> bool:
            seconds.now += RHYTHM.renew
            return closing.attempts >= 3 and len(closing.renewed) >= 2

        await until(tried)
    assert closing.renewed[0] == [one]


class Slow(Closing):
    """Somebody acts during each dismissal."""

    def __init__(self) -> None:
        self.dismissed: list[UUID] = []
        self.meanwhile: Callable[[], None] = lambda: None

    @override
    async def sweep(self) -> None:
        pass

    @override
    async def renew(self, participants: Sequence[UUID]) -> None:
        pass

    @override
    async def dismiss(self, room: UUID, participant: UUID, *, unvouched_since: datetime) -> None:
        self.dismissed.append(participant)
        self.meanwhile()
        await asyncio.sleep(0)


@pytest.mark.asyncio
@pytest.mark.parametrize("acts", ["enters", "enters and goes", "leaves"])
async def test_who_acts_while_another_is_dismissed_is_not_dismissed_with_him(
    clock: Clock, seconds: Seconds, acts: str
) -> None:
    closing, room, first, second = Slow(), uuid4(), uuid4(), uuid4()
    attendance = Attendance(closing=closing, clock=clock, seconds=seconds, rhythm=RHYTHM)
    for client, participant in (("one", first), ("two", second)):
        attendance.entered(client, room=room, participant=participant)
        attendance.gone(Identity(client=client))

    def meanwhile() -> None:
        closing.meanwhile = lambda: None
        if acts == "leaves":
            attendance.left(second)
            return
        attendance.entered("three", room=room, participant=second)
        if acts == "enters and goes":
            attendance.gone(Identity(client="three"))

    closing.meanwhile = meanwhile
    seconds.now += RHYTHM.grace
    await attendance._dismiss_due(seconds.now)
    assert closing.dismissed == [first]
    assert (second in attendance._rooms) == (acts != "leaves")

    attendance.gone(Identity(client="three"))
    seconds.now += RHYTHM.grace
    await attendance._dismiss_due(seconds.now)
    assert closing.dismissed == ([first] if acts == "leaves" else [first, second])
    assert not attendance._rooms
    assert not attendance._due


class Broken(Unreachable):
    """A bug, whose words quote somebody."""

    @override
    async def sweep(self) -> None:
        self.attempts += 1
        raise KeyError("Ana Lindqvist")


@pytest.mark.asyncio
async def test_a_bug_in_a_sweep_is_told_and_ends_nothing(
    clock: Clock, seconds: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    closing = Broken()
    attendance = Attendance(closing=closing, clock=clock, seconds=seconds, rhythm=RHYTHM)
    async with running(attendance):

        async def tried() -> bool:
            seconds.now += RHYTHM.sweep
            return closing.attempts >= 3

        await until(tried)
    told = caplog.records[0]
    assert (told.levelname, told.error) == ("ERROR", "KeyError")  # type: ignore[attr-defined]
    assert told.at.startswith("test_attendance.py:")  # type: ignore[attr-defined]
    assert "Lindqvist" not in caplog.text + str([record.__dict__ for record in caplog.records])


def test_a_call_that_outlives_its_connection_vouches_for_nobody(
    clock: Clock, seconds: Seconds
) -> None:
    attendance = Attendance(closing=Unreachable(), clock=clock, seconds=seconds)
    room, one, other = uuid4(), uuid4(), uuid4()
    attendance.gone(Identity(client="a"))
    attendance.entered("a", room=room, participant=one)
    assert set(attendance._due) == {one}
    assert not attendance._clients

    attendance.entered("b", room=room, participant=other)
    attendance.entered("a", room=room, participant=other)
    assert set(attendance._due) == {one}
    attendance.left(other)
    assert set(attendance._rooms) == {one}
    assert attendance._seats == {"b": set()}
    attendance.left(other)
    attendance.gone(Identity(client="b"))
    assert attendance._seats == {}


def test_ended_connections_are_forgotten_when_no_call_can_be_left() -> None:
    ended = Ended()
    ended.add("a", 0.0)
    ended.add("b", 60.0)
    assert "a" in ended
    ended.add("c", 91.0)
    assert "a" not in ended
    assert "b" in ended
    assert "c" in ended
