"""Children run, run again when they die, end when asked, and never outlive their parent."""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from klear import children
from klear.children import Restarts, die_with_parent, keep_running

QUICK = Restarts(first=0.01, longest=0.02, healthy=60, patience=0.5)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def child(script: str, *arguments: str, restarts: Restarts = QUICK) -> AsyncIterator[None]:
    command = [sys.executable, "-c", script, *arguments]
    work = keep_running("it", command, environment={"GREETING": "hi"}, restarts=restarts)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        yield
        task.cancel()


@pytest.mark.asyncio
async def test_it_starts_again_with_the_environment_it_was_given(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = (
        "import os, sys; open(sys.argv[1], 'a').write(os.environ['GREETING'] + '\\n'); sys.exit(3)"
    )
    with capture_logs() as logs:
        async with child(script, str(log)):
            await until(lambda: log.exists() and log.read_text().count("hi\n") >= 3)
    assert [line["code"] for line in logs[:2]] == [3, 3]
    assert [line["again_in"] for line in logs[:2]] == [0.01, 0.02]


@pytest.mark.asyncio
async def test_who_lived_long_is_started_again_soon(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = "import sys; open(sys.argv[1], 'a').write('x')"
    with capture_logs() as logs:
        async with child(script, str(log), restarts=Restarts(first=0.01, longest=1, healthy=0)):
            await until(lambda: log.exists() and len(log.read_text()) >= 3)
    assert {line["again_in"] for line in logs} == {0.01}


@pytest.mark.asyncio
async def test_it_is_asked_to_end(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = "import os, sys, time; open(sys.argv[1], 'w').write(f'{os.getpid()} '); time.sleep(60)"
    async with child(script, str(pid)):
        await until(lambda: pid.exists() and pid.read_text().endswith(" "))
        assert is_running(int(pid.read_text()))
    assert not is_running(int(pid.read_text()))


@pytest.mark.asyncio
async def test_who_does_not_listen_is_made_to(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = (
        "import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        " open(sys.argv[1], 'w').write(f'{os.getpid()} '); time.sleep(60)"
    )
    async with child(script, str(pid)):
        await until(lambda: pid.exists() and pid.read_text().endswith(" "))
    assert not is_running(int(pid.read_text()))


def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """A parent starts a sleeping child and kills itself."""
    parent = (
        "import os, signal, subprocess, sys; from klear.children import before_exec;"
        " child = subprocess.Popen(['sleep', '60'], preexec_fn=before_exec(signal.SIGKILL));"
        " print(child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, check=False
    )
    deadline = time.monotonic() + 10
    while is_running(int(done.stdout)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_wish_is_told_to_the_kernel() -> None:
    """In this process: ask, read it back, take it back."""
    libc = ctypes.CDLL(None)
    wish = ctypes.c_int()
    try:
        die_with_parent(os.getppid(), signal.SIGUSR1)
        libc.prctl(2, ctypes.byref(wish), 0, 0, 0)  # PR_GET_PDEATHSIG
        assert wish.value == signal.SIGUSR1
    finally:
        libc.prctl(1, 0, 0, 0, 0)


def test_a_parent_that_died_before_we_asked() -> None:
    got: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda signum, frame: got.append(signum))
    try:
        die_with_parent(-1, signal.SIGUSR1)
        assert got == [signal.SIGUSR1]
    finally:
        ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
        signal.signal(signal.SIGUSR1, before)


def test_elsewhere_than_on_linux_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_libc", None)
    die_with_parent(-1, signal.SIGKILL)
    assert os.getpid() > 0
