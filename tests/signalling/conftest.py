"""A switchboard over a real media worker in a process of its own; who is inside is a table."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
import pytest_asyncio

from hub.dispatch import Caller
from protocol.claims import Claims
from protocol.codec import encode
from protocol.errors import NotFound
from protocol.pushes import Participant
from rooms import membership
from rooms.membership import ADMITTED, Standing
from rooms.repository import Seat
from signalling.handlers import methods
from signalling.placement import OneWorker
from signalling.switchboard import Patience, Switchboard
from tests.rooms.conftest import Seconds
from tests.rooms.people import claims

ORGANISATION = uuid4()


class Worker:
    """A media worker's process."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.start()

    def start(self) -> None:
        command = (sys.executable, "-m", "media.worker", "--address", "127.0.0.1")
        self.process = subprocess.Popen([*command, "--control", str(self.socket)])

    def stop(self) -> None:
        """Let it go in peace: its coverage is kept."""
        self.process.terminate()
        self.process.wait(10)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One for a file of tests: rooms keep apart what they do."""
    worker = Worker(tmp_path_factory.mktemp("media") / "control")
    yield worker
    worker.stop()


async def until(holds: Callable[[], Any], *, within: float = 30.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(within):
        while not holds():
            await asyncio.sleep(0.01)


class Inside:
    """Who is inside: an answer as `Admission.member` gives it. `asked` counts."""

    def __init__(self) -> None:
        self.seats: dict[tuple[UUID, UUID], Seat] = {}
        self.asked = 0
        self.before: Callable[[int], Awaitable[None]] | None = None

    def let_in(self, room: UUID, name: str, *, standing: Standing = ADMITTED) -> Claims:
        """A new person."""
        who = claims(ORGANISATION, "client")
        person = Participant(
            id=uuid4(), person=who.person, name=name, role="client", state=standing.state
        )
        seat = Seat(
            participant=person,
            standing=standing,
            room=room,
            organisation=ORGANISATION,
            by_link=False,
        )
        self.seats[room, who.person] = seat
        return who

    def turn(self, room: UUID, who: Claims, standing: Standing) -> Seat:
        """He is somewhere else."""
        seat = replace(self.seats[room, who.person], standing=standing)
        self.seats[room, who.person] = seat
        return seat

    async def __call__(self, who: Claims, room: UUID) -> Seat:
        self.asked += 1
        if self.before is not None:
            await self.before(self.asked)
        seat = self.seats.get((room, who.person))
        if seat is None:
            raise NotFound
        membership.may_speak(seat.standing)
        return seat


class Published:
    """What was published, by channel; and a hub that can be away."""

    def __init__(self) -> None:
        self.states: dict[str, list[dict[str, Any]]] = {}
        self.failures: list[Exception] = []

    async def __call__(self, channel: str, data: bytes, *, idempotency_key: str = "") -> None:
        if self.failures:
            raise self.failures.pop()
        state = orjson.loads(data)
        assert idempotency_key == f"{state['epoch']}:{state['version']}"
        self.states.setdefault(channel, []).append(state)

    def last(self, room: UUID) -> dict[str, Any]:
        return self.states.get(f"call:{room}", [{}])[-1]


class Exchange:
    """The switchboard with its table of methods."""

    def __init__(self, board: Switchboard, inside: Inside, published: Published) -> None:
        self.board = board
        self.inside = inside
        self.published = published
        self._methods = methods(board)

    async def call(
        self, who: Claims | None, method: str, *, client: str = "page", **params: Any
    ) -> Any:
        """As the dispatcher calls: JSON in, JSON out."""
        handler = self._methods[f"call.{method}"]
        result = await handler(Caller(client=client, claims=who), orjson.loads(encode(params)))
        return orjson.loads(encode(result))

    async def callers(self, room: UUID, *expected: dict[str, Any]) -> None:
        """Wait until the newest state says this of each caller, in order."""

        def agrees() -> bool:
            callers = self.published.last(room).get("callers", [])
            return len(callers) == len(expected) and all(
                caller.items() >= want.items()
                for caller, want in zip(callers, expected, strict=True)
            )

        await until(agrees)

    async def on_worker(self, room: UUID) -> dict[str, Any]:
        """What the worker has of this room."""
        return await self.board.placement.worker_of(room).stats(str(room))


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@contextlib.asynccontextmanager
async def exchange_with(socket: Path, seconds: Seconds) -> AsyncIterator[Exchange]:
    placement, numbers = OneWorker(str(socket), deadline=30.0), count(1)  # of a busy machine
    inside, published = Inside(), Published()
    board = Switchboard(
        placement=placement,
        admitted=inside,
        seconds=seconds,
        epoch=lambda: f"epoch {next(numbers)}",
        patience=Patience(tick=0.01),
    )
    await placement.open()
    await until(lambda: placement.control.connected)
    running = asyncio.get_running_loop().create_task(board.run(published))
    try:
        yield Exchange(board, inside, published)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await placement.close()


@pytest_asyncio.fixture
async def exchange(worker: Worker, seconds: Seconds) -> AsyncIterator[Exchange]:
    async with exchange_with(worker.socket, seconds) as opened:
        yield opened


@pytest.fixture
def room() -> UUID:
    return uuid4()
