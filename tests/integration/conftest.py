"""A whole gateway without sockets, with a real media worker beside it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from persistence.postgres import Database
from tests.conftest import Clock
from tests.integration.system import System, running
from tests.signalling.conftest import Worker


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    worker = Worker(tmp_path_factory.mktemp("media") / "control")
    yield worker
    worker.stop()


@pytest_asyncio.fixture
async def system(database: Database, clock: Clock, worker: Worker) -> AsyncIterator[System]:
    async with running(database, clock, worker.socket) as started:
        yield started
