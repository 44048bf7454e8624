"""The tasks of a hub: each has this owner, which ends and awaits them."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

logger = logging.getLogger(__name__)


class Tasks:
    """Holds what runs. Whoever spawns bounds how much: a connection by its pending commands, a channel by itself."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    @property
    def depth(self) -> int:
        """How many run."""
        return len(self._running)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin `work`. What it raises is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a task of the hub failed", exc_info=error)

    async def stop(self) -> None:
        """Cancel all and wait for their ends."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
