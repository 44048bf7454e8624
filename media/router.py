"""The rooms of a worker: who publishes what to whom. Every method is synchronous; a refusal changes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from media import capabilities
from media.consumer import Consumer
from media.errors import MediaRefused
from media.handshakes import Handshakes
from media.options import Limits, Timing
from media.producer import Producer
from media.srtp import Keys
from media.transport import Surroundings, Transport
from protocol.calls import (
    DtlsParameters,
    Encoding,
    IceParameters,
    Kind,
    RtpCapabilities,
    RtpParameters,
)

T = TypeVar("T")
OnEvent = Callable[[str, Mapping[str, Any]], None]


@dataclass(slots=True)
class Room:
    """Its transports by id, and its participants' names in RTCP: random ones, as they reach every other participant."""

    transports: dict[str, Transport] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


class Router:
    """Transports, producers and consumers of a worker, each by its id."""

    def __init__(
        self, around: Surroundings, *, timing: Timing, limits: Limits, on_event: OnEvent
    ) -> None:
        self.around = around
        self.transports: dict[str, Transport] = {}
        self.producers: dict[str, Producer] = {}
        self.consumers: dict[str, Consumer] = {}
        self.rooms: dict[str, Room] = {}
        self.handshakes = Handshakes(timing, on_connected=self._connected, on_ended=self.expire)
        self._timing = timing
        self._limits = limits
        self._on_event = on_event

    def create_transport(
        self, name: str, *, room: str, participant: str, send: bool, receive: bool
    ) -> Transport:
        """A new client's transport."""
        if name in self.transports:
            raise MediaRefused("exists", "there is such a transport")
        if len(self.transports) >= self._limits.transports:
            raise MediaRefused("limit", "this worker is full")
        transport = Transport(
            name,
            room=room,
            participant=participant,
            around=self.around,
            handshake=self.handshakes.receive,
        )
        transport.send, transport.receive = send, receive
        self.transports[name] = transport
        self.rooms.setdefault(room, Room()).transports[name] = transport
        self.handshakes.open(transport)
        return transport

    def connect_transport(self, name: str, theirs: DtlsParameters) -> None:
        """Expect the client's certificate. We are the DTLS server."""
        transport = self._transport(name)
        if theirs.role == "server":
            raise MediaRefused("unsupported", "the client must be the DTLS client")
        self.handshakes.start(transport, theirs)

    def restart_ice(self, name: str) -> IceParameters:
        """New credentials."""
        return self.around.agents.restart(self._transport(name).ice)

    def grant(self, name: str, *, send: bool, receive: bool) -> None:
        """Change what a participant may."""
        transport = self._transport(name)
        transport.send, transport.receive = send, receive
        self._refresh(*transport.producers.values())
        self._refresh(*(consumer.producer for consumer in transport.consumers.values()))

    def close_transport(self, name: str) -> None:
        """Close it and what belongs to it."""
        transport = self.transports.pop(name, None)
        if transport is None:
            return
        for producer in list(transport.producers.values()):
            self.close_producer(producer.id)
        for consumer in list(transport.consumers.values()):
            self.close_consumer(consumer.id)
        transport.keys = None
        self.handshakes.close(transport)
        room = self.rooms[transport.room]
        del room.transports[name]
        if not room.transports:
            del self.rooms[transport.room]

    def close_room(self, name: str) -> None:
        """Close every transport of it."""
        room = self.rooms.get(name)
        for transport in list(room.transports) if room is not None else ():
            self.close_transport(transport)

    def expire(self, transport: Transport, reason: str) -> None:
        """Close a transport by ourselves, and say so."""
        if self.transports.get(transport.id) is transport:
            self.close_transport(transport.id)
            self._tell("transport-closed", transport, reason=reason)

    def produce(
        self, name: str, *, transport: str, kind: Kind, parameters: RtpParameters, paused: bool
    ) -> Producer:
        """A new track."""
        owner = self._transport(transport)
        if name in self.producers:
            raise MediaRefused("exists", "there is such a producer")
        if len(owner.producers) >= self._limits.producers:
            raise MediaRefused("limit", "too many tracks")
        producer = Producer(
            name,
            transport=transport,
            published=capabilities.published(kind, parameters),
            timeline=owner.timeline,
            counters=self.around.counters,
            paused=paused,
        )
        owner.streams.add(producer)
        self.producers[name] = owner.producers[name] = producer
        return producer

    def consume(
        self, name: str, *, transport: str, producer: str, theirs: RtpCapabilities
    ) -> Consumer:
        """A track for one more subscriber, paused."""
        peer, source = self._transport(transport), self._producer(producer)
        publisher = self.transports[source.transport]
        if publisher.room != peer.room:
            raise MediaRefused("not-found", "there is no such producer in this room")
        if name in self.consumers:
            raise MediaRefused("exists", "there is such a consumer")
        if len(peer.consumers) >= self._limits.consumers:
            raise MediaRefused("limit", "too many tracks")
        parameters = capabilities.consumed(
            source.published.kind,
            theirs,
            mid=str(peer.mids),
            encoding=Encoding(ssrc=self._ssrc(peer), rtx_ssrc=self._ssrc(peer)),
            cname=self._name_of(publisher),
        )
        consumer = Consumer(
            name, producer=source, peer=peer, parameters=parameters, draw=self.around.draw
        )
        self._admit(consumer, peer)
        return consumer

    def pause_producer(self, name: str, *, paused: bool) -> None:
        """Mute or unmute."""
        producer = self._producer(name)
        producer.paused = paused
        self._refresh(producer)

    def pause_consumer(self, name: str, *, paused: bool) -> None:
        """Stop or start sending it to this subscriber."""
        consumer = self._consumer(name)
        consumer.paused = paused
        self._refresh(consumer.producer)

    def close_producer(self, name: str) -> None:
        """Close it with its consumers."""
        producer = self.producers.pop(name, None)
        if producer is None:
            return
        for consumer in list(producer.consumers.values()):
            self.close_consumer(consumer.id)
        owner = self.transports.get(producer.transport)
        if owner is not None:
            owner.forget(producer)

    def close_consumer(self, name: str) -> None:
        """Stop it, with a goodbye to the subscriber."""
        consumer = self.consumers.pop(name, None)
        if consumer is None:
            return
        consumer.producer.remove(consumer)
        self._refresh(consumer.producer)
        consumer.peer.release(consumer)

    def check_consent(self, now: float) -> None:
        """Notice who is silent; about once a second."""
        for transport in list(self.transports.values()):
            silence = transport.ice.silence(now)
            if silence >= self._timing.expired:
                self.expire(transport, "consent")
            elif transport.state == "connected" and silence >= self._timing.disconnected:
                self._change(transport, "disconnected")
            elif transport.state == "disconnected" and silence < self._timing.disconnected:
                self._change(transport, "connected")

    def _admit(self, consumer: Consumer, peer: Transport) -> None:
        peer.mids += 1
        self.consumers[consumer.id] = peer.consumers[consumer.id] = consumer
        peer.consumers_by_ssrc[consumer.ssrc] = consumer
        consumer.producer.add(consumer)
        if peer.keys is not None:
            consumer.connect(peer.keys)

    def _connected(self, transport: Transport, keys: Keys) -> None:
        if self.transports.get(transport.id) is not transport:
            return  # closed in the very moment
        transport.keys = keys
        for consumer in transport.consumers.values():
            consumer.connect(keys)
        self._refresh(*(consumer.producer for consumer in transport.consumers.values()))
        self._change(transport, "connected")

    def _refresh(self, *producers: Producer) -> None:
        for producer in producers:
            owner = self.transports.get(producer.transport)
            flows = owner is not None and owner.send and not producer.paused
            consumers = producer.consumers.values() if flows else ()
            producer.choose(tuple(item for item in consumers if item.may_flow))

    def _change(self, transport: Transport, state: str) -> None:
        transport.state = state
        self._tell("transport-state", transport, state=state)

    def _tell(self, event: str, transport: Transport, **fields: str) -> None:
        about = {"transport": transport.id, "room": transport.room}
        self._on_event(event, {**about, "participant": transport.participant, **fields})

    def _name_of(self, publisher: Transport) -> str:
        names = self.rooms[publisher.room].names
        if publisher.participant not in names:
            names[publisher.participant] = self.around.draw.text(16)
        return names[publisher.participant]

    def _ssrc(self, peer: Transport) -> int:
        """One that no track of this subscriber has: 0 is none, and browsers keep 1234 to themselves."""
        taken = {1234, *peer.consumers_by_ssrc}
        taken.update(consumer.rtx_ssrc for consumer in peer.consumers.values())
        ssrc = 1234
        while ssrc in taken:
            ssrc = self.around.draw.below(0xFFFFFFFF) + 1
        return ssrc

    def _transport(self, name: str) -> Transport:
        return _find(self.transports, name, "transport")

    def _producer(self, name: str) -> Producer:
        return _find(self.producers, name, "producer")

    def _consumer(self, name: str) -> Consumer:
        return _find(self.consumers, name, "consumer")


def _find(table: dict[str, T], name: str, what: str) -> T:
    found = table.get(name)
    if found is None:
        raise MediaRefused("not-found", f"there is no such {what}")
    return found
