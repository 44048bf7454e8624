"""One participant's session in a call: what he has on the media worker. Pure bookkeeping, it asks nobody."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from protocol.pushes import Caller, Producer
from signalling.errors import CallLimit, PartUnknown

Direction = Literal["send", "recv"]

MAX_PRODUCERS = 4
"""Microphone, camera, screen and the screen's sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A producer and the transport that it comes by. Until the worker has it, it is not shown to others."""

    producer: Producer
    transport: UUID
    shown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Someone else's producer on its way to this peer."""

    producer: UUID
    transport: UUID


@dataclass(slots=True, kw_only=True, eq=False)
class Peer:
    """A session. `lost_at` is when its connection ended; `closed` once it is no longer of the call.

    `turn` keeps its requests to the worker in the order in which they came.
    """

    room: UUID
    session: UUID
    participant: UUID
    person: UUID
    name: str
    client: str
    lost_at: float | None = None
    closed: bool = False
    transports: dict[UUID, Direction] = field(default_factory=dict)
    tracks: dict[UUID, Track] = field(default_factory=dict)
    consumers: dict[UUID, Consumer] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def caller(self) -> Caller:
        """As the others see him."""
        return Caller(
            participant=self.participant,
            person=self.person,
            name=self.name,
            session=self.session,
            producers=tuple(track.producer for track in self.tracks.values() if track.shown),
        )

    def transport(self, id: UUID, direction: Direction | None = None) -> UUID:
        """One of his transports. Raises PartUnknown."""
        if id not in self.transports or direction not in (None, self.transports[id]):
            raise PartUnknown
        return id

    def going(self, direction: Direction) -> list[UUID]:
        """His transports in one direction."""
        return [id for id, way in self.transports.items() if way == direction]

    def drop_transport(self, id: UUID) -> list[UUID]:
        """Forget a transport and what it carries. Returns the producers that went with it."""
        self.transports.pop(id, None)
        gone = [producer for producer, track in self.tracks.items() if track.transport == id]
        for producer in gone:
            del self.tracks[producer]
        self.consumers = {
            key: consumer for key, consumer in self.consumers.items() if consumer.transport != id
        }
        return gone

    def add_track(self, producer: Producer, transport: UUID) -> None:
        """Reserve a place for a track. Raises PartUnknown, CallLimit."""
        self.transport(transport, "send")
        if len(self.tracks) >= MAX_PRODUCERS:
            raise CallLimit
        self.tracks[producer.id] = Track(producer=producer, transport=transport)

    def track(self, id: UUID) -> Track:
        """One of his tracks. Raises PartUnknown."""
        track = self.tracks.get(id)
        if track is None:
            raise PartUnknown
        return track

    def show(self, id: UUID, *, paused: bool | None = None) -> None:
        """The worker has this track; `paused` where that has changed. Raises PartUnknown."""
        track = self.track(id)
        now = track.producer.paused if paused is None else paused
        self.tracks[id] = replace(track, shown=True, producer=replace(track.producer, paused=now))

    def consumer(self, id: UUID) -> UUID:
        """One of his consumers. Raises PartUnknown."""
        if id not in self.consumers:
            raise PartUnknown
        return id

    def add_consumer(self, id: UUID, *, producer: UUID, transport: UUID) -> UUID | None:
        """One of each producer: a new one replaces the old, which is returned. Raises PartUnknown."""
        self.transport(transport, "recv")
        old = next(
            (key for key, other in self.consumers.items() if other.producer == producer), None
        )
        if old is not None:
            del self.consumers[old]
        self.consumers[id] = Consumer(producer=producer, transport=transport)
        return old

    def drop_producers(self, gone: list[UUID]) -> None:
        """These producers of others are closed, and the worker has closed their consumers."""
        self.consumers = {
            key: consumer
            for key, consumer in self.consumers.items()
            if consumer.producer not in gone
        }
