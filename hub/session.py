"""A connection with its way out: carries out the steps that hub/connection decides."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from hub.connection import Close, Connection, Run, Send, Step
from hub.outlet import Message, Outlet
from protocol.disconnects import Disconnect
from protocol.envelope import Command


class Owner(Protocol):
    """What a session needs of its hub."""

    @property
    def closing(self) -> float:
        """Seconds that a closing handshake may take."""
        ...

    def run(self, session: "Session", command: Command) -> asyncio.Task[None]:
        """Carry a command out."""
        ...

    def schedule(self, session: "Session") -> None:
        """Call `Session.tick` at the connection's deadline."""
        ...

    def ended(self, session: "Session") -> None:
        """The session is over: forget it, and tell who wants to know."""
        ...


class Session:
    """What a transport talks to. `clock` gives seconds of a steady clock; `network` is where a stranger comes from."""

    __slots__ = (
        "_bulk",
        "_clock",
        "_closes",
        "_finished",
        "_owner",
        "_tasks",
        "connection",
        "gone",
        "network",
        "outlet",
    )

    def __init__(
        self,
        connection: Connection,
        outlet: Outlet,
        owner: Owner,
        *,
        clock: Callable[[], float],
        network: str = "",
    ) -> None:
        self._bulk: asyncio.Lock | None = None
        self._finished = False
        self.gone = False
        self.network = network
        self.connection = connection
        self.outlet = outlet
        self._owner = owner
        self._clock = clock
        self._tasks: dict[asyncio.Task[None], Command] = {}
        self._closes = float("inf")

    # What the transport tells

    def receive(self, text: str) -> None:
        """One message came."""
        self.perform(self.connection.receive(text, self._clock()))

    def count(self) -> None:
        """A frame came that is no message."""
        self.perform(self.connection.count(self._clock()))

    def end(self, why: Disconnect) -> None:
        """End it: nothing more is taken in, and `why` goes out last."""
        self.perform(self.connection.end(why))

    def closing(self) -> None:
        """The closing handshake began: the transport is aborted where it does not end in time."""
        self._closes = self._clock() + self._owner.closing
        self._finish()
        self._owner.schedule(self)

    def lost(self) -> None:
        """The transport is gone."""
        self.gone = True
        self._closes = float("inf")
        self._finish()
        self._owner.schedule(self)

    # What the commands ask

    @asynccontextmanager
    async def bulk(self) -> AsyncIterator[None]:
        """For a large answer: one at a time, when the reader has room for it.

        A client who comes back with many channels would otherwise be slow by his own recoveries, again and again.
        """
        if self._bulk is None:
            self._bulk = asyncio.Lock()
        async with self._bulk:
            await self.outlet.writable()
            yield

    # What the hub tells

    @property
    def deadline(self) -> float:
        """When `tick` is to be called; infinite when never."""
        return self._closes if self.ended else self.connection.deadline

    @property
    def ended(self) -> bool:
        """Whether nothing more is taken in."""
        return self.connection.ended

    def now(self) -> float:
        """Seconds of the steady clock."""
        return self._clock()

    def reschedule(self) -> None:
        """The deadline has changed."""
        self._owner.schedule(self)

    def tick(self) -> None:
        """The deadline is here."""
        now = self._clock()
        if self.ended:
            if now >= self._closes:
                self.outlet.abort()
            return
        self.perform(self.connection.tick(now))
        self._owner.schedule(self)

    def send(self, payload: bytes) -> None:
        """Send a payload, unless the connection has ended."""
        if not self.ended:
            self.outlet.send(Message(payload))

    def perform(self, steps: list[Step]) -> None:
        """Carry out what the connection decided."""
        for step in steps:
            match step:
                case Send(payload):
                    self.outlet.send(Message(payload))
                case Run(command):
                    self._run(command)
                case Close(why):
                    self.outlet.close(why)
                    self.closing()

    def finish(self, command: Command) -> None:
        """A command is answered: what waited behind it begins."""
        self.perform(self.connection.finish(command))

    def _run(self, command: Command) -> None:
        task = self._owner.run(self, command)
        self._tasks[task] = command
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)

    def _finish(self) -> None:
        """It is over: once, however it came about."""
        self.connection.lost()
        if self._finished:
            return
        self._finished = True
        tasks, self._tasks = self._tasks, {}
        for task in tasks:
            task.cancel()
        self._owner.ended(self)
