"""The methods of the control socket: their parameters read, the router asked, the answer as plain values."""

from collections.abc import Callable, Mapping
from typing import Any

from media import capabilities
from media.errors import MediaRefused
from media.router import Router
from media.stats import room_stats
from protocol import shapes
from protocol.calls import (
    DtlsParameters,
    IceCandidate,
    RtpCapabilities,
    RtpParameters,
    read_kind,
)

Parameters = Mapping[str, Any]
MAX_ID = 64
"""Characters: a UUID has 36."""


class Operations:
    """`answer(method, parameters)`: the result, or MediaRefused."""

    def __init__(
        self,
        router: Router,
        candidates: tuple[IceCandidate, ...],
        *,
        counts: Callable[[], Mapping[str, int]],
    ) -> None:
        """`counts`: what the worker has counted since its start (media/mux.py)."""
        self._router = router
        self._candidates = [candidate.wire() for candidate in candidates]
        self._methods: dict[str, Callable[[Parameters], object]] = {
            "ping": lambda _: None,
            "capabilities": lambda _: capabilities.ROUTER.wire(),
            "create_transport": self._create_transport,
            "connect_transport": self._connect_transport,
            "restart_ice": lambda given: router.restart_ice(_id(given, "transport")).wire(),
            "grant": self._grant,
            "close_transport": lambda given: router.close_transport(_id(given, "transport")),
            "produce": self._produce,
            "consume": self._consume,
            "pause_producer": lambda given: self._pause_producer(given, paused=True),
            "resume_producer": lambda given: self._pause_producer(given, paused=False),
            "close_producer": lambda given: router.close_producer(_id(given, "producer")),
            "pause_consumer": lambda given: self._pause_consumer(given, paused=True),
            "resume_consumer": lambda given: self._pause_consumer(given, paused=False),
            "close_consumer": lambda given: router.close_consumer(_id(given, "consumer")),
            "close_room": lambda given: router.close_room(_id(given, "room")),
            "stats": lambda given: {
                **room_stats(router, _id(given, "room")),
                "worker": dict(counts()),
            },
        }

    def answer(self, method: object, parameters: object) -> object:
        """What the method returns. Raises MediaRefused."""
        operation = self._methods.get(method) if isinstance(method, str) else None
        if operation is None or not isinstance(parameters, Mapping):
            raise MediaRefused("invalid", "there is no such method")
        try:
            return operation(parameters)
        except shapes.InvalidCallParameters as error:
            raise MediaRefused("invalid", error.detail) from None

    def _create_transport(self, given: Parameters) -> object:
        transport = self._router.create_transport(
            _id(given, "transport"),
            room=_id(given, "room"),
            participant=_id(given, "participant"),
            send=_flag(given, "send"),
            receive=_flag(given, "receive"),
        )
        return {
            "id": transport.id,
            "iceParameters": transport.ice.credentials[-1].wire(),
            "iceCandidates": self._candidates,
            "dtlsParameters": self._router.handshakes.parameters.wire(),
        }

    def _connect_transport(self, given: Parameters) -> None:
        theirs = DtlsParameters.read(given.get("dtls"))
        self._router.connect_transport(_id(given, "transport"), theirs)

    def _grant(self, given: Parameters) -> None:
        self._router.grant(
            _id(given, "transport"), send=_flag(given, "send"), receive=_flag(given, "receive")
        )

    def _produce(self, given: Parameters) -> None:
        self._router.produce(
            _id(given, "producer"),
            transport=_id(given, "transport"),
            kind=read_kind(given.get("kind")),
            parameters=RtpParameters.read(given.get("rtp")),
            paused=_flag(given, "paused"),
        )

    def _consume(self, given: Parameters) -> object:
        consumer = self._router.consume(
            _id(given, "consumer"),
            transport=_id(given, "transport"),
            producer=_id(given, "producer"),
            theirs=RtpCapabilities.read(given.get("capabilities")),
        )
        return {
            "id": consumer.id,
            "producerId": consumer.producer.id,
            "kind": consumer.producer.published.kind,
            "rtpParameters": consumer.parameters.wire(),
        }

    def _pause_producer(self, given: Parameters, *, paused: bool) -> None:
        self._router.pause_producer(_id(given, "producer"), paused=paused)

    def _pause_consumer(self, given: Parameters, *, paused: bool) -> None:
        self._router.pause_consumer(_id(given, "consumer"), paused=paused)


def _id(given: Parameters, key: str) -> str:
    return shapes.text(given.get(key), key, most=MAX_ID)


def _flag(given: Parameters, key: str) -> bool:
    value = given.get(key)
    if not isinstance(value, bool):
        raise MediaRefused("invalid", f"{key} is not true or false")
    return value
