from typing import Any

import pytest
from pylibsrtp import Policy, Session

from media.capabilities import ROUTER, consumed, published
from media.consumer import Consumer
from media.counters import Counters
from media.draw import SecretDraw
from media.ice import Address, Agent
from media.packet import HEADER
from media.producer import Producer
from media.srtp import Keys
from media.timeline import Timeline
from protocol.calls import Encoding, IceParameters, RtpCapabilities, RtpParameters

KEY = bytes(range(30))
VP8 = {
    "mimeType": "video/VP8",
    "payloadType": 96,
    "clockRate": 90000,
    "rtcpFeedback": [{"type": "nack"}, {"type": "nack", "parameter": "pli"}],
}


class Door:
    """Keeps what is sent through it."""

    def __init__(self) -> None:
        self.routes: dict[Address, Agent] = {}
        self.sent: list[bytes] = []

    def send(self, data: bytes | memoryview, address: Address) -> None:
        self.sent.append(bytes(data))


class Owner:
    def receive_media(self, size: int, now: float) -> None:
        raise AssertionError("nothing is received here")

    def receive_handshake(self, data: bytes) -> None:
        raise AssertionError("nothing is received here")


class Peer:
    def __init__(self) -> None:
        self.ice = Agent(Owner(), IceParameters(username_fragment="u", password="p"))
        self.door = Door()
        self.ice.selected = (self.door, ("192.0.2.1", 1))
        self.receive = True
        self.rtt = 0.1

    def release(self, consumer: Consumer) -> None:
        raise AssertionError("nothing is closed here")


def keys() -> Keys:
    return Keys(
        Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_INBOUND)),
        Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_OUTBOUND)),
    )


def producer(**changes: Any) -> Producer:
    parameters = RtpParameters.read({"codecs": [VP8], "encodings": [{"ssrc": 5}], **changes})
    return Producer(
        "producer",
        transport="t",
        published=published("video", parameters),
        timeline=Timeline(),
        counters=Counters(),
        paused=False,
    )


def consumer(peer: Peer, source: Producer, capabilities: RtpCapabilities = ROUTER) -> Consumer:
    parameters = consumed(
        "video", capabilities, mid="0", encoding=Encoding(ssrc=11, rtx_ssrc=12), cname="c"
    )
    made = Consumer("c", producer=source, peer=peer, parameters=parameters, draw=SecretDraw())
    made.paused = False
    source.add(made)
    return made


def packet(sequence: int, payload: bytes, *, payload_type: int = 96) -> bytes:
    return HEADER.pack(0x80, payload_type, sequence, 0, 5) + payload


def feed(source: Producer, sequence: int, payload: bytes, now: float = 0.0) -> None:
    source.media(packet(sequence, payload), 96, sequence, 0, now)


def test_a_consumer_flows_when_it_is_wanted_granted_and_reachable() -> None:
    peer = Peer()
    made = consumer(peer, producer())
    assert not made.may_flow
    made.connect(keys())
    assert made.may_flow
    peer.receive = False
    assert not made.may_flow
    peer.receive, made.paused = True, True
    assert not made.may_flow


def test_without_a_way_to_him_nothing_is_sent_and_nothing_counted() -> None:
    peer, source = Peer(), producer()
    made = consumer(peer, source)
    made.connect(keys())
    source.choose((made,))
    feed(source, 1, b"\x10\x00")
    peer.ice.selected = None
    feed(source, 2, b"\x10\x01")
    assert (len(peer.door.sent), made.packets) == (1, 1)
    sent = HEADER.unpack_from(peer.door.sent[0])
    made.resend((sent[2],), 1.0)
    assert made.resent == 0


def test_a_subscriber_without_rtx_is_sent_nothing_twice() -> None:
    peer, source = Peer(), producer()
    poor = RtpCapabilities(codecs=tuple(codec for codec in ROUTER.codecs if not codec.is_rtx))
    made = consumer(peer, source, poor)
    made.connect(keys())
    source.choose((made,))
    feed(source, 1, b"\x10\x00")
    (sent,) = peer.door.sent
    assert sent[0] == 0x80  # no extension in common: none written
    number = HEADER.unpack_from(sent)[2]
    made.resend((number,), 1.0)
    assert len(peer.door.sent) == 1
    plain = Session(Policy(key=KEY, ssrc_type=Policy.SSRC_ANY_INBOUND)).unprotect(sent)
    assert plain[12:] == b"\x10\x00"


def test_what_srtp_refuses_is_not_sent() -> None:
    peer, source = Peer(), producer()
    made = consumer(peer, source)
    made.connect(keys())
    source.choose((made,))
    feed(source, 1, b"\x10\x00")
    deaf = Session()  # knows no stream: refuses all
    made._context = deaf._srtp[0]
    feed(source, 2, b"\x10\x01")
    assert (len(peer.door.sent), made.packets) == (1, 1)


def test_packets_older_than_the_start_are_not_sent() -> None:
    peer, source = Peer(), producer()
    made = consumer(peer, source)
    made.connect(keys())
    source.choose((made,))
    feed(source, 10, b"\x10\x00")
    feed(source, 9, b"\x10\x01")
    assert len(peer.door.sent) == 1


def test_a_key_frame_that_was_repaired_too_late_starts_nobody() -> None:
    peer, source = Peer(), producer()
    made = consumer(peer, source)
    made.connect(keys())
    source.choose((made,))
    feed(source, 10, b"\x10\x01")
    feed(source, 12, b"\x10\x01")  # the rest of the frame went by
    feed(source, 11, b"\x10\x00")
    assert peer.door.sent == []
    assert source.key_frames.wanted
    made.skip(13)
    feed(source, 14, b"\x10\x00")
    assert len(peer.door.sent) == 1


def test_a_producer_takes_only_its_own_payload_types_and_whole_packets() -> None:
    source = producer()
    source.media(packet(1, b"x"), 55, 1, 0, 0.0)
    assert (source._counters.unrouted, source.packets) == (1, 0)
    feed(source, 2, b"x")
    feed(source, 2, b"x")
    assert (source._counters.repeated, source.packets) == (1, 1)
    source.media(b"\x90" + packet(3, b"")[1:], 96, 3, 0, 0.0)  # an extension that is not there
    source.repair(packet(1, b"\x00\x01abc", payload_type=97), 97, 1, 0, 0.0)  # it has no rtx
    assert source._counters.unrouted == 2


def test_without_an_ssrc_there_is_nothing_to_ask() -> None:
    source = producer(encodings=[], mid="a")
    source.key_frames.want()
    assert source.feedback(1, 0.0) == b""


@pytest.mark.parametrize("active", [True, False])
def test_holes_are_only_asked_for_when_somebody_would_see_them(active: bool) -> None:
    peer, source = Peer(), producer()
    made = consumer(peer, source)
    made.connect(keys())
    if active:
        source.choose((made,))
    feed(source, 1, b"\x10\x00")
    feed(source, 3, b"\x10\x01")
    assert source.nack is not None
    assert source.nack.waiting is active
    source.choose(())
    assert not source.nack.waiting
    assert not source.key_frames.wanted
