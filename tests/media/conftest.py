"""A worker in this process, at a socket of its own, and clients that speak to it over real UDP."""

import asyncio
import contextlib
import itertools
import socket
import struct
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aioice import stun
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtp import RtpPacket

from media.control import MediaControl
from media.options import Limits, Timing, WorkerOptions
from media.packet import extension_block
from media.rtcp import Item, parse
from media.worker import Worker

CERTIFICATE = RTCCertificate.generateCertificate()
OPUS_IN, VP8_IN, RTX_IN = 111, 96, 97
"""Payload types as browsers choose them; the router's are others."""
KEY, DELTA = b"\x10\x00", b"\x10\x01"
"""VP8: descriptor with S = 1, then a frame header's first octet."""


async def until(condition: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Wait for a condition; fail after a deadline."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it did not come about"
        await asyncio.sleep(0.005)


class Peer:
    """A client: one UDP socket that can be exchanged, its own connectivity checks, aiortc's DTLS and SRTP."""

    role = "controlling"
    state = "completed"

    def __init__(self, control: MediaControl, transport: dict[str, Any]) -> None:
        self.control = control
        self.id: str = transport["id"]
        self.ice = transport["iceParameters"]
        candidate = transport["iceCandidates"][0]
        self.server = (candidate["ip"], candidate["port"])
        self.fingerprints = transport["dtlsParameters"]["fingerprints"]
        self.rtp: list[RtpPacket] = []
        self.rtcp: list[Item] = []
        self.answers: list[stun.Message] = []
        self._inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self.socket = self.new_socket()
        self.dtls = RTCDtlsTransport(self, [CERTIFICATE])  # type: ignore[arg-type]
        self.dtls._set_role("client")
        self.dtls._handle_rtp_data = self._rtp_came  # type: ignore[method-assign]
        self.dtls._handle_rtcp_data = self._rtcp_came  # type: ignore[method-assign]

    def new_socket(self) -> socket.socket:
        """Another address of ours, read like the first."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        self._loop.add_reader(sock.fileno(), self._readable, sock)
        return sock

    def migrate(self) -> None:
        """Go on from another address."""
        self._loop.remove_reader(self.socket.fileno())
        self.socket.close()
        self.socket = self.new_socket()

    def close(self) -> None:
        """Vanish without a word."""
        self._loop.remove_reader(self.socket.fileno())
        self.socket.close()
        self._inbox.put_nowait(None)

    async def check(
        self,
        *,
        ice: Mapping[str, str] | None = None,
        nominate: bool = True,
        role: str = "ICE-CONTROLLING",
        answered: bool = True,
    ) -> stun.Message | None:
        """One connectivity check, and its answer."""
        credentials = ice or self.ice
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{credentials['usernameFragment']}:us"
        request.attributes["PRIORITY"] = 1
        request.attributes[role] = 7
        if nominate:
            request.attributes["USE-CANDIDATE"] = None
        request.add_message_integrity(credentials["password"].encode())
        self.answers.clear()
        self.socket.sendto(bytes(request), self.server)
        if not answered:
            await asyncio.sleep(0.1)
            assert self.answers == []
            return None
        await until(lambda: self.answers)
        answer = self.answers[0]
        assert answer.transaction_id == request.transaction_id
        assert answer.check_message_integrity(credentials["password"].encode())
        return answer

    async def connect(self) -> "Peer":
        """The handshake, after a check."""
        await self.check()
        ours = [
            {"algorithm": item.algorithm, "value": item.value}
            for item in CERTIFICATE.getFingerprints()
        ]
        await self.control.connect_transport(self.id, {"role": "client", "fingerprints": ours})
        theirs = [RTCDtlsFingerprint(**item) for item in self.fingerprints]
        await self.dtls.start(RTCDtlsParameters(fingerprints=theirs))
        assert self.dtls.state == "connected"
        return self

    async def send(self, data: bytes) -> None:
        """An RTP or RTCP packet, encrypted on its way."""
        await self.dtls._send_rtp(data)

    def raw(self, data: bytes) -> None:
        """A datagram as it is."""
        self.socket.sendto(data, self.server)

    async def _recv(self) -> bytes:
        data = await self._inbox.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self.socket.sendto(data, self.server)

    def _readable(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                data, _ = sock.recvfrom(2048)
                if data[0] < 4:
                    self.answers.append(stun.parse_message(data))
                else:
                    self._inbox.put_nowait(data)

    async def _rtp_came(self, data: bytes, arrival_time_ms: int) -> None:
        self.rtp.append(RtpPacket.parse(data))

    async def _rtcp_came(self, data: bytes) -> None:
        self.rtcp += parse(data)


class Stage:
    """A worker and those who play on it."""

    def __init__(
        self, worker: Worker, control: MediaControl, events: list[tuple[str, Any]]
    ) -> None:
        self.worker, self.control, self.events = worker, control, events
        self.peers: list[Peer] = []
        self._ssrcs = itertools.count(1000, 10)

    async def peer(
        self,
        participant: str = "",
        *,
        send: bool = False,
        receive: bool = False,
        room: str = "room",
    ) -> Peer:
        """A connected client."""
        peer = await self.stranger(participant, send=send, receive=receive, room=room)
        return await peer.connect()

    async def stranger(
        self,
        participant: str = "",
        *,
        send: bool = False,
        receive: bool = False,
        room: str = "room",
    ) -> Peer:
        """A client with a transport, not connected."""
        made = await self.control.create_transport(
            transport=str(uuid.uuid4()),
            room=room,
            participant=participant or str(uuid.uuid4()),
            send=send,
            receive=receive,
        )
        self.peers.append(Peer(self.control, made))
        return self.peers[-1]

    async def publish(self, peer: Peer, kind: str = "video", **changes: Any) -> "Track":
        """A track of this client."""
        ssrc = next(self._ssrcs)
        track = Track(peer, str(uuid.uuid4()), kind, ssrc)
        parameters = {**(video(ssrc) if kind == "video" else audio(ssrc)), **changes}
        paused = parameters.pop("paused", False)
        await self.control.produce(
            producer=track.id,
            transport=peer.id,
            kind=kind,
            rtp_parameters=parameters,
            paused=paused,
        )
        return track

    async def subscribe(self, peer: Peer, track: "Track", *, resume: bool = True) -> dict[str, Any]:
        """This track for that client."""
        made = await self.control.consume(
            consumer=str(uuid.uuid4()),
            transport=peer.id,
            producer=track.id,
            rtp_capabilities=await self.control.capabilities(),
        )
        if resume:
            await self.control.resume_consumer(made["id"])
        return made

    def events_of(self, name: str) -> list[dict[str, Any]]:
        """The fields of the events with this name."""
        return [fields for event, fields in self.events if event == name]


class Track:
    """A published track: makes packets."""

    def __init__(self, peer: Peer, name: str, kind: str, ssrc: int) -> None:
        self.peer, self.id, self.kind, self.ssrc = peer, name, kind, ssrc
        self.payload_type = VP8_IN if kind == "video" else OPUS_IN

    def packet(
        self, sequence: int, payload: bytes = b"sound", *, timestamp: int | None = None, **more: Any
    ) -> bytes:
        """One packet, as bytes."""
        made = RtpPacket(
            payload_type=more.get("payload_type", self.payload_type),
            sequence_number=sequence & 0xFFFF,
            timestamp=sequence * 3000 & 0xFFFFFFFF if timestamp is None else timestamp,
            ssrc=more.get("ssrc", self.ssrc),
            marker=more.get("marker", 0),
            payload=payload,
        ).serialize()
        values: list[tuple[int, bytes]] = more.get("extensions", [])
        if values:
            block, _ = extension_block(values)
            made = bytes([made[0] | 0x10]) + made[1:12] + block + made[12:]
        return made

    async def send(self, *sequences: int, payload: bytes = b"sound", **more: Any) -> None:
        """Packets with these numbers."""
        for sequence in sequences:
            await self.peer.send(self.packet(sequence, payload, **more))

    def retransmission(self, number: int, original: int, payload: bytes) -> bytes:
        """An rtx packet (RFC 4588)."""
        return self.packet(
            number,
            struct.pack("!H", original) + payload,
            timestamp=original * 3000,
            payload_type=RTX_IN,
            ssrc=self.ssrc + 1,
        )


MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


def video(ssrc: int) -> dict[str, Any]:
    """The parameters of a camera, as Chromium gives them."""
    feedback = [{"type": "nack", "parameter": ""}, {"type": "nack", "parameter": "pli"}]
    return {
        "mid": str(ssrc),
        "codecs": [
            {
                "mimeType": "video/VP8",
                "payloadType": VP8_IN,
                "clockRate": 90000,
                "parameters": {},
                "rtcpFeedback": feedback,
            },
            {
                "mimeType": "video/rtx",
                "payloadType": RTX_IN,
                "clockRate": 90000,
                "parameters": {"apt": VP8_IN},
                "rtcpFeedback": [],
            },
        ],
        "headerExtensions": [{"uri": MID_URI, "id": 9, "encrypt": False, "parameters": {}}],
        "encodings": [{"ssrc": ssrc, "rtx": {"ssrc": ssrc + 1}}],
        "rtcp": {"cname": "theirs", "reducedSize": True},
        "msid": "stream track",
    }


def audio(ssrc: int) -> dict[str, Any]:
    """The parameters of a microphone."""
    return {
        "mid": str(ssrc),
        "codecs": [
            {
                "mimeType": "audio/opus",
                "payloadType": OPUS_IN,
                "clockRate": 48000,
                "channels": 2,
                "parameters": {"minptime": 10, "useinbandfec": 1},
                "rtcpFeedback": [],
            }
        ],
        "headerExtensions": [
            {"uri": MID_URI, "id": 9, "encrypt": False, "parameters": {}},
            {"uri": LEVEL_URI, "id": 3, "encrypt": False, "parameters": {}},
        ],
        "encodings": [{"ssrc": ssrc}],
        "rtcp": {"cname": "theirs", "reducedSize": True},
    }


StageMaker = Callable[..., Awaitable[Stage]]


@pytest_asyncio.fixture
async def make_stage(tmp_path: Path) -> AsyncIterator[StageMaker]:
    """Make a worker with these timings and limits."""
    stages: list[Stage] = []

    async def make(timing: Timing | None = None, limits: Limits | None = None) -> Stage:
        path = str(tmp_path / f"control{len(stages)}")
        options = WorkerOptions(
            control=path,
            addresses=("127.0.0.1",),
            timing=timing or Timing(),
            limits=limits or Limits(),
        )
        worker, events = Worker(options), list[tuple[str, Any]]()
        await worker.start()
        control = MediaControl(path, on_event=lambda name, fields: events.append((name, fields)))
        await control.open()
        stages.append(Stage(worker, control, events))
        return stages[-1]

    yield make
    for stage in stages:
        for peer in stage.peers:
            await peer.dtls.stop()
            peer.close()
        await stage.control.close()
        await stage.worker.stop()


@pytest_asyncio.fixture
async def stage(make_stage: StageMaker) -> Stage:
    """A worker with the usual timings."""
    return await make_stage()


@pytest.fixture
def soon() -> Callable[..., Awaitable[None]]:
    """`await soon(condition)`."""
    return until
