from typing import Any

from media.capabilities import MID, published
from media.packet import HEADER, extension_block
from media.streams import Streams
from protocol.calls import RtpParameters

CODECS = [
    {"mimeType": "video/VP8", "payloadType": 96, "clockRate": 90000},
    {"mimeType": "video/rtx", "payloadType": 97, "clockRate": 90000, "parameters": {"apt": 96}},
]


class Source:
    def __init__(self, **parameters: Any) -> None:
        given = {"codecs": CODECS, **parameters}
        self.published = published("video", RtpParameters.read(given))
        self.ssrc, self.rtx_ssrc = self.published.ssrc, self.published.rtx_ssrc

    def media(
        self, data: bytes, payload_type: int, sequence: int, timestamp: int, now: float
    ) -> None:
        raise AssertionError("only looked up")

    def repair(
        self, data: bytes, payload_type: int, sequence: int, timestamp: int, now: float
    ) -> None:
        raise AssertionError("only looked up")


def packet(payload_type: int, mid: str = "") -> bytes:
    block = extension_block([(4, mid.encode())])[0] if mid else b""
    return HEADER.pack(0x90 if mid else 0x80, payload_type, 1, 2, 3) + block


def by_mid(mid: str) -> dict[str, Any]:
    return {"mid": mid, "headerExtensions": [{"uri": MID, "id": 4}]}


def test_an_ssrc_is_learned_once_for_the_track_and_once_for_its_repairs() -> None:
    streams, source = Streams(), Source(**by_mid("a"))
    streams.add(source)
    assert streams.learn(packet(96, "a"), 7, 96) == source.media
    assert streams.learn(packet(97, "a"), 8, 97) == source.repair
    assert (source.ssrc, source.rtx_ssrc) == (7, 8)
    assert streams.learn(packet(96, "a"), 9, 96) is None  # a track keeps its SSRC
    assert streams.learn(packet(97, "a"), 9, 97) is None
    streams.remove(source)
    assert streams.by_ssrc == {}
    assert streams.learn(packet(96, "a"), 7, 96) is None


def test_the_mid_counts_for_more_than_the_payload_type() -> None:
    streams, first, second = Streams(), Source(**by_mid("a")), Source(**by_mid("b"))
    streams.add(first)
    streams.add(second)
    assert streams.learn(packet(96), 7, 96) is None  # either could have sent it
    assert streams.learn(packet(96, "c"), 7, 96) is None
    assert streams.learn(packet(96, "b"), 7, 96) == second.media


def test_without_a_mid_the_only_payload_type_tells() -> None:
    streams, source, other = Streams(), Source(mid="a"), Source(encodings=[{"ssrc": 50}])
    streams.add(source)
    assert streams.learn(packet(96), 7, 96) == source.media
    assert streams.learn(packet(55), 8, 55) is None
    streams.add(other)
    assert streams.by_ssrc[50] == other.media
    streams.remove(other)
    assert set(streams.by_ssrc) == {7}
