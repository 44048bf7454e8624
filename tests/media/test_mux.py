import asyncio
import errno
import socket
from typing import Any

import pytest
from aioice import stun

from media import mux
from media.counters import Counters
from media.ice import Agents
from media.mux import Mux, machine_addresses
from media.srtp import Arena
from protocol.calls import IceParameters

CREDENTIALS = IceParameters(username_fragment="fragment", password="p" * 24)


class Nobody:
    def receive_media(self, size: int, now: float) -> None:
        raise AssertionError("no packet was sent")

    def receive_handshake(self, data: bytes) -> None:
        raise AssertionError("no packet was sent")


def own_address() -> str:
    """This machine's first IPv4 address that is not the loopback's."""
    return next(item for item in machine_addresses() if "." in item and not item.startswith("127."))


def new_mux() -> Mux:
    texts = iter((CREDENTIALS.username_fragment, CREDENTIALS.password))
    made = Mux(
        agents=Agents(lambda _: next(texts)),
        arena=Arena(),
        counters=Counters(),
        time=asyncio.get_running_loop().time,
    )
    made.agents.open(Nobody())
    return made


def check() -> bytes:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{CREDENTIALS.username_fragment}:us"
    request.add_message_integrity(CREDENTIALS.password.encode())
    return bytes(request)


async def answer_to(source: str, target: tuple[str, int]) -> tuple[Any, ...]:
    """Where the answer to a check from `source` comes from."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    loop = asyncio.get_running_loop()
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind((source, 0))
        await loop.sock_sendto(sock, check(), target)
        _, address = await asyncio.wait_for(loop.sock_recvfrom(sock, 2048), 5)
        return address[:2]  # type: ignore[no-any-return]


@pytest.mark.asyncio
async def test_answers_leave_from_the_address_that_was_asked() -> None:
    made, own = new_mux(), own_address()
    made.open(port=0, addresses=())
    try:
        assert "127.0.0.1" in made.announced
        assert own in made.announced
        for source in ("127.0.0.1", own):
            for target in ("127.0.0.1", own):
                assert await answer_to(source, (target, made.port)) == (target, made.port)
        for address in (item for item in made.announced if ":" in item):
            assert await answer_to(address, (address, made.port)) == (address, made.port)
    finally:
        made.close()


@pytest.mark.asyncio
async def test_a_socket_bound_to_all_addresses_would_answer_from_another() -> None:
    """Why there is a socket for each address."""
    made, own = new_mux(), own_address()
    made.open(port=0, addresses=("0.0.0.0",))
    try:
        assert await answer_to(own, ("127.0.0.1", made.port)) == (own, made.port)
    finally:
        made.close()


@pytest.mark.asyncio
async def test_an_address_of_another_machine_is_announced_and_all_are_bound() -> None:
    made = new_mux()
    made.open(port=0, addresses=("198.51.100.7", "2001:db8::7"))
    try:
        assert [item.address for item in made.candidates] == ["198.51.100.7", "2001:db8::7"]
        assert {item.port for item in made.candidates} == {made.port}
        assert made.candidates[0].priority > made.candidates[1].priority
        assert await answer_to("127.0.0.1", ("127.0.0.1", made.port)) == ("127.0.0.1", made.port)
        assert await answer_to("::1", ("::1", made.port)) == ("::1", made.port)
    finally:
        made.close()


@pytest.mark.asyncio
async def test_a_port_in_use_is_said_so() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="in use"):
            new_mux().open(port=other.getsockname()[1], addresses=("127.0.0.1",))


@pytest.mark.asyncio
async def test_a_free_port_is_free_at_every_address(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []
    bind = mux._bind

    def taken_at_first(addresses: tuple[str, ...], port: int) -> list[socket.socket]:
        tries.append(port)
        if len(tries) < 3:
            raise OSError(errno.EADDRINUSE, "in use")
        return bind(addresses, port)

    monkeypatch.setattr(mux, "_bind", taken_at_first)
    made = new_mux()
    made.open(port=0, addresses=("127.0.0.1",))
    made.close()
    assert tries == [0, 0, 0]
    monkeypatch.setattr(mux, "_PORT_TRIES", 2)
    tries.clear()
    with pytest.raises(OSError, match="no port is free"):
        made.open(port=0, addresses=("127.0.0.1",))


@pytest.mark.asyncio
async def test_an_address_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        new_mux().open(port=0, addresses=("nonsense",))
    with pytest.raises(OSError, match=r".+"):
        new_mux().open(port=0, addresses=("fe80::1",))  # without its interface
