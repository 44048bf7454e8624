"""What is sent, received and lost in one room, as plain values. No addresses, no names of people."""

from typing import Any

from media.consumer import Consumer
from media.producer import Producer
from media.router import Router
from media.transport import Transport


def room_stats(router: Router, name: str) -> dict[str, Any]:
    """A room's transports, producers and consumers; empty lists where there is no such room."""
    room = router.rooms.get(name)
    transports = list(room.transports.values()) if room is not None else []
    return {
        "transports": [_transport(item) for item in transports],
        "producers": [
            _producer(track, item) for item in transports for track in item.producers.values()
        ],
        "consumers": [_consumer(track) for item in transports for track in item.consumers.values()],
    }


def _transport(transport: Transport) -> dict[str, Any]:
    return {
        "id": transport.id,
        "participant": transport.participant,
        "state": transport.state,
        "send": transport.send,
        "receive": transport.receive,
        "rtt": transport.rtt,
        "remb": transport.remb,
    }


def _producer(producer: Producer, transport: Transport) -> dict[str, Any]:
    reception = producer.reception
    return {
        "id": producer.id,
        "participant": transport.participant,
        "kind": producer.published.kind,
        "paused": producer.paused,
        "packets": producer.packets,
        "octets": producer.octets,
        "lost": reception.lost,
        "repaired": producer.repaired,
        "jitter": reception.jitter / producer.published.clock_rate,
        "keyFrameRequests": producer.requested,
    }


def _consumer(consumer: Consumer) -> dict[str, Any]:
    loss = consumer.loss
    return {
        "id": consumer.id,
        "producer": consumer.producer.id,
        "paused": consumer.paused,
        "packets": consumer.packets,
        "octets": consumer.octets,
        "resent": consumer.resent,
        "lost": loss.lost if loss is not None else 0,
        "fractionLost": loss.fraction / 256 if loss is not None else 0.0,
    }
