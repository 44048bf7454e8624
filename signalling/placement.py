"""Which media worker carries a room."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from uuid import UUID

from media.control import DEADLINE, MediaControl

Heard = Callable[[str, Mapping[str, Any]], None]


class Placement(Protocol):
    """Rooms are pinned to workers: what is heard from a worker concerns its rooms alone."""

    def worker_of(self, room: UUID) -> MediaControl:
        """The worker that carries this room, or will."""
        ...

    def listen(self, heard: Heard) -> None:
        """Call `heard(name, fields)` for each event of a worker (media/control.py lists them). It must not block."""
        ...


class OneWorker:
    """Every room on one worker, behind the Unix socket `path`. `deadline` in seconds, for each of its answers."""

    def __init__(self, path: str, *, deadline: float = DEADLINE) -> None:
        self._listeners: list[Heard] = []
        self.control = MediaControl(path, on_event=self._heard, deadline=deadline)

    def worker_of(self, room: UUID) -> MediaControl:
        """The only one."""
        return self.control

    def listen(self, heard: Heard) -> None:
        """As in Placement."""
        self._listeners.append(heard)

    async def open(self) -> None:
        """Start connecting to the worker; it may come later."""
        await self.control.open()

    async def close(self) -> None:
        """Drop the connection for good. That is no event to anybody."""
        self._listeners.clear()
        await self.control.close()

    def _heard(self, name: str, fields: Mapping[str, Any]) -> None:
        for heard in self._listeners:
            heard(name, fields)
