from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from persistence.postgres import Database
from rooms.admission import Admission
from rooms.chat import Chat
from rooms.closing import Closing
from rooms.departures import Departure, Departures
from tests.conftest import Clock
from tests.rooms.people import House, appointment, found


class Seconds:
    """A steady clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest_asyncio.fixture
async def house(database: Database) -> House:
    return await found(database)


@pytest_asyncio.fixture
async def room(database: Database, house: House, clock: Clock) -> UUID:
    """A room that is open: its appointment starts in ten minutes."""
    return await appointment(database, house, clock.now + timedelta(minutes=10))


@pytest.fixture
def departed() -> list[Departure]:
    """Who was said to be in no more."""
    return []


@pytest.fixture
def departures(departed: list[Departure]) -> Departures:
    async def note(departure: Departure) -> None:
        departed.append(departure)

    told = Departures()
    told.listen(note)
    return told


@pytest.fixture
def admission(database: Database, clock: Clock, departures: Departures) -> Admission:
    return Admission(database=database, clock=clock, departures=departures)


@pytest.fixture
def closing(database: Database, clock: Clock, departures: Departures) -> Closing:
    return Closing(database=database, clock=clock, departures=departures)


@pytest.fixture
def chat(database: Database, clock: Clock, seconds: Seconds) -> Chat:
    return Chat(database=database, clock=clock, seconds=seconds)
