"""A network between a client and a worker that loses, delays and overtakes: a relay for UDP datagrams, with a seed."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What happens to a datagram. Shares of 1, and seconds; `jitter` lets the later overtake the earlier."""

    loss: float = 0.05
    delay: float = 0.02
    jitter: float = 0.015
    straggling: float = 0.02
    """The share that takes as long again."""


class Way:
    """One direction."""

    def __init__(self, weather: Weather, seed: int) -> None:
        self._weather, self._dice = weather, random.Random(seed)
        self._loop = asyncio.get_running_loop()
        self.passed = self.lost = 0
        self.rough = False

    def carry(self, data: bytes, deliver: Callable[[bytes], None]) -> None:
        """Deliver it some time, or never."""
        weather, dice = self._weather, self._dice
        if self.rough and dice.random() < weather.loss:
            self.lost += 1
            return
        self.passed += 1
        delay = weather.delay + dice.uniform(0.0, weather.jitter)
        if dice.random() < weather.straggling:
            delay *= 2
        self._loop.call_later(delay if self.rough else 0.0, deliver, data)


class Side(asyncio.DatagramProtocol):
    """One of the relay's two sockets: hands on what comes, and remembers from where."""

    def __init__(self) -> None:
        self.peer: Address | None = None
        self.other: Side | None = None
        self.way: Way | None = None
        self.transport: asyncio.DatagramTransport | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    @override
    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.peer = addr
        assert self.way is not None
        assert self.other is not None
        self.way.carry(data, self.other.deliver)

    def itself(self) -> "Side":
        """As the loop wants it made."""
        return self

    def deliver(self, data: bytes) -> None:
        """Send it to whoever is behind this socket."""
        if self.transport is not None and self.peer is not None:
            self.transport.sendto(data, self.peer)


class Relay:
    """Stands between a client and `server`. The weather begins when `rough` is set."""

    def __init__(self, server: Address, *, weather: Weather, seed: int) -> None:
        self._front, self._back = Side(), Side()
        self._back.peer = server
        self._front.other, self._back.other = self._back, self._front
        self.up = self._front.way = Way(weather, seed)
        self.down = self._back.way = Way(weather, seed + 1)
        self.address: Address = ("", 0)

    async def open(self) -> "Relay":
        """Bind both sockets."""
        loop = asyncio.get_running_loop()
        for side in (self._front, self._back):
            await loop.create_datagram_endpoint(side.itself, ("127.0.0.1", 0))
        assert self._front.transport is not None
        self.address = self._front.transport.get_extra_info("sockname")
        return self

    def begin(self) -> None:
        """Let the weather turn."""
        self.up.rough = self.down.rough = True

    def close(self) -> None:
        """Deliver nothing any more."""
        for side in (self._front, self._back):
            transport, side.transport = side.transport, None
            if transport is not None:
                transport.close()
