"""One track on its way to one subscriber: the packets rewritten, encrypted and sent; those he missed sent again."""

import struct
from typing import TYPE_CHECKING, Any, Protocol

from media import capabilities
from media.draw import Draw
from media.ice import Agent
from media.munger import Munger
from media.packet import HEADER, extension_block
from media.rtcp import ReportBlock
from media.sequencer import Sent, Sequencer
from media.srtp import Arena, Keys
from protocol.calls import RtpParameters

if TYPE_CHECKING:
    from media.producer import Producer

_OSN = struct.Struct("!H")
_TIME = struct.Struct("!HB")


class Peer(Protocol):
    """The subscriber's end."""

    ice: Agent
    receive: bool
    rtt: float

    def release(self, consumer: "Consumer") -> None:
        """This track ended."""


class Consumer:
    """Starts paused. `active` producers call `forward`; what it does per packet allocates one history entry."""

    __slots__ = (
        "_arena",
        "_context",
        "_first_byte",
        "_head",
        "_keys",
        "_level_at",
        "_munger",
        "_payload_type",
        "_rtx_payload_type",
        "_sequencer",
        "_time_at",
        "id",
        "is_video",
        "loss",
        "octets",
        "packets",
        "parameters",
        "paused",
        "peer",
        "producer",
        "resent",
        "rtx_ssrc",
        "ssrc",
        "waiting",
    )

    def __init__(
        self,
        name: str,
        *,
        producer: "Producer",
        peer: Peer,
        parameters: RtpParameters,
        draw: Draw,
    ) -> None:
        codec, *rtx = parameters.codecs
        self.id, self.producer, self.peer, self.parameters = name, producer, peer, parameters
        self.is_video = codec.kind == "video"
        self.paused = True
        self.waiting = self.is_video
        """For a key frame, before which nothing can be shown."""
        encoding = parameters.encodings[0]
        self.ssrc, self.rtx_ssrc = encoding.ssrc or 0, encoding.rtx_ssrc or 0
        self._payload_type = codec.payload_type
        self._rtx_payload_type = rtx[0].payload_type if rtx else 0
        self._munger = Munger(first=draw.below(1 << 15), timestamp_offset=draw.below(1 << 32))
        self._sequencer = Sequencer(first=draw.below(1 << 15)) if rtx else None
        self._arena = Arena()
        self._context: Any = None
        self._lay_out(parameters)
        self.packets = self.octets = self.resent = 0
        self.loss: ReportBlock | None = None
        """The subscriber's last word on what he receives."""

    @property
    def may_flow(self) -> bool:
        """Whether the subscriber wants it, may have it, and can be reached."""
        return not self.paused and self.peer.receive and self._context is not None

    def connect(self, keys: Keys) -> None:
        """The subscriber's handshake is done."""
        self._keys = keys  # owns the context's memory
        self._context = keys.outbound

    def forward(
        self,
        data: bytes,
        sequence: int,
        timestamp: int,
        bounds: tuple[int, int],
        *,
        starts: bool,
        level: int,
        now: float,
    ) -> None:
        """Send one packet on. `sequence` is extended; `starts`: a decoder can begin here; `level`: RFC 6464's octet."""
        if self.waiting:
            if not starts:
                return
            self.waiting = False
        number = self._munger.forward(sequence)
        if number is None:
            return
        start, end = bounds
        when = self._munger.timestamp(timestamp)
        if self._sequencer is not None:
            self._sequencer.add(Sent(number, data, start, end, when))
        if self._level_at:
            self._arena.view[self._level_at] = level
        second = (data[1] & 0x80) | self._payload_type
        HEADER.pack_into(self._arena.view, 0, self._first_byte, second, number, when, self.ssrc)
        if self._send(data[start:end], self._head, now):
            self.packets += 1
            self.octets += end - start

    def skip(self, sequence: int) -> None:
        """A packet without content came: the next ones close up."""
        if not self.waiting:
            self._munger.skip(sequence)

    def interrupt(self) -> None:
        """Nothing comes for a while; then numbers go on where they stopped, and video begins with a key frame."""
        self._munger.rebase()
        self.waiting = self.is_video

    def resend(self, numbers: tuple[int, ...], now: float) -> None:
        """The subscriber misses these."""
        if self._sequencer is None or not self.may_flow:
            return
        for number in numbers:
            sent = self._sequencer.find(number, now, self.peer.rtt)
            if sent is not None:
                self._resend(sent, self._sequencer.next(), now)

    def timestamp(self, timestamp: int) -> int:
        """The publisher's timestamp as the subscriber sees it."""
        return self._munger.timestamp(timestamp)

    def _resend(self, sent: Sent, number: int, now: float) -> None:
        view, head = self._arena.view, self._head
        second = (sent.packet[1] & 0x80) | self._rtx_payload_type
        HEADER.pack_into(view, 0, self._first_byte, second, number, sent.timestamp, self.rtx_ssrc)
        _OSN.pack_into(view, head, sent.sequence)
        if self._send(sent.packet[sent.start : sent.end], head + 2, now):
            self.resent += 1

    def _send(self, payload: bytes, at: int, now: float) -> bool:
        way = self.peer.ice.selected
        if way is None:
            return False
        view = self._arena.view
        if self._time_at:  # 24 bits of seconds, 18 of them behind the point
            fraction = int(now * 262144)
            _TIME.pack_into(view, self._time_at, fraction >> 8 & 0xFFFF, fraction & 0xFF)
        end = at + len(payload)
        view[at:end] = payload
        size = self._arena.protect(self._context, end)
        if not size:
            return False
        door, address = way
        door.send(view[:size], address)
        return True

    def _lay_out(self, parameters: RtpParameters) -> None:
        """Write the header extensions once: only the time and the level change from packet to packet."""
        contents = {
            capabilities.MID: (parameters.mid or "").encode("ascii"),
            capabilities.ABS_SEND_TIME: bytes(3),
            capabilities.AUDIO_LEVEL: bytes(1),
        }
        ids = {item.uri: item.id for item in parameters.extensions}
        block, offsets = extension_block([(ids[uri], contents[uri]) for uri in ids])
        self._first_byte = 0x90 if ids else 0x80
        self._head = 12 + (len(block) if ids else 0)
        self._arena.view[12 : 12 + len(block)] = block
        self._time_at = self._place(offsets, ids.get(capabilities.ABS_SEND_TIME))
        self._level_at = self._place(offsets, ids.get(capabilities.AUDIO_LEVEL))

    @staticmethod
    def _place(offsets: dict[int, int], number: int | None) -> int:
        return 12 + offsets[number] if number in offsets else 0
