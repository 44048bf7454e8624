"""A media worker: one process, one event loop, one UDP port, the rooms that were pinned to it.

python -m media.worker --control PATH [--port N] [--address A ...] [--parent PID]
"""

import argparse
import asyncio
import ctypes
import gc
import logging
import os
import signal
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import uvloop

from media.counters import Drops
from media.draw import SecretDraw
from media.ice import Agents
from media.mux import Mux
from media.operations import Operations
from media.options import WorkerOptions
from media.router import Router
from media.server import ControlServer
from media.transport import Surroundings

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1


class Worker:
    """What a worker consists of, in the order in which it starts; it stops in reverse."""

    def __init__(self, options: WorkerOptions) -> None:
        self._options = options
        self._loop = asyncio.get_running_loop()
        draw = SecretDraw()
        self.around = Surroundings(
            epoch=time.time() - self._loop.time(),
            draw=draw,
            max_bitrate=options.max_bitrate,
            agents=Agents(draw.text),
        )
        self.mux = Mux(
            agents=self.around.agents,
            arena=self.around.arena,
            counters=self.around.counters,
            time=self._loop.time,
        )
        self.router = Router(
            self.around, timing=options.timing, limits=options.limits, on_event=self._tell
        )
        self._server: ControlServer | None = None
        self._ticks = 0
        self._drops = Drops()
        self._timer: asyncio.TimerHandle | None = None
        self._teller: asyncio.TimerHandle | None = None
        self._abandoned: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Bind and listen. Raises OSError."""
        options = self._options
        self.mux.open(port=options.port, addresses=options.addresses)
        self._server = ControlServer(
            options.control,
            worker=str(uuid.uuid4()),
            answer=Operations(self.router, self.mux.candidates, counts=self.mux.counts).answer,
            on_gateways=self._gateways,
            limit=options.limits.connections,
        )
        await self._server.open()
        self._tick()
        self._teller = self._loop.call_later(options.timing.drops, self._tell_drops)
        log.info("media worker ready at UDP port %d", self.mux.port)

    async def stop(self) -> None:
        """Say goodbye to everybody."""
        for timer in (self._timer, self._teller, self._abandoned):
            if timer is not None:
                timer.cancel()
        for room in list(self.router.rooms):
            self.router.close_room(room)
        await self.router.handshakes.settle()
        server, self._server = self._server, None
        if server is not None:
            await server.close()
        self.mux.close()

    def _tick(self) -> None:
        """NACKs and key frame requests each time; reports once per interval, the transports spread over it."""
        timing, now = self._options.timing, self._loop.time()
        self._timer = self._loop.call_later(timing.tick, self._tick)
        slots = max(round(timing.reports / timing.tick), 1)
        slot = self._ticks = (self._ticks + 1) % slots
        for place, transport in enumerate(self.router.transports.values()):
            transport.feedback(now)
            if place % slots == slot:
                transport.report(now)
        if slot == 0:
            self.router.check_consent(now)

    def _tell_drops(self) -> None:
        timing = self._options.timing
        self._teller = self._loop.call_later(timing.drops, self._tell_drops)
        drops = self._drops.since(self.mux.counts())
        if drops:
            text = ", ".join(f"{name} {count}" for name, count in drops.items())
            log.info("dropped in the last %.0f s: %s", timing.drops, text)

    def _tell(self, event: str, fields: Mapping[str, Any]) -> None:
        if self._server is not None:
            self._server.tell(event, fields)

    def _gateways(self, connected: int) -> None:
        if self._abandoned is not None:
            self._abandoned.cancel()
            self._abandoned = None
        if not connected and self._server is not None:
            self._abandoned = self._loop.call_later(self._options.timing.gateway, self._abandon)

    def _abandon(self) -> None:
        log.warning("no gateway for %.0f s: closing every room", self._options.timing.gateway)
        for transport in list(self.router.transports.values()):
            self.router.expire(transport, "gateway-lost")


async def run(options: WorkerOptions) -> None:
    """A worker until SIGTERM or SIGINT."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    worker = Worker(options)
    await worker.start()
    # What stands now stands until the end: no collection need look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        await stopped.wait()
    finally:
        await worker.stop()


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="media.worker", description="A media worker.")
    parser.add_argument("--control", required=True, metavar="PATH", help="Unix socket to listen at")
    parser.add_argument("--port", type=int, default=0, help="UDP port (0: any that is free)")
    parser.add_argument(
        "--address", action="append", default=[], help="IP address to announce (default: all)"
    )
    parser.add_argument("--parent", type=int, metavar="PID", help="end when this process ends")
    given = parser.parse_args(arguments)
    if given.parent is not None:
        _die_with(given.parent)
    uvloop.run(
        run(WorkerOptions(control=given.control, port=given.port, addresses=tuple(given.address)))
    )


def _die_with(parent: int) -> None:
    """SIGTERM when the parent dies (prctl(2)); now, if it died before we could ask for that."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit("the parent process is gone")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main()
