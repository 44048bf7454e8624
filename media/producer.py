"""One track from one publisher: what arrives of it, what is asked of him, and to whom it goes."""

from media import rtcp
from media.capabilities import Published
from media.consumer import Consumer
from media.counters import Counters
from media.keyframes import KeyFrames
from media.nack import Nack
from media.packet import HEADER, extension, payload_bounds
from media.reception import REFUSED, Reception
from media.timeline import Timeline, TrackClock
from media.vp8 import starts_key_frame

SILENCE = 0x7F
"""RFC 6464: no voice, -127 dBov."""


class Producer:
    """`media` and `repair` take the packets of its SSRC and of its rtx SSRC, decrypted."""

    __slots__ = (
        "_counters",
        "_fir",
        "_is_video",
        "active",
        "clock",
        "consumers",
        "id",
        "key_frames",
        "nack",
        "octets",
        "packets",
        "paused",
        "published",
        "reception",
        "repaired",
        "requested",
        "rtx_ssrc",
        "ssrc",
        "transport",
    )

    def __init__(
        self,
        name: str,
        *,
        transport: str,
        published: Published,
        timeline: Timeline,
        counters: Counters,
        paused: bool,
    ) -> None:
        self.id, self.transport, self.published, self.paused = name, transport, published, paused
        self.ssrc, self.rtx_ssrc = published.ssrc, published.rtx_ssrc
        self.reception = Reception(clock_rate=published.clock_rate)
        self.clock = TrackClock(timeline, clock_rate=published.clock_rate)
        self.nack = Nack() if published.repairs else None
        self.key_frames = KeyFrames()
        self.consumers: dict[str, Consumer] = {}
        self.active: tuple[Consumer, ...] = ()
        """Those that packets go to at this moment."""
        self.packets = self.octets = self.repaired = self.requested = 0
        self._is_video = published.kind == "video"
        self._counters = counters
        self._fir = 0

    def media(
        self, data: bytes, payload_type: int, sequence: int, timestamp: int, now: float
    ) -> None:
        """A packet of the track came."""
        if payload_type != self.published.payload_type:
            self._counters.unrouted += 1
            return
        extended = self.reception.arrive(sequence, timestamp, now)
        if extended == REFUSED:
            self._counters.repeated += 1
            return
        self.packets += 1
        self.octets += len(data)
        self.clock.arrive(timestamp, now)
        self._pass_on(data, extended, timestamp, now)

    def repair(
        self, data: bytes, payload_type: int, sequence: int, timestamp: int, now: float
    ) -> None:
        """A retransmission came (RFC 4588, 4): the track's packet with its own number before the payload."""
        bounds = payload_bounds(data)
        ssrc = self.ssrc
        if payload_type != self.published.rtx_payload_type or bounds is None or ssrc is None:
            self._counters.unrouted += 1
            return
        start, end = bounds
        if end - start < 2:  # only padding: the sender probes for bandwidth
            return
        original = (data[start] << 8) | data[start + 1]
        extended = self.reception.repair(original)
        if extended == REFUSED:
            self._counters.repeated += 1
            return
        self.repaired += 1
        second = (data[1] & 0x80) | self.published.payload_type
        header = HEADER.pack(data[0] & ~0x20, second, original, timestamp, ssrc)
        self._pass_on(header + data[12:start] + data[start + 2 : end], extended, timestamp, now)

    def add(self, consumer: Consumer) -> None:
        """One more subscriber."""
        self.consumers[consumer.id] = consumer

    def remove(self, consumer: Consumer) -> None:
        """One less."""
        del self.consumers[consumer.id]

    def choose(self, consumers: tuple[Consumer, ...]) -> None:
        """From now on packets go to these. Those that are new begin anew: video with a key frame, asked for here."""
        for consumer in consumers:
            if consumer not in self.active:
                consumer.interrupt()
        self.active = consumers
        if not consumers and self.nack is not None:
            self.nack.clear()  # nobody would see what is repaired
        if any(consumer.waiting for consumer in consumers):
            self.key_frames.want()
        elif not consumers:
            self.key_frames.wanted = False

    def feedback(self, sender: int, now: float) -> bytes:
        """What to ask of the publisher now, as RTCP from `sender`; empty: nothing."""
        if self.ssrc is None:
            return b""
        asked = b""
        if self.nack is not None and self.nack.waiting:
            numbers = self.nack.due(now)
            asked = rtcp.nack(sender, self.ssrc, numbers) if numbers else b""
            if self.nack.gave_up:
                self.nack.gave_up = False
                self.key_frames.want()
        rtt = self.nack.rtt if self.nack is not None else 0.0
        if self.key_frames.wanted and self._is_video and self.key_frames.due(now, rtt):
            self.requested += 1
            asked += self._request(sender, self.ssrc)
        return asked

    def _request(self, sender: int, ssrc: int) -> bytes:
        if self.published.picture_loss:
            return rtcp.picture_loss(sender, ssrc)
        self._fir += 1
        return rtcp.full_intra_request(sender, ssrc, self._fir)

    def _pass_on(self, data: bytes, sequence: int, timestamp: int, now: float) -> None:
        bounds = payload_bounds(data)
        if bounds is None:
            return
        if self.nack is not None and self.active:
            self.nack.received(sequence, now)
        if bounds[0] == bounds[1]:
            for consumer in self.active:
                consumer.skip(sequence)
            return
        starts = self._is_video and self._starts(data, sequence, bounds)
        level = self._level(data)
        for consumer in self.active:
            consumer.forward(data, sequence, timestamp, bounds, starts=starts, level=level, now=now)

    def _starts(self, data: bytes, sequence: int, bounds: tuple[int, int]) -> bool:
        """Whether a decoder can begin here: not with a repaired packet whose successors went by already."""
        if not starts_key_frame(data, *bounds):
            return False
        if self.nack is not None:
            self.nack.forget_before(sequence)
        if sequence != self.reception.highest:
            return False
        self.key_frames.received()
        return True

    def _level(self, data: bytes) -> int:
        number = self.published.audio_level_id
        value = extension(data, number) if number else None
        return value[0] if value else SILENCE
