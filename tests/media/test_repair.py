"""What is lost on its way through a real worker: asked for, sent again, or replaced by a key frame."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from media import rtcp

Soon = Callable[..., Awaitable[None]]


KEY, DELTA = b"\x10\x00", b"\x10\x01"


@pytest.mark.asyncio
async def test_what_the_publisher_lost_is_asked_for_and_repaired(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher)
    await stage.subscribe(subscriber, track)
    await track.send(10, payload=KEY)
    await track.send(12, 15, payload=DELTA)
    await soon(lambda: any(isinstance(item, rtcp.Nack) for item in publisher.rtcp))
    asked = next(item for item in publisher.rtcp if isinstance(item, rtcp.Nack))
    assert asked == rtcp.Nack(media=track.ssrc, sequences=(11, 13, 14))
    await publisher.send(track.retransmission(500, 11, b"\x10\x01repaired"))
    await publisher.send(
        track.retransmission(501, 11, b"\x10\x01again")
    )  # answered twice: sent once
    await publisher.send(track.packet(502, b"", payload_type=97, ssrc=track.ssrc + 1))  # a probe
    await publisher.send(track.packet(503, b"abc", payload_type=55, ssrc=track.ssrc + 1))
    await track.send(13, payload=DELTA)  # plain, or merely late
    await soon(lambda: len(subscriber.rtp) == 5)
    first = subscriber.rtp[0].sequence_number
    assert [packet.sequence_number - first for packet in subscriber.rtp] == [0, 2, 5, 1, 3]
    assert subscriber.rtp[3].payload == b"\x10\x01repaired"
    assert subscriber.rtp[3].timestamp - subscriber.rtp[0].timestamp & 0xFFFFFFFF == 3000
    stats = (await stage.control.stats("room"))["producers"][0]
    assert stats["repaired"] == 1
    assert stats["lost"] == 2


@pytest.mark.asyncio
async def test_what_stays_lost_becomes_a_key_frame_request(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher)
    await stage.subscribe(subscriber, track)
    await track.send(1, payload=KEY)
    await soon(lambda: subscriber.rtp)
    publisher.rtcp.clear()
    await track.send(3, payload=DELTA)
    await soon(lambda: rtcp.KeyFrameRequest(media=(track.ssrc,)) in publisher.rtcp)
    assert any(isinstance(item, rtcp.Nack) for item in publisher.rtcp)  # how often: test_nack


@pytest.mark.asyncio
async def test_what_the_subscriber_lost_is_sent_again(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher)
    made = await stage.subscribe(subscriber, track)
    encoding = made["rtpParameters"]["encodings"][0]
    await track.send(1, payload=KEY + b"lost", marker=1)
    await track.send(2, payload=DELTA)
    await soon(lambda: len(subscriber.rtp) == 2)
    lost = subscriber.rtp[0]
    never = (lost.sequence_number + 100) & 0xFFFF
    await subscriber.send(rtcp.nack(1, encoding["ssrc"], [lost.sequence_number, never]))
    await subscriber.send(rtcp.nack(1, encoding["ssrc"] ^ 1, [lost.sequence_number]))
    await soon(lambda: len(subscriber.rtp) == 3)
    again = subscriber.rtp[2]
    assert (again.ssrc, again.payload_type) == (encoding["rtx"]["ssrc"], 102)
    assert again.payload == lost.sequence_number.to_bytes(2, "big") + KEY + b"lost"
    assert (again.timestamp, again.marker) == (lost.timestamp, 1)
    stats = (await stage.control.stats("room"))["consumers"][0]
    assert stats["resent"] == 1


@pytest.mark.asyncio
async def test_a_storm_of_key_frame_requests_reaches_the_publisher_once(
    stage: Any, soon: Soon
) -> None:
    publisher = await stage.peer(send=True)
    subscribers = [await stage.peer(receive=True) for _ in range(3)]
    track = await stage.publish(publisher)
    made = [await stage.subscribe(subscriber, track) for subscriber in subscribers]
    await track.send(1, payload=KEY)
    await soon(lambda: all(subscriber.rtp for subscriber in subscribers))
    publisher.rtcp.clear()
    for _ in range(50):
        for subscriber, item in zip(subscribers, made, strict=True):
            ssrc = item["rtpParameters"]["encodings"][0]["ssrc"]
            await subscriber.send(rtcp.picture_loss(1, ssrc))
            await subscriber.send(rtcp.full_intra_request(1, ssrc, 1))
            await subscriber.send(rtcp.picture_loss(1, ssrc ^ 1))  # of nothing that is sent to him
    producer = stage.worker.router.producers[track.id]
    await soon(lambda: producer.requested)
    await track.send(2, payload=KEY)  # answered
    await soon(lambda: not producer.key_frames.wanted)
    for subscriber, item in zip(subscribers, made, strict=True):
        await subscriber.send(rtcp.picture_loss(1, item["rtpParameters"]["encodings"][0]["ssrc"]))
    await soon(lambda: producer.key_frames.wanted)
    assert (
        sum(isinstance(item, rtcp.KeyFrameRequest) for item in publisher.rtcp)
        <= producer.requested
        <= 2
    )


@pytest.mark.asyncio
async def test_an_audio_track_and_fir_and_plain_repair(stage: Any, soon: Soon) -> None:
    """A publisher without PLI is asked by FIR, one without rtx repairs with the packet itself."""
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    codec = {
        "mimeType": "video/VP8",
        "payloadType": 96,
        "clockRate": 90000,
        "rtcpFeedback": [{"type": "nack"}, {"type": "ccm", "parameter": "fir"}],
    }
    track = await stage.publish(publisher, codecs=[codec], encodings=[])
    await stage.subscribe(subscriber, track)
    await track.send(1, payload=KEY, extensions=[(9, str(track.ssrc).encode())])
    await track.send(3, payload=DELTA)
    await soon(lambda: rtcp.Nack(media=track.ssrc, sequences=(2,)) in publisher.rtcp)
    await track.send(2, payload=DELTA)
    await soon(lambda: len(subscriber.rtp) == 3)
    ssrc = next(iter(stage.worker.router.consumers.values())).ssrc
    await subscriber.send(rtcp.picture_loss(1, ssrc))
    await soon(lambda: rtcp.KeyFrameRequest(media=(track.ssrc,)) in publisher.rtcp)
