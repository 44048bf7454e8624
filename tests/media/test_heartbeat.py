import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import uvloop

from klear.children import keep_running
from media import frames, heartbeat
from media.control import MediaControl
from media.errors import MediaError, MediaRefused, MediaUnavailable
from media.heartbeat import Heartbeat, until_silent

Soon = Callable[..., Awaitable[None]]
ROOT = Path(__file__).parents[2]


@pytest.mark.asyncio
async def test_only_misses_in_a_row_count() -> None:
    no, refused = MediaUnavailable(), MediaRefused("internal")
    answers: list[MediaError | None] = [no, no, None, no, no, refused, no, no, no]
    asked: list[float] = []

    async def ping(seconds: float) -> None:
        asked.append(seconds)
        if (answer := answers.pop(0)) is not None:
            raise answer

    await until_silent(ping, Heartbeat(interval=0.01, misses=3))
    assert answers == []
    assert asked == [0.01] * 9


@pytest.mark.asyncio
async def test_a_worker_that_was_stopped_is_killed_and_another_begins(
    tmp_path: Path, soon: Soon
) -> None:
    path = str(tmp_path / "c")
    events: list[tuple[str, Mapping[str, Any]]] = []
    command = [sys.executable, "-m", "media.worker", "--control", path, "--address", "127.0.0.1"]
    running = asyncio.get_running_loop().create_task(
        keep_running("media", command, environment=os.environ)
    )
    control = MediaControl(
        path,
        on_event=lambda name, fields: events.append((name, fields)),
        deadline=20,
        beat=Heartbeat(interval=0.5),
    )
    try:
        await control.open()
        assert control._writer is not None
        first = heartbeat.listener(control._writer)
        os.kill(first, signal.SIGSTOP)
        await soon(lambda: ("worker-lost", {}) in events, seconds=20)
        await soon(lambda: ("worker-back", {"restarted": True}) in events, seconds=20)
        assert heartbeat.listener(control._writer) not in (0, first)
        assert await control.capabilities()
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
    finally:
        await control.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.asyncio
async def test_a_silent_worker_that_cannot_be_killed_is_left_and_looked_for_again(
    tmp_path: Path, soon: Soon, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a part of this very process."""
    events: list[str] = []
    connections: list[int] = []
    ended: list[int] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        if len(connections) == 1:
            writer.write(frames.encode([0, "hello", {"worker": "w"}]))
        with contextlib.suppress(OSError):  # it is not waited for: the connection is reset
            while await frames.read(reader) is not None:
                pass
        writer.close()
        ended.append(1)

    server = await asyncio.start_unix_server(silent, tmp_path / "c")
    control = MediaControl(
        str(tmp_path / "c"),
        on_event=lambda name, _: events.append(name),
        beat=Heartbeat(interval=0.02),
    )
    await control.open()
    await soon(lambda: len(connections) > 2)
    assert events == ["worker-lost"]
    assert not control.connected
    assert caplog.records[0].killed is False  # type: ignore[attr-defined]
    await control.close()
    await soon(lambda: len(ended) == len(connections))
    server.close()


def test_who_is_not_ours_is_left_alone() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        assert heartbeat.end(process.pid)
    assert process.returncode == -signal.SIGKILL
    assert not heartbeat.end(process.pid)  # gone
    assert not heartbeat.end(0)
    assert not heartbeat.end(os.getpid())


def test_the_listener_is_known_in_every_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask() -> int:
        server = await asyncio.start_unix_server(lambda _, writer: writer.close(), tmp_path / "c")
        reader, writer = await asyncio.open_unix_connection(tmp_path / "c")
        found = heartbeat.listener(writer)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        server.close()
        return found

    for run in (asyncio.run, uvloop.run):
        assert run(ask()) == os.getpid()
        (tmp_path / "c").unlink(missing_ok=True)
    monkeypatch.delattr("socket.SO_PEERCRED")
    assert asyncio.run(ask()) == 0
