"""Child processes that never outlive us."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

import structlog

log = structlog.get_logger(__name__)

_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
"""Loaded here: between fork and exec nothing may be loaded any more."""


def die_with_parent(parent: int, signum: signal.Signals) -> None:
    """Ask the kernel to send `signum` to this process when `parent` dies, even by SIGKILL. Linux only.

    The wish is bound to the *thread* that forked, so children are started from the main thread. It is lost when the
    user changes, so it is set after that.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if os.getppid() != parent:  # he died before we asked
        os.kill(os.getpid(), signum)


def before_exec(signum: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that does so. Call this in the parent."""
    parent = os.getpid()
    return lambda: die_with_parent(parent, signum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarts:
    """When a child that died is started again. Seconds."""

    first: float = 0.2
    longest: float = 10.0
    healthy: float = 30.0  # who lived this long died of something new: begin with `first` again
    patience: float = 5.0  # for a child to end when asked


async def keep_running(
    name: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    restarts: Restarts | None = None,
) -> NoReturn:
    """Run a child process, and again whenever it ends, until cancelled; then it is asked to end, and made to."""
    pause = restarts or Restarts()
    delay = pause.first
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        code = await _run(command, environment, patience=pause.patience)
        if loop.time() - began >= pause.healthy:
            delay = pause.first
        log.warning("child ended", child=name, code=code, again_in=delay)
        await asyncio.sleep(delay)
        delay = min(delay * 2, pause.longest)


async def _run(command: Sequence[str], environment: Mapping[str, str], *, patience: float) -> int:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us: children end when we say so
        preexec_fn=before_exec(signal.SIGKILL),
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            await _end(process, patience=patience)


async def _end(process: asyncio.subprocess.Process, *, patience: float) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended this very moment
        process.terminate()
    try:
        async with asyncio.timeout(patience):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
