"""It stops when told, when a part fails, and even when something hangs."""

import asyncio
import os
import signal

import pytest
from structlog.testing import capture_logs

from klear import supervisor as module
from klear.supervisor import Supervisor


@pytest.mark.asyncio
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_it(signum: signal.Signals) -> None:
    supervisor = Supervisor()
    with supervisor.signals():
        os.kill(os.getpid(), signum)
        async with asyncio.timeout(5):
            await supervisor.until_stopped()
    assert supervisor.stopping
    assert not supervisor.failed


@pytest.mark.asyncio
async def test_a_second_signal_waits_for_nothing() -> None:
    left: list[int] = []
    supervisor = Supervisor(echo=0, leave=left.append)
    with supervisor.signals():
        os.kill(os.getpid(), signal.SIGTERM)
        await supervisor.until_stopped()
        os.kill(os.getpid(), signal.SIGINT)
        async with asyncio.timeout(5):
            while not left:
                await asyncio.sleep(0.01)
    assert left == [130]


@pytest.mark.asyncio
async def test_a_signal_that_comes_twice_at_once_is_one() -> None:
    left: list[int] = []
    supervisor = Supervisor(leave=left.append)
    with supervisor.signals():
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.01)
    assert supervisor.stopping
    assert left == []


@pytest.mark.asyncio
async def test_a_shutdown_that_hangs_is_left_behind() -> None:
    left: list[int] = []
    supervisor = Supervisor(shutdown=0.01, leave=left.append)
    with supervisor.signals():
        supervisor.stop()
        supervisor.stop()
        async with asyncio.timeout(5):
            while not left:
                await asyncio.sleep(0.01)
    assert left == [1]


@pytest.mark.asyncio
async def test_signals_are_left_alone_afterwards() -> None:
    supervisor = Supervisor()
    with supervisor.signals():
        assert not supervisor.stopping
    loop = asyncio.get_running_loop()
    assert not loop.remove_signal_handler(signal.SIGTERM)


@pytest.mark.asyncio
async def test_work_runs_beside_the_block_and_ends_with_it() -> None:
    steps: list[str] = []

    async def work() -> None:
        try:
            steps.append("began")
            await asyncio.sleep(60)
        finally:
            steps.append("ended")

    supervisor = Supervisor()
    async with supervisor.running("work", work()):
        await asyncio.sleep(0)
        assert steps == ["began"]
    assert steps == ["began", "ended"]
    assert not supervisor.stopping


@pytest.mark.asyncio
@pytest.mark.parametrize("error", [None, LookupError("x")])
async def test_work_that_ends_by_itself_is_a_failure(error: Exception | None) -> None:
    async def work() -> None:
        if error:
            raise error

    supervisor = Supervisor()
    with capture_logs() as logs, supervisor.signals():
        async with supervisor.running("work", work()):
            async with asyncio.timeout(5):
                await supervisor.until_stopped()
    assert supervisor.failed
    assert logs == [{"event": "failed", "part": "work", "exc_info": error, "log_level": "error"}]


@pytest.mark.asyncio
async def test_work_that_will_not_end_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STUBBORN", 0.01)
    enough = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await enough.wait()

    supervisor = Supervisor()
    with capture_logs() as logs:
        async with supervisor.running("work", work()):
            await asyncio.sleep(0)
    enough.set()
    await asyncio.sleep(0)
    assert [line["event"] for line in logs] == ["does not end"]


def test_leaving_ends_the_process() -> None:
    pid = os.fork()
    if pid == 0:
        module.leave(7)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
