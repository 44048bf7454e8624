"""A listening socket, or a reason why there is none; and whom a request comes from."""

import asyncio
import socket
from typing import cast
from urllib.request import Request as Asked
from urllib.request import urlopen

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from hub.hub import Hub
from klear.server import AddressTaken, listen, serving
from klear.supervisor import Supervisor


def test_a_free_port_is_taken() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            assert not listener.getblocking()


def test_a_busy_port_is_told() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(AddressTaken, match=f"port {port}: Address already in use"):
            listen("127.0.0.1", port)


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(AddressTaken, match=r"no\.such\.host\.invalid is no address"):
        listen("no.such.host.invalid", 0)


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(AddressTaken, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)


class NoSockets:
    """A hub to which nobody is connected."""

    async def drain(self) -> None:
        """Nobody."""


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        (("127.0.0.1",), "203.0.113.9"),
        (("192.0.2.7", "127.0.0.0/8"), "203.0.113.9"),
        (("192.0.2.7",), "127.0.0.1"),
    ],
)
async def test_a_forwarded_address_is_believed_from_trusted_proxies_only(
    proxies: tuple[str, ...], seen: str
) -> None:
    async def whose(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.client.host if request.client else "")

    def ask() -> str:
        forwarded = {"X-Forwarded-For": "203.0.113.9"}
        with urlopen(Asked(f"http://127.0.0.1:{port}/", headers=forwarded), timeout=10) as answer:
            return str(answer.read(), "ascii")

    app, hub, supervisor = Starlette(routes=[Route("/", whose)]), NoSockets(), Supervisor()
    with listen("127.0.0.1", 0) as listener, supervisor.signals():
        port = listener.getsockname()[1]
        served = serving(
            app, listener, hub=cast("Hub", hub), supervisor=supervisor, proxies=proxies
        )
        async with served:
            assert await asyncio.to_thread(ask) == seen
            supervisor.stop()
