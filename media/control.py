"""The gateway's side of the control socket to one media worker. Loads neither aiortc nor any packet code.

Ids are chosen by the caller (uuid strings), so that a repeated request is recognised: `exists`. The parameters are
the ORTC objects of mediasoup-client as plain dicts: `protocol/calls.py` describes and checks them, in the worker too.

Events, given to `on_event(name, fields)`; the callback must not block:

transport-state    {transport, room, participant, state: "connected" | "disconnected"}
transport-closed   {transport, room, participant, reason: "consent" | "handshake" | "peer" | "gateway-lost"}; never for
                   what the gateway closed itself
worker-lost        {}; the connection is gone, after 15 s without one the worker closes every transport; or it hung
                   for 6 s and was killed, if it is a process that we may kill
worker-back        {restarted: bool}; connected again. `restarted`: another process, everything is gone; otherwise
                   what was there before still is, unless `transport-closed` says so
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from media import frames, heartbeat
from media.errors import MediaRefused, MediaUnavailable
from media.heartbeat import Heartbeat

DEADLINE = 5.0
"""Seconds for one answer. The worker's methods are synchronous and take milliseconds."""

MAX_PENDING = 1000
"""Requests in flight; beyond them the worker is not keeping up, and waiting longer helps nobody."""

_RECONNECT = (0.05, 0.1, 0.25, 0.5, 1.0)

log = logging.getLogger(__name__)

OnEvent = Callable[[str, Mapping[str, Any]], None]


class MediaControl:
    """One connection to one worker, which comes back by itself. Raises MediaUnavailable and MediaRefused."""

    def __init__(
        self,
        path: str,
        *,
        on_event: OnEvent,
        deadline: float = DEADLINE,
        beat: Heartbeat | None = None,
    ) -> None:
        self._path = path
        self._on_event = on_event
        self._deadline = deadline
        self._beat = beat or Heartbeat()
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._pending: dict[int, asyncio.Future[Any]] = {}
        self._last_id = 0
        self._worker = ""
        self._ready = asyncio.Event()
        self._opened = False

    @property
    def connected(self) -> bool:
        """Whether the worker can be asked at this moment."""
        return self._ready.is_set()

    async def open(self) -> None:
        """Start connecting, and wait for it at most one deadline: `connected` says whether it came about."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="media control")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._deadline):
                await self._ready.wait()
        self._opened = True

    async def close(self) -> None:
        """Drop the connection for good, without an event. The worker's transports outlive it by 15 s."""
        self._opened = False
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def capabilities(self) -> dict[str, Any]:
        """The router's RtpCapabilities: the same for every room, for as long as the worker lives."""
        return await self._ask_for("capabilities")

    async def create_transport(
        self, *, transport: str, room: str, participant: str, send: bool, receive: bool
    ) -> dict[str, Any]:
        """A transport of one participant: {id, iceParameters, iceCandidates, dtlsParameters}. Refusals: exists, limit.

        `send` and `receive` are its grants: without them the worker takes no packet from it, and sends none.
        """
        return await self._ask_for(
            "create_transport",
            transport=transport,
            room=room,
            participant=participant,
            send=send,
            receive=receive,
        )

    async def connect_transport(self, transport: str, dtls_parameters: Mapping[str, Any]) -> None:
        """Say which certificate the far side will show. Refusals: invalid, not-found, wrong-state."""
        await self._ask("connect_transport", transport=transport, dtls=dict(dtls_parameters))

    async def restart_ice(self, transport: str) -> dict[str, Any]:
        """New iceParameters; the old ones hold until the new ones are used. Refusals: not-found."""
        return await self._ask_for("restart_ice", transport=transport)

    async def grant(self, transport: str, *, send: bool, receive: bool) -> None:
        """Change a transport's grants, from the next packet on. Refusals: not-found."""
        await self._ask("grant", transport=transport, send=send, receive=receive)

    async def close_transport(self, transport: str) -> None:
        """Close it with all its producers and consumers, and their consumers. No error if it is gone already."""
        await self._ask("close_transport", transport=transport)

    async def produce(
        self,
        *,
        producer: str,
        transport: str,
        kind: str,
        rtp_parameters: Mapping[str, Any],
        paused: bool,
    ) -> None:
        """Expect a track. Refusals: invalid, unsupported, not-found, exists, limit."""
        await self._ask(
            "produce",
            producer=producer,
            transport=transport,
            kind=kind,
            rtp=dict(rtp_parameters),
            paused=paused,
        )

    async def consume(
        self, *, consumer: str, transport: str, producer: str, rtp_capabilities: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Prepare a track for a subscriber, paused: {id, producerId, kind, rtpParameters}.

        Transport and producer must be of one room. Refusals: invalid, unsupported, not-found, exists, limit.
        """
        return await self._ask_for(
            "consume",
            consumer=consumer,
            transport=transport,
            producer=producer,
            capabilities=dict(rtp_capabilities),
        )

    async def pause_producer(self, producer: str) -> None:
        """Mute: nothing of it is forwarded. Refusals: not-found."""
        await self._ask("pause_producer", producer=producer)

    async def resume_producer(self, producer: str) -> None:
        """Forward it again; video from its next key frame. Refusals: not-found."""
        await self._ask("resume_producer", producer=producer)

    async def close_producer(self, producer: str) -> None:
        """Close it with its consumers. No error if it is gone already."""
        await self._ask("close_producer", producer=producer)

    async def pause_consumer(self, consumer: str) -> None:
        """Send this subscriber nothing of this track. Refusals: not-found."""
        await self._ask("pause_consumer", consumer=consumer)

    async def resume_consumer(self, consumer: str) -> None:
        """Send it; video from the next key frame, which is asked for. Refusals: not-found."""
        await self._ask("resume_consumer", consumer=consumer)

    async def close_consumer(self, consumer: str) -> None:
        """Stop and forget it. No error if it is gone already."""
        await self._ask("close_consumer", consumer=consumer)

    async def close_room(self, room: str) -> None:
        """Close every transport of a room. No error if there is none."""
        await self._ask("close_room", room=room)

    async def stats(self, room: str) -> dict[str, Any]:
        """What is sent, received and lost in a room: {transports: [...], producers: [...], consumers: [...], worker}.

        `worker`: what the whole worker has counted since its start (media/counters.py), whatever the room.
        """
        return await self._ask_for("stats", room=room)

    async def _ask_for(self, method: str, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await self._ask(method, **parameters)
        return answer

    async def _ask(self, method: str, *, within: float | None = None, **parameters: Any) -> Any:
        writer = self._writer
        if writer is None or len(self._pending) >= MAX_PENDING:
            raise MediaUnavailable("the media worker cannot be reached")
        self._last_id += 1
        request = self._last_id
        answer = self._pending[request] = asyncio.get_running_loop().create_future()
        try:
            writer.write(self._frame(request, method, parameters))
            # Not wait_for: before Python 3.12 it swallows a cancellation that comes together with the answer.
            async with asyncio.timeout(self._deadline if within is None else within):
                return await answer
        except TimeoutError:
            raise MediaUnavailable(f"the media worker did not answer {method}") from None
        finally:
            self._pending.pop(request, None)

    @staticmethod
    def _frame(request: int, method: str, parameters: dict[str, Any]) -> bytes:
        try:
            return frames.encode([request, method, parameters])
        except (frames.FrameError, TypeError, ValueError, OverflowError) as error:
            raise MediaRefused("invalid", "the parameters cannot be sent") from error

    async def _run(self) -> None:
        attempt = 0
        while True:
            try:
                reader, self._writer = await asyncio.open_unix_connection(self._path)
                async with self._watching(self._writer):
                    if await self._converse(reader):
                        attempt = 0
            except (OSError, frames.FrameError):
                pass
            finally:
                self._lost()
            await asyncio.sleep(_RECONNECT[min(attempt, len(_RECONNECT) - 1)])
            attempt += 1

    @asynccontextmanager
    async def _watching(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        """End the connection during the block, and the worker, once it is silent."""
        task = asyncio.get_running_loop().create_task(self._watch(writer), name="media heartbeat")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _watch(self, writer: asyncio.StreamWriter) -> None:
        await heartbeat.until_silent(lambda seconds: self._ask("ping", within=seconds), self._beat)
        killed = heartbeat.end(heartbeat.listener(writer))
        log.error("the media worker does not answer", extra={"killed": killed})
        writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader) -> bool:
        """Read until the connection ends. True if the worker greeted us."""
        greeted = False
        while (message := await frames.read(reader)) is not None:
            request, first, second = message
            if request:
                self._answered(request, first, second)
            elif first == "hello":
                greeted = True
                self._greeted(second["worker"])
            else:
                self._tell(first, second)
        return greeted

    def _tell(self, event: str, fields: Mapping[str, Any]) -> None:
        try:
            self._on_event(event, fields)
        except Exception:  # its bug must not cost us the worker
            log.exception("a listener failed at %s", event)

    def _greeted(self, worker: str) -> None:
        restarted, self._worker = worker != self._worker, worker
        self._ready.set()
        if self._opened:
            self._tell("worker-back", {"restarted": restarted})

    def _answered(self, request: int, result: Any, error: Any) -> None:
        answer = self._pending.get(request)
        if answer is None or answer.done():
            return  # it came after the deadline
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(MediaRefused(error[0], error[1]))

    def _lost(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(
                    MediaUnavailable("the connection to the media worker was lost")
                )
        if self._ready.is_set():
            self._ready.clear()
            if self._opened:
                self._tell("worker-lost", {})
