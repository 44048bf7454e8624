import dataclasses
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from media.counters import Counters, Drops
from media.options import Timing

Soon = Callable[..., Awaitable[None]]


def test_drops_are_told_once() -> None:
    counters, drops = Counters(received=5, sent=4), Drops()
    assert drops.since(dataclasses.asdict(counters)) == {}
    counters.stray, counters.forged = 2, 1
    assert drops.since(dataclasses.asdict(counters)) == {"stray": 2, "forged": 1}
    assert drops.since(dataclasses.asdict(counters)) == {}
    counters.stray += 7
    assert drops.since(dataclasses.asdict(counters)) == {"stray": 7}


@pytest.mark.asyncio
async def test_a_worker_logs_what_it_dropped_without_addresses(
    make_stage: Any, soon: Soon, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "media.worker")
    stage = await make_stage(Timing(drops=0.05))

    def told() -> list[str]:
        return [text for text in caplog.messages if text.startswith("dropped")]

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"\x80" * 20, ("127.0.0.1", stage.worker.mux.port))
        await soon(told)
        stranger.sendto(b"\x00" * 20, ("127.0.0.1", stage.worker.mux.port))
        await soon(lambda: len(told()) > 1)
    assert told() == ["dropped in the last 0 s: stray 1", "dropped in the last 0 s: refused 1"]
    worker = (await stage.control.stats("room"))["worker"]
    assert (worker["received"], worker["stray"], worker["refused"]) == (2, 1, 1)
    assert worker["throttled"] == worker["forged"] == 0
