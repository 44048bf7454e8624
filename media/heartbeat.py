"""Whether a worker lives behind its open socket: a process that hangs, or was stopped, closes nothing by itself."""

import asyncio
import contextlib
import os
import signal
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from media.errors import MediaRefused, MediaUnavailable

_CREDENTIALS = struct.Struct("3i")
"""pid, uid, gid (unix(7), SO_PEERCRED)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A question each `interval` seconds; after `misses` in a row without an answer the worker counts as lost.

    Six seconds: a worker answers within milliseconds, and people hear nothing of each other meanwhile.
    """

    interval: float = 2.0
    misses: int = 3


async def until_silent(ping: Callable[[float], Awaitable[object]], beat: Heartbeat) -> None:
    """Return once the worker is silent. `ping(seconds)` asks it, and waits that long before MediaUnavailable.

    It has one interval to begin. Each miss takes its whole interval, so that a pause of ours does not make three.
    """
    loop = asyncio.get_running_loop()
    missed = 0
    await asyncio.sleep(beat.interval)
    while missed < beat.misses:
        next_at = loop.time() + beat.interval
        try:
            await ping(beat.interval)
            missed = 0
        except MediaRefused:  # also an answer
            missed = 0
        except MediaUnavailable:
            missed += 1
        await asyncio.sleep(next_at - loop.time())


def listener(writer: asyncio.StreamWriter) -> int:
    """The process that listens at the other end of a Unix socket; 0 where the kernel does not say (only Linux does)."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return 0
    sock = writer.get_extra_info("socket")
    pid: int = _CREDENTIALS.unpack(sock.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size))[0]
    return pid


def end(pid: int) -> bool:
    """SIGKILL, as one that hangs does not hear SIGTERM; whoever supervises it starts another. False if it was not ours.

    A process of another container has the pid 0 here, and one of another user may not be killed.
    """
    if pid in (0, os.getpid()):
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False
