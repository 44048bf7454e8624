"""The worker's side of the control socket: a Unix socket for its owner alone (0600)."""

import asyncio
import contextlib
import logging
import os
import socket
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from media import frames
from media.errors import MediaRefused

MAX_UNREAD = 1024 * 1024
"""Bytes of answers and events that a gateway may leave unread: beyond, it is not alive."""

log = logging.getLogger(__name__)

Answer = Callable[[object, object], object]


class ControlServer:
    """Answers requests one after the other, in their order; events go to every gateway that is connected."""

    def __init__(
        self,
        path: str,
        *,
        worker: str,
        answer: Answer,
        on_gateways: Callable[[int], None],
        limit: int,
    ) -> None:
        """`worker`: an id of this process, by which a gateway sees a restart. `on_gateways`: how many there are now."""
        self._path = Path(path)
        self._worker = worker
        self._answer = answer
        self._on_gateways = on_gateways
        self._limit = limit
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen. Raises OSError; a socket that a dead worker left behind is taken over."""
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(self._path.lstat().st_mode):
                self._path.unlink()
        self._server = await asyncio.start_unix_server(self._serve, sock=_bind(self._path))

    async def close(self) -> None:
        """Stop listening and drop the gateways."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.close()
        self._path.unlink(missing_ok=True)

    def tell(self, event: str, fields: Mapping[str, Any]) -> None:
        """Send an event."""
        frame = frames.encode([0, event, dict(fields)])
        for writer in list(self._writers):
            self._write(writer, frame)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._writers) >= self._limit:
            writer.close()
            return
        self._writers.add(writer)
        self._on_gateways(len(self._writers))
        try:
            self._write(writer, frames.encode([0, "hello", {"worker": self._worker}]))
            while (message := await frames.read(reader)) is not None:
                self._write(writer, self._reply(*message))
        except frames.FrameError as error:
            log.warning("a gateway broke the framing: %s", error)
        finally:
            self._writers.discard(writer)
            writer.close()
            self._on_gateways(len(self._writers))

    def _reply(self, request: int, method: object, parameters: object) -> bytes:
        try:
            return frames.encode([request, self._answer(method, parameters), None])
        except MediaRefused as refusal:
            return frames.encode([request, None, [refusal.slug, refusal.detail]])
        except Exception:
            log.exception("a control request failed")
            return frames.encode([request, None, ["internal", "see the worker's log"]])

    @staticmethod
    def _write(writer: asyncio.StreamWriter, frame: bytes) -> None:
        if writer.transport.get_write_buffer_size() > MAX_UNREAD:
            writer.transport.abort()
            return
        writer.write(frame)


def _bind(path: Path) -> socket.socket:
    """A socket at this path that nobody else may open, from its first moment on."""
    sock = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        sock.bind(str(path))
    except OSError:
        sock.close()
        raise
    finally:
        os.umask(mask)
    return sock
