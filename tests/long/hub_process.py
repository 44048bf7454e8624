"""A hub in a process of its own, which tells how it is: `python -m tests.long.hub_process` prints its port."""

import asyncio
import gc
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvloop

from hub.dispatch import Caller
from hub.hub import Hub
from hub.limits import Limits
from tests.hub.harness import served, world


class Confession:
    """The RPC `state`: what the hub counts, and what the process weighs."""

    def __init__(self) -> None:
        self.hub: Hub | None = None

    async def state(self, caller: Caller, params: Mapping[str, Any]) -> object:
        """`statistics` as the hub has them; `rss` in bytes, after everything unreachable is gone."""
        assert self.hub is not None
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        tasks = len(asyncio.all_tasks())
        rss = pages * os.sysconf("SC_PAGE_SIZE")
        return {"statistics": self.hub.statistics(), "rss": rss, "tasks": tasks}


async def main() -> None:
    """Serve until killed."""
    confession = Confession()
    limits = Limits(connect_rate=20_000, connect_burst=40_000)  # as fast as the loop can
    async with world(limits=limits, handlers={"state": confession.state}) as place:
        confession.hub = place.hub
        async with served(place):
            print(place.port, place.tokens.issue(1), flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
