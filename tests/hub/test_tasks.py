import asyncio

import pytest

from hub.tasks import Tasks
from tests.hub.harness import until


@pytest.mark.asyncio
async def test_what_fails_is_logged_and_what_runs_is_ended(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tasks, ended = Tasks(), []

    async def fail() -> None:
        raise ValueError("broken")

    async def run() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(1)

    _ = tasks.spawn(fail())
    _ = tasks.spawn(run())
    assert tasks.depth == 2
    await until(lambda: tasks.depth == 1)
    assert "a task of the hub failed" in caplog.text
    await tasks.stop()
    assert (ended, tasks.depth) == ([1], 0)
