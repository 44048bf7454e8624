"""Periodic jobs of the worker role: sweeps and prunings, each a coroutine with an interval.

A job may run in two workers at once, and again after a crash: it must not mind. What has to happen exactly once for one
fact is no periodic job.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Run `work` every `interval` seconds, counted from end to start; give it up after `timeout`."""

    name: str
    work: Callable[[], Awaitable[object]]
    interval: float
    timeout: float = 60.0


class Jobs:
    """Runs each job in a task of its own until cancelled. A job that fails is logged, and runs again when it is due."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = tuple(jobs)

    async def run(self) -> None:
        """Run for ever."""
        async with asyncio.TaskGroup() as group:
            for job in self._jobs:
                group.create_task(_repeat(job), name=f"job {job.name}")


async def _repeat(job: Job) -> None:
    while True:
        await _run_once(job)
        await asyncio.sleep(job.interval)


async def _run_once(job: Job) -> None:
    started = time.monotonic()
    try:
        async with asyncio.timeout(job.timeout):
            await job.work()
    except Exception as error:
        log.warning("job failed", job=job.name, error=type(error).__name__, exc_info=error)
    else:
        log.debug("job done", job=job.name, seconds=round(time.monotonic() - started, 3))
