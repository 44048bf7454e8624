"""The DTLS associations of a worker's transports, and the tasks that run their handshakes."""

import asyncio
from collections.abc import Callable

from media.dtls import Association, Certificate
from media.errors import MediaRefused
from media.options import Timing
from media.srtp import Keys
from media.transport import Transport
from protocol.calls import DtlsParameters


class Handshakes:
    """Owns every association from `open` to `close`. The callbacks are called from its tasks, once a transport."""

    def __init__(
        self,
        timing: Timing,
        *,
        on_connected: Callable[[Transport, Keys], None],
        on_ended: Callable[[Transport, str], None],
    ) -> None:
        """`on_ended(transport, reason)`: "handshake" when it failed, "peer" when the far side said goodbye."""
        self._certificate = Certificate()
        self._timing = timing
        self._on_connected = on_connected
        self._on_ended = on_ended
        self._associations: dict[str, Association] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def parameters(self) -> DtlsParameters:
        """Those of every transport."""
        return self._certificate.parameters

    def receive(self, name: str, data: bytes) -> bool:
        """A DTLS datagram for this transport; False if it has no room for it."""
        association = self._associations.get(name)
        return association is not None and association.receive(data)

    def open(self, transport: Transport) -> None:
        """Be ready for its datagrams."""
        self._associations[transport.id] = Association(
            self._certificate,
            send=transport.send_datagram,
            on_end=lambda: self._on_ended(transport, "peer"),
        )

    def start(self, transport: Transport, theirs: DtlsParameters) -> None:
        """Run the handshake. Raises MediaRefused if it began before."""
        if transport.id in self._tasks:
            raise MediaRefused("wrong-state", "connected already")
        run = self._run(transport, self._associations[transport.id], theirs)
        self._tasks[transport.id] = asyncio.get_running_loop().create_task(run)

    def close(self, transport: Transport) -> None:
        """Say goodbye, then close the transport."""
        task = self._tasks.pop(transport.id, None)
        goodbye = self._end(transport, task, self._associations.pop(transport.id))
        closing = asyncio.get_running_loop().create_task(goodbye)
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    async def settle(self) -> None:
        """Wait until all that was closed is closed."""
        await asyncio.gather(*self._closing)

    async def _run(
        self, transport: Transport, association: Association, theirs: DtlsParameters
    ) -> None:
        keys = await association.handshake(
            theirs, patience=self._timing.expired, deadline=self._timing.handshake
        )
        if keys is None:
            self._on_ended(transport, "handshake")
        else:
            self._on_connected(transport, keys)

    @staticmethod
    async def _end(
        transport: Transport, task: asyncio.Task[None] | None, association: Association
    ) -> None:
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        await association.close()
        transport.close()
