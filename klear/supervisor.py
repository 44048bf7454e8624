"""What keeps running, and how it ends: signals, tasks with an owner, a bound on the whole shutdown."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import structlog

SHUTDOWN = 45.0
"""Seconds for everything to stop: 10 for the drain of the sockets, 15 for Postgres' last checkpoint, and some."""

ECHO = 1.0
"""Seconds within which a second signal is the first one again: make, timeout and shells pass on what the group got."""

STUBBORN = 10.0
"""Seconds for one task to end after its cancellation."""

log = structlog.get_logger(__name__)


def leave(code: int) -> NoReturn:
    """End this process now. Child processes see their parent die (klear/children.py)."""
    os._exit(code)


class Stopped(Exception):
    """Somebody wanted us to stop before we were ready."""


class Supervisor:
    """Knows whether to stop, and why. `leave` is what ends the process when asking does not help."""

    def __init__(
        self,
        *,
        shutdown: float = SHUTDOWN,
        echo: float = ECHO,
        leave: Callable[[int], None] = leave,
    ) -> None:
        self._stop = asyncio.Event()
        self._shutdown = shutdown
        self._echo = echo
        self._heeded = 0.0
        self._leave = leave
        self._last_resort: asyncio.TimerHandle | None = None
        self.failed = False

    @property
    def stopping(self) -> bool:
        """Whether the end has begun."""
        return self._stop.is_set()

    async def until_stopped(self) -> None:
        """Wait until somebody wants us to stop."""
        await self._stop.wait()

    def check(self) -> None:
        """Raise Stopped once the end has begun. Asked between the parts of a start."""
        if self.stopping:
            raise Stopped

    def stop(self) -> None:
        """Begin to stop. Whatever hangs then is left behind after `shutdown` seconds."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._last_resort = asyncio.get_running_loop().call_later(self._shutdown, self._give_up)

    def fail(self, what: str, error: BaseException | None = None) -> None:
        """Something that should run for ever has ended: stop, and say so in the exit code."""
        log.error("failed", part=what, exc_info=error)
        self.failed = True
        self.stop()

    @contextlib.contextmanager
    def signals(self) -> Any:
        """Stop on SIGINT and SIGTERM; a second one does not wait for anything."""
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, self._on_signal, signum)
        try:
            yield
        finally:
            for signum in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(signum)
            if self._last_resort is not None:
                self._last_resort.cancel()

    @asynccontextmanager
    async def running(self, name: str, work: Coroutine[Any, Any, object]) -> AsyncIterator[None]:
        """Run `work` beside the block. Its own end is a failure; the block's end cancels and awaits it."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        task.add_done_callback(self._ended)
        try:
            yield
        finally:
            task.remove_done_callback(self._ended)
            task.cancel()
            _, stubborn = await asyncio.wait({task}, timeout=STUBBORN)
            if stubborn:
                log.error("does not end", part=name)

    def _ended(self, task: asyncio.Task[object]) -> None:
        error = None if task.cancelled() else task.exception()
        self.fail(task.get_name(), error)

    def _on_signal(self, signum: signal.Signals) -> None:
        now = asyncio.get_running_loop().time()
        if not self._stop.is_set():
            log.info("stopping", signal=signum.name)
            self._heeded = now
            self.stop()
        elif now - self._heeded >= self._echo:
            log.warning("leaving at once", signal=signum.name)
            self._leave(128 + signum)

    def _give_up(self) -> None:
        log.error("the shutdown hangs: leaving at once")
        self._leave(1)
