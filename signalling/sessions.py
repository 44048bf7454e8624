"""What a session asks of the media worker: transports, tracks, and other people's tracks. In the order it asked.

Whatever the worker is asked to make is written down first: a session that is dropped meanwhile takes it along.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID, uuid4

from media.control import MediaControl
from media.errors import MediaRefused, MediaUnavailable
from protocol.calls import DtlsParameters, RtpCapabilities, RtpParameters
from protocol.errors import RequestError
from protocol.pushes import Producer
from signalling.call import Call
from signalling.errors import CallUnavailable, MediaNo, PartUnknown
from signalling.peer import Direction, Peer
from signalling.switchboard import Switchboard


@contextmanager
def asking() -> Iterator[None]:
    """Give the worker's refusals our names."""
    try:
        yield
    except MediaUnavailable:
        raise CallUnavailable from None
    except MediaRefused as refusal:
        raise _named(refusal) from None


def _named(refusal: MediaRefused) -> RequestError:
    if refusal.slug == "not-found":
        return PartUnknown()
    if refusal.slug == "internal":
        return CallUnavailable()
    return MediaNo(refusal.detail, reason=refusal.slug)


class Sessions:
    """Each raises SessionUnknown, SessionReplaced, CallUnavailable, and PartUnknown for what he does not have."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    async def transport(self, peer: Peer, direction: Direction) -> Mapping[str, Any]:
        """A new transport, in the place of the one he had in this direction.

        Returns {id, iceParameters, iceCandidates, dtlsParameters}. It may do what its direction says and nothing else.
        """
        async with self._turn(peer):
            for old in peer.going(direction):
                self._give_up(peer, old)
            await self._board.errands.run()
            self._board.check(peer)
            id = uuid4()
            peer.transports[id] = direction
            try:
                with asking():
                    return await self._worker(peer).create_transport(
                        transport=str(id),
                        room=str(peer.room),
                        participant=str(peer.participant),
                        send=direction == "send",
                        receive=direction == "recv",
                    )
            except BaseException:
                self._give_up(peer, id)
                raise

    async def connect(self, peer: Peer, transport: UUID, dtls: DtlsParameters) -> None:
        """Say which certificate the browser will show."""
        async with self._turn(peer):
            id = str(peer.transport(transport))
            with asking():
                await self._worker(peer).connect_transport(id, dtls.wire())

    async def restart(self, peer: Peer, transport: UUID) -> Mapping[str, Any]:
        """New iceParameters, after the browser's network has changed."""
        async with self._turn(peer):
            id = str(peer.transport(transport))
            with asking():
                return await self._worker(peer).restart_ice(id)

    async def produce(
        self, peer: Peer, transport: UUID, producer: Producer, rtp: RtpParameters
    ) -> None:
        """Publish a track. Raises CallLimit, MediaNo."""
        async with self._turn(peer):
            peer.add_track(producer, transport)
            try:
                with asking():
                    await self._worker(peer).produce(
                        producer=str(producer.id),
                        transport=str(transport),
                        kind=producer.kind,
                        rtp_parameters=rtp.wire(),
                        paused=producer.paused,
                    )
            except BaseException:
                peer.tracks.pop(producer.id, None)
                self._board.errands.add(peer.room, producer=producer.id)
                raise
            peer.show(producer.id)
            self._board.changed(peer.room)

    async def consume(
        self, peer: Peer, transport: UUID, producer: UUID, capabilities: RtpCapabilities
    ) -> Mapping[str, Any]:
        """Prepare somebody else's track, paused: {id, producerId, kind, rtpParameters}. Raises MediaNo."""
        async with self._turn(peer) as call:
            call.receivable(producer, by=peer)
            id = uuid4()
            old = peer.add_consumer(id, producer=producer, transport=transport)
            try:
                self._board.errands.add(peer.room, consumer=old)
                await self._board.errands.run()
                with asking():
                    answer = await self._worker(peer).consume(
                        consumer=str(id),
                        transport=str(transport),
                        producer=str(producer),
                        rtp_capabilities=capabilities.wire(),
                    )
            except BaseException:
                peer.consumers.pop(id, None)
                self._board.errands.add(peer.room, consumer=id)
                raise
            peer.consumer(id)
            return answer

    async def pause_producer(self, peer: Peer, producer: UUID, *, paused: bool) -> None:
        """Mute a track, or let it be heard again. The others are told."""
        async with self._turn(peer):
            id, worker = str(peer.track(producer).producer.id), self._worker(peer)
            with asking():
                await (worker.pause_producer(id) if paused else worker.resume_producer(id))
            peer.show(producer, paused=paused)
            self._board.changed(peer.room)

    async def pause_consumer(self, peer: Peer, consumer: UUID, *, paused: bool) -> None:
        """Receive a track, or do not for now."""
        async with self._turn(peer):
            id, worker = str(peer.consumer(consumer)), self._worker(peer)
            with asking():
                await (worker.pause_consumer(id) if paused else worker.resume_consumer(id))

    async def close_producer(self, peer: Peer, producer: UUID) -> None:
        """Publish a track no longer. The others are told."""
        async with self._turn(peer) as call:
            peer.track(producer)
            del peer.tracks[producer]
            call.forget([producer])
            self._board.errands.add(peer.room, producer=producer)
            self._board.changed(peer.room)
            await self._board.errands.run()

    async def close_consumer(self, peer: Peer, consumer: UUID) -> None:
        """Receive a track no longer."""
        async with self._turn(peer):
            del peer.consumers[peer.consumer(consumer)]
            self._board.errands.add(peer.room, consumer=consumer)
            await self._board.errands.run()

    @asynccontextmanager
    async def _turn(self, peer: Peer) -> AsyncIterator[Call]:
        """His requests one after the other; the session is checked when its turn has come, and at its end."""
        async with peer.turn:
            yield self._board.check(peer)
            self._board.check(peer)

    def _give_up(self, peer: Peer, transport: UUID) -> None:
        self._board.forget_transport(peer, transport)
        self._board.errands.add(peer.room, transports=[transport])

    def _worker(self, peer: Peer) -> MediaControl:
        return self._board.placement.worker_of(peer.room)
