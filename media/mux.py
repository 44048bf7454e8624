"""The UDP port of a worker: a socket for each address, drained in turns, every datagram told by its first octet.

A socket for each address, not one for all: an answer must leave from the address that the client wrote to, and a
socket bound to all of them leaves that to the routing table, which answers 127.0.0.1 for 192.0.2.2 when the client
sits on the same machine (tests/media/test_mux.py shows both).
"""

import asyncio
import contextlib
import dataclasses
import errno
import ipaddress
import socket
from collections.abc import Callable

from aioice.ice import get_host_addresses

from media.counters import Counters
from media.ice import Address, Agent, Agents
from media.srtp import Arena
from media.throttle import Throttle
from protocol.calls import IceCandidate

BATCH = 64
"""Datagrams per turn of the event loop: the timers and the control socket have their turn too."""
MAX_DATAGRAM = 1500
"""Bytes: what an Ethernet frame holds. Longer ones are no WebRTC."""
MAX_DOORS = 16
BUFFER = 4 * 1024 * 1024
"""Bytes asked of the kernel; it may grant less."""
_PORT_TRIES = 20


class UdpDoor:
    """One socket. `routes` leads from a validated source address to its agent."""

    def __init__(self, sock: socket.socket, *, mux: "Mux") -> None:
        self.sock = sock
        self.routes: dict[Address, Agent] = {}
        self._mux = mux
        self._counters = mux.counters

    def send(self, data: bytes | memoryview, address: Address) -> None:
        """Send one datagram, or lose it, as a network does."""
        try:
            self.sock.sendto(data, address)
            self._counters.sent += 1
        except OSError:
            self._counters.unsent += 1

    def drain(self) -> None:
        """Take what has come, up to a batch."""
        mux, view = self._mux, self._mux.arena.view
        for _ in range(BATCH):
            try:
                size, address = self.sock.recvfrom_into(view)
            except OSError:  # nothing more, or an ICMP error of something sent before
                return
            self._counters.received += 1
            if not 0 < size <= MAX_DATAGRAM:
                self._counters.misshapen += 1
            elif view[0] < 4:
                self._check(bytes(view[:size]), address)
            else:
                self._pass_on(view[0], size, address, mux.time())

    def _pass_on(self, first: int, size: int, address: Address, now: float) -> None:
        agent = self.routes.get(address)
        if agent is None:
            self._counters.stray += 1
        elif 127 < first < 192:  # RFC 7983, 7
            agent.owner.receive_media(size, now)
        elif 19 < first < 64:
            agent.owner.receive_handshake(bytes(self._mux.arena.view[:size]))
        else:
            self._counters.misshapen += 1

    def _check(self, data: bytes, address: Address) -> None:
        mux, now = self._mux, self._mux.time()
        if address in self.routes:
            mux.agents.receive(data, (self, address), now)
        elif not mux.agents.knows(data):  # nobody's tokens are spent on it
            mux.agents.refused += 1
        elif mux.throttle.allows(address[0], now):
            mux.agents.receive(data, (self, address), now)


class Mux:
    """All doors of a worker, at one port."""

    def __init__(
        self, *, agents: Agents, arena: Arena, counters: Counters, time: Callable[[], float]
    ) -> None:
        self.agents, self.arena, self.counters, self.time = agents, arena, counters, time
        self.throttle = Throttle(time())
        self.doors: list[UdpDoor] = []
        self.port = 0
        self.announced: tuple[str, ...] = ()

    def open(self, *, port: int, addresses: tuple[str, ...]) -> None:
        """Bind: the given addresses, or all of the machine's and 127.0.0.1. Raises OSError.

        An address that is not the machine's own (a router's, translated to it) is announced, and every one bound.
        """
        announced = addresses or machine_addresses()
        for _ in range(_PORT_TRIES):
            try:
                sockets = _bind(announced, port)
                break
            except OSError as error:
                if port or error.errno != errno.EADDRINUSE:
                    raise
        else:
            raise OSError(errno.EADDRINUSE, "no port is free at every address")
        self.announced, self.port = announced, sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        for sock in sockets:
            door = UdpDoor(sock, mux=self)
            self.doors.append(door)
            loop.add_reader(sock.fileno(), door.drain)

    def close(self) -> None:
        """Close every socket."""
        loop = asyncio.get_running_loop()
        for door in self.doors:
            loop.remove_reader(door.sock.fileno())
            door.sock.close()
        self.doors.clear()

    def counts(self) -> dict[str, int]:
        """Everything counted since the start, for the whole worker. `refused` and `throttled` are strangers' checks."""
        return {
            **dataclasses.asdict(self.counters),
            "refused": self.agents.refused,
            "throttled": self.throttle.refused,
        }

    @property
    def candidates(self) -> tuple[IceCandidate, ...]:
        """What is announced, the first address preferred (RFC 8445, 5.1.2.1)."""
        return tuple(
            IceCandidate(
                foundation=f"udp{index}",
                priority=(126 << 24) | ((65535 - index) << 8) | 255,
                address=address,
                port=self.port,
            )
            for index, address in enumerate(self.announced)
        )


def machine_addresses() -> tuple[str, ...]:
    """Every address of this machine that others may know, then 127.0.0.1."""
    found = get_host_addresses(use_ipv4=True, use_ipv6=True)
    return (*found[: MAX_DOORS - 1], "127.0.0.1")


def _bind(addresses: tuple[str, ...], port: int) -> list[socket.socket]:
    """A socket for each address, all at the port of the first."""
    bound: list[socket.socket] = []
    try:
        for address in dict.fromkeys(_bindable(address) for address in addresses):
            sock = _socket(address)
            bound.append(sock)
            sock.bind((address, port))
            port = sock.getsockname()[1]
    except OSError:
        for sock in bound:
            sock.close()
        raise
    return bound


def _bindable(address: str) -> str:
    """The address itself if the machine has it, else the one that stands for all."""
    with _socket(address) as probe:
        try:
            probe.bind((address, 0))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            return "0.0.0.0" if probe.family == socket.AF_INET else "::"  # noqa: S104
    return address


def _socket(address: str) -> socket.socket:
    version = ipaddress.ip_address(address).version
    sock = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setblocking(False)
    if version == 6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    return sock
