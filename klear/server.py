"""uvicorn, with our own shutdown: stop accepting, let the hub say goodbye, then end what is left."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from hub.hub import Hub
from hub.websocket import HubProtocol
from klear.http_protocol import HttpProtocol
from klear.supervisor import Supervisor

BACKLOG = 2048
"""Connections that the kernel holds while the loop is busy: a burst of reconnections after a deploy."""

GRACE = 5
"""Seconds for requests under way when the server stops."""


class AddressTaken(Exception):
    """Nobody can listen there. The message says why."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, before anything else is started. Raises AddressTaken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressTaken(f"{host} is no address to listen on: {error}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressTaken(
            f"cannot listen on {host} port {port}: {error.strerror}. Stop what listens there, or set KLEAR_PORT."
        ) from None
    listener.setblocking(False)
    return listener


@asynccontextmanager
async def serving(
    app: ASGIApp,
    listener: socket.socket,
    *,
    hub: Hub,
    supervisor: Supervisor,
    proxies: Sequence[str],
) -> AsyncIterator[None]:
    """Serve `app` on `listener` beside the block, and drain at its end. `proxies` may say whose requests they bring."""
    server = _Server(
        uvicorn.Config(
            app,
            ws=HubProtocol,
            http=HttpProtocol,
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=list(proxies),
            backlog=BACKLOG,
            timeout_graceful_shutdown=GRACE,
        )
    )
    task = asyncio.get_running_loop().create_task(server.serve([listener]), name="server")
    task.add_done_callback(lambda _: None if supervisor.stopping else supervisor.fail("server"))
    try:
        await asyncio.wait({task, server.ready}, return_when=asyncio.FIRST_COMPLETED)
        yield
    finally:
        for each in server.servers:
            each.close()  # accept nobody any more: who is sent away must not come back here
        await hub.drain()
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """Leaves the signals to the supervisor, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.get_running_loop().create_future()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self.ready.set_result(None)

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing."""
        yield
