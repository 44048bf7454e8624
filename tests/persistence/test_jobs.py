"""Jobs repeat, survive their errors and their slowness, and end with their owner."""

import asyncio

import pytest
from structlog.testing import capture_logs

from persistence.jobs import Job, Jobs


class Work:
    """Counts its runs; `enough` is set after the second."""

    def __init__(self) -> None:
        self.runs = 0
        self.enough = asyncio.Event()

    def ran(self) -> None:
        self.runs += 1
        if self.runs == 2:
            self.enough.set()


async def run_until(work: Work, job: Job) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(Jobs([job]).run())
        async with asyncio.timeout(5):
            await work.enough.wait()
        task.cancel()


@pytest.mark.asyncio
async def test_a_job_repeats() -> None:
    work = Work()

    async def sweep() -> None:
        work.ran()

    await run_until(work, Job(name="sweep", work=sweep, interval=0.001))
    assert work.runs >= 2


@pytest.mark.asyncio
async def test_a_failing_job_is_logged_and_repeats() -> None:
    work = Work()

    async def fail() -> None:
        work.ran()
        raise LookupError("x")

    with capture_logs() as logs:
        await run_until(work, Job(name="sweep", work=fail, interval=0.001))
    assert logs[0]["event"] == "job failed"
    assert logs[0]["job"] == "sweep"
    assert logs[0]["error"] == "LookupError"


@pytest.mark.asyncio
async def test_a_job_that_hangs_is_given_up() -> None:
    work = Work()

    async def hang() -> None:
        work.ran()
        await asyncio.sleep(60)

    with capture_logs() as logs:
        await run_until(work, Job(name="sweep", work=hang, interval=0.001, timeout=0.01))
    assert logs[0]["error"] == "TimeoutError"
