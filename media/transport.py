"""One client's connection: his datagrams in, his grants, his producers and consumers, his reports."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pylibsrtp import Error as SrtpError

from media import rtcp
from media.consumer import Consumer
from media.counters import Counters
from media.draw import Draw
from media.ice import Agent, Agents
from media.packet import HEADER
from media.producer import Producer
from media.srtp import Arena, Keys
from media.streams import Streams
from media.timeline import Timeline

MIN_RTP = 12 + 10
MIN_RTCP = 8 + 4 + 10
"""Bytes: a header and the shortest tag."""
MAX_COMPOUND = 1100
"""Bytes of one RTCP datagram, before encryption."""
DEFAULT_RTT = 0.1

Handshake = Callable[[str, bytes], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all transports of a worker share. `epoch`: seconds since 1970 when the monotonic clock stood at 0."""

    epoch: float
    draw: Draw
    max_bitrate: int
    agents: Agents
    arena: Arena = field(default_factory=Arena)
    counters: Counters = field(default_factory=Counters)

    def ntp(self, now: float) -> int:
        """The 64-bit NTP time at this monotonic time."""
        return rtcp.ntp_time(self.epoch + now)


class Transport:
    """`receive_media` is the path of every packet: no await, no logging, and nothing allocated that can be spared."""

    __slots__ = (
        "_around",
        "_handshake",
        "consumers",
        "consumers_by_ssrc",
        "ice",
        "id",
        "keys",
        "mids",
        "participant",
        "producers",
        "receive",
        "remb",
        "room",
        "rtt",
        "send",
        "ssrc",
        "state",
        "streams",
        "timeline",
    )

    def __init__(
        self, name: str, *, room: str, participant: str, around: Surroundings, handshake: Handshake
    ) -> None:
        """`handshake(id, datagram)`: takes the DTLS datagrams; False if it cannot."""
        self.id, self.room, self.participant = name, room, participant
        self._around = around
        self._handshake = handshake
        self.ice: Agent = around.agents.open(self)
        self.keys: Keys | None = None
        self.send = self.receive = False
        """Grants: what the participant may."""
        self.state = "new"
        self.streams = Streams()
        self.timeline = Timeline()
        self.producers: dict[str, Producer] = {}
        self.consumers: dict[str, Consumer] = {}
        self.consumers_by_ssrc: dict[int, Consumer] = {}
        self.mids = 0
        """How many were given out: a mid is never used again."""
        self.ssrc = around.draw.below(0xFFFFFFFF) + 1
        """Of our own RTCP."""
        self.rtt = DEFAULT_RTT
        self.remb = 0
        """The subscriber's estimate, in bits per second; 0 before the first."""

    def receive_handshake(self, data: bytes) -> None:
        """A DTLS datagram came."""
        if not self._handshake(self.id, data):
            self._around.counters.overflowed += 1

    def receive_media(self, size: int, now: float) -> None:
        """An SRTP or SRTCP datagram of `size` bytes stands in the arena."""
        around = self._around
        if self.keys is None:
            around.counters.forged += 1
        elif 192 <= around.arena.view[1] <= 223:  # RFC 5761, 4
            self._receive_rtcp(self.keys, size, now)
        elif self.send:
            self._receive_rtp(self.keys, size, now)
        else:
            around.counters.ungranted += 1

    def _receive_rtp(self, keys: Keys, size: int, now: float) -> None:
        around = self._around
        size = around.arena.unprotect(keys.inbound, size) if size >= MIN_RTP else 0
        if not size:
            around.counters.forged += 1
            return
        data = bytes(around.arena.view[:size])
        _, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
        sink = self.streams.by_ssrc.get(ssrc) or self.streams.learn(data, ssrc, second & 0x7F)
        if sink is None:
            around.counters.unrouted += 1
            keys.dismiss(ssrc)
            return
        sink(data, second & 0x7F, sequence, timestamp, now)

    def _receive_rtcp(self, keys: Keys, size: int, now: float) -> None:
        around = self._around
        size = around.arena.unprotect_rtcp(keys.inbound, size) if size >= MIN_RTCP else 0
        if not size:
            around.counters.forged += 1
            return
        data = bytes(around.arena.view[:size])
        ssrc = int.from_bytes(data[4:8], "big")
        if ssrc not in self.streams.by_ssrc:  # a track's context holds its rollover counter
            keys.admit(ssrc)
        if not (self.send or self.receive):
            around.counters.ungranted += 1
            return
        for item in rtcp.parse(data):
            self._take(item, now)

    def _take(self, item: rtcp.Item, now: float) -> None:
        match item:
            case rtcp.SenderReport():
                self._sender_reports(item, now)
                self._blocks(item.blocks, now)
            case rtcp.ReceiverReport():
                self._blocks(item.blocks, now)
            case rtcp.Nack() if self.receive:
                consumer = self.consumers_by_ssrc.get(item.media)
                if consumer is not None:
                    consumer.resend(item.sequences, now)
            case rtcp.KeyFrameRequest() if self.receive:
                self._key_frames(item)
            case rtcp.Remb():
                self.remb = item.bitrate

    def _sender_reports(self, report: rtcp.SenderReport, now: float) -> None:
        for producer in self.producers.values():
            if producer.ssrc == report.ssrc:
                producer.reception.sender_report(report.ntp, now)
                producer.clock.report(report.ntp, report.timestamp, now)

    def _blocks(self, blocks: tuple[rtcp.ReportBlock, ...], now: float) -> None:
        for block in blocks:
            consumer = self.consumers_by_ssrc.get(block.ssrc)
            if consumer is None:
                continue
            consumer.loss = block
            rtt = block.round_trip(self._around.ntp(now))
            if rtt is not None:
                self.rtt += (rtt - self.rtt) / 8

    def _key_frames(self, request: rtcp.KeyFrameRequest) -> None:
        for ssrc in request.media:
            consumer = self.consumers_by_ssrc.get(ssrc)
            if consumer is not None and consumer in consumer.producer.active:
                consumer.producer.key_frames.want()

    def feedback(self, now: float) -> None:
        """Ask the publisher for what is missing; many times a second."""
        for producer in self.producers.values():
            asked = producer.feedback(self.ssrc, now)
            if asked:
                self.send_rtcp(asked)

    def report(self, now: float) -> None:
        """Tell publishers what came, and subscribers what time it is; once a second."""
        if self.keys is None:
            return
        compound = b""
        for part in (*self._receiver_parts(now), *self._sender_parts(now)):
            if compound and len(compound) + len(part) > MAX_COMPOUND:
                self.send_rtcp(compound)
                compound = b""
            compound += part
        if compound:
            self.send_rtcp(compound)

    def _receiver_parts(self, now: float) -> list[bytes]:
        heard = {item.ssrc: item for item in self.producers.values() if item.packets and item.ssrc}
        if not heard or not self.send:
            return []
        blocks = tuple(item.reception.report(ssrc, now) for ssrc, item in heard.items())
        return [
            rtcp.receiver_report(rtcp.ReceiverReport(ssrc=self.ssrc, blocks=blocks)),
            rtcp.remb(self.ssrc, self._around.max_bitrate, list(heard)),
        ]

    def _sender_parts(self, now: float) -> list[bytes]:
        parts = []
        for consumer in self.consumers.values():
            timestamp = consumer.producer.clock.at(now)
            if consumer.packets and self.receive and timestamp is not None:
                report = rtcp.SenderReport(
                    ssrc=consumer.ssrc,
                    ntp=self._around.ntp(now),
                    timestamp=consumer.timestamp(timestamp),
                    packets=consumer.packets,
                    octets=consumer.octets,
                )
                name = rtcp.source_description(consumer.ssrc, consumer.parameters.cname)
                parts.append(rtcp.sender_report(report) + name)
        return parts

    def forget(self, producer: Producer) -> None:
        """One of its tracks ended."""
        del self.producers[producer.id]
        self.streams.remove(producer)
        for ssrc in (producer.ssrc, producer.rtx_ssrc):
            if ssrc is not None and self.keys is not None:
                self.keys.dismiss(ssrc)

    def release(self, consumer: Consumer) -> None:
        """One of the tracks sent to it ended."""
        del self.consumers[consumer.id]
        del self.consumers_by_ssrc[consumer.ssrc]
        if self.keys is None:
            return
        if self.receive:
            self.send_rtcp(rtcp.goodbye([consumer.ssrc]))
        for ssrc in (consumer.ssrc, consumer.rtx_ssrc):
            self.keys.retire(ssrc)

    def close(self) -> None:
        """Its addresses and credentials are of no use any more."""
        self._around.agents.close(self.ice)

    def send_datagram(self, data: bytes) -> None:
        """Send as it is, the way that the client chose."""
        way = self.ice.selected
        if way is not None:
            door, address = way
            door.send(data, address)

    def send_rtcp(self, data: bytes) -> None:
        """Encrypt and send an RTCP packet."""
        if self.keys is None:
            return
        try:
            self.send_datagram(self.keys.protect_rtcp(data))
        except SrtpError:
            self._around.counters.unsent += 1
