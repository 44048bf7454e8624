"""`klear demo` in a process of its own on a temporary folder, to be killed and started again, and its processes."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2

READY = 90.0
"""Seconds for a start, crash recovery included, on a busy machine."""


class Demo:
    """The same folder and port over all its lives."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, _free_port()
        self.starts: list[float] = []
        self._log = folder.with_suffix(".log")
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process that is alive."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        began = time.monotonic()
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "klear", "demo"),
                env=self._environment(),
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(READY):
            while not await self._ready():
                assert self._process.returncode is None, self._tail()
                await asyncio.sleep(0.05)
        self.starts.append(time.monotonic() - began)

    async def kill(self, *others: int) -> None:
        """SIGKILL, together with these processes."""
        assert self._process is not None
        for pid in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """SIGTERM, if it still lives."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            async with asyncio.timeout(60):
                await self._process.wait()

    async def token(self, user: str, role: str) -> str:
        """A connection token, as the command line gives it."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "klear", "token", "--user", user, "--role", role),
            env=self._environment(),
            stdout=asyncio.subprocess.PIPE,
        )
        written, _ = await process.communicate()
        assert process.returncode == 0
        return written.decode().strip()

    def media(self) -> int | None:
        """The process id of the media worker, if there is one."""
        return next((pid for pid, words in children(self.pid) if "media" in words), None)

    def postgres(self) -> int:
        """The process id of Postgres itself."""
        return next(
            pid for pid, words in children(self.pid) if words and words[0].endswith("/postgres")
        )

    def backends(self) -> list[int]:
        """The process ids of Postgres' connections, as klear_app."""
        return [
            pid for pid, words in children(self.postgres()) if any("klear_app" in w for w in words)
        ]

    async def _ready(self) -> bool:
        with contextlib.suppress(httpx2.TransportError):
            async with httpx2.AsyncClient(base_url=self.address, trust_env=False) as client:
                return (await client.get("/health/ready")).status_code == 200
        return False

    def _environment(self) -> dict[str, str]:
        foreign = ("KLEAR_", "COVERAGE_")
        ours = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {**ours, "KLEAR_PORT": str(self.port), "KLEAR_DATA": str(self.folder)}

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]


def children(parent: int) -> Iterator[tuple[int, list[str]]]:
    """Process id and command line of every child of `parent`. Linux only."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(after_name[1]) == parent:
                words = (folder / "cmdline").read_bytes().decode(errors="replace")
                yield int(folder.name), words.replace("\0", " ").split()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
