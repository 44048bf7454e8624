"""Packets from one client to another through a real worker: what is rewritten and what is held back."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from media import rtcp
from media.packet import extension, extension_block

Soon = Callable[..., Awaitable[None]]


KEY, DELTA = b"\x10\x00", b"\x10\x01"


@pytest.mark.asyncio
async def test_sound_arrives_with_everything_rewritten_and_the_payload_intact(
    stage: Any, soon: Soon
) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher, "audio")
    made = await stage.subscribe(subscriber, track)
    for number in range(65530, 65540):  # through the wrap of the sequence number
        await track.send(number, payload=b"sound %d" % number, extensions=[(3, b"\x2a")])
    await soon(lambda: len(subscriber.rtp) == 10)
    parameters = made["rtpParameters"]
    numbers = [packet.sequence_number for packet in subscriber.rtp]
    assert numbers == list(range(numbers[0], numbers[0] + 10))
    assert numbers[0] < 32768
    assert {packet.ssrc for packet in subscriber.rtp} == {parameters["encodings"][0]["ssrc"]}
    assert {packet.payload_type for packet in subscriber.rtp} == {100}
    assert [packet.payload for packet in subscriber.rtp] == [
        b"sound %d" % number for number in range(65530, 65540)
    ]
    times = [packet.timestamp for packet in subscriber.rtp]
    assert {(after - before) & 0xFFFFFFFF for before, after in itertools.pairwise(times)} == {3000}


@pytest.mark.asyncio
async def test_video_waits_for_a_key_frame_which_is_asked_for(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher)
    await stage.subscribe(subscriber, track)
    await track.send(1, 2, payload=DELTA)
    await soon(lambda: rtcp.KeyFrameRequest(media=(track.ssrc,)) in publisher.rtcp)
    assert subscriber.rtp == []
    await track.send(3, payload=KEY, marker=1)
    await track.send(4, payload=DELTA)
    await soon(lambda: len(subscriber.rtp) == 2)
    assert [packet.payload for packet in subscriber.rtp] == [KEY, DELTA]
    assert [packet.marker for packet in subscriber.rtp] == [1, 0]


@pytest.mark.asyncio
async def test_header_extensions_are_the_subscribers_own(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    raw: list[bytes] = []

    async def keep(data: bytes, arrival_time_ms: int) -> None:
        raw.append(data)

    subscriber.dtls._handle_rtp_data = keep
    track = await stage.publish(publisher, "audio")
    made = await stage.subscribe(subscriber, track)
    await track.send(1, extensions=[(9, str(track.ssrc).encode()), (3, b"\x2a"), (5, b"unknown")])
    await track.send(2)
    await soon(lambda: len(raw) == 2)
    assert extension(raw[0], 1) == made["rtpParameters"]["mid"].encode() == b"0"
    assert extension(raw[0], 10) == b"\x2a"
    assert extension(raw[1], 10) == b"\x7f"  # silence, where the publisher says nothing
    times = [int.from_bytes(extension(data, 4) or b"", "big") for data in raw]
    now = int(asyncio.get_running_loop().time() * 262144) & 0xFFFFFF
    assert all((now - time) & 0xFFFFFF < 5 * 262144 for time in times)
    assert extension(raw[0], 5) is extension(raw[0], 3) is extension(raw[0], 9) is None


@pytest.mark.asyncio
async def test_one_track_goes_to_many_each_with_numbers_of_his_own(stage: Any, soon: Soon) -> None:
    publisher = await stage.peer(send=True)
    subscribers = [await stage.peer(receive=True) for _ in range(3)]
    track = await stage.publish(publisher, "audio")
    made = [await stage.subscribe(subscriber, track) for subscriber in subscribers]
    await track.send(*range(5))
    await soon(lambda: all(len(subscriber.rtp) == 5 for subscriber in subscribers))
    assert len({item["rtpParameters"]["encodings"][0]["ssrc"] for item in made}) == 3
    assert len({item["rtpParameters"]["rtcp"]["cname"] for item in made}) == 1


@pytest.mark.asyncio
async def test_probes_without_content_leave_no_hole(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher, "audio")
    await stage.subscribe(subscriber, track)
    await track.send(1)
    probe = bytearray(track.packet(2, b"\x00\x00\x00\x04"))
    probe[0] |= 0x20
    await publisher.send(bytes(probe))
    await track.send(3)
    await soon(lambda: len(subscriber.rtp) == 2)
    first, second = (packet.sequence_number for packet in subscriber.rtp)
    assert second == first + 1


@pytest.mark.asyncio
async def test_a_muted_track_stops_and_comes_back_without_a_hole(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher, "audio", paused=True)
    await stage.subscribe(subscriber, track)
    await track.send(1, payload=b"muted")
    await stage.control.resume_producer(track.id)
    await track.send(2, payload=b"heard")
    await soon(lambda: subscriber.rtp)
    await stage.control.pause_producer(track.id)
    await track.send(3, 4, payload=b"muted")
    await soon(lambda: stage.worker.router.producers[track.id].packets == 4)
    await stage.control.resume_producer(track.id)
    await track.send(5, payload=b"heard")
    await soon(lambda: len(subscriber.rtp) == 2)
    assert [packet.payload for packet in subscriber.rtp] == [b"heard", b"heard"]
    assert subscriber.rtp[1].sequence_number == subscriber.rtp[0].sequence_number + 1


@pytest.mark.asyncio
async def test_a_paused_video_consumer_comes_back_with_a_key_frame(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher)
    made = await stage.subscribe(subscriber, track)
    await track.send(1, payload=KEY)
    await soon(lambda: subscriber.rtp)
    await stage.control.pause_consumer(made["id"])
    await track.send(2, payload=KEY)
    await soon(lambda: stage.worker.router.producers[track.id].packets == 2)
    await stage.control.resume_consumer(made["id"])
    await track.send(3, payload=DELTA)
    await track.send(4, payload=KEY)
    await soon(lambda: len(subscriber.rtp) == 2)
    assert [packet.payload for packet in subscriber.rtp] == [KEY, KEY]
    assert subscriber.rtp[1].timestamp - subscriber.rtp[0].timestamp & 0xFFFFFFFF == 3 * 3000


@pytest.mark.asyncio
async def test_nobody_sends_or_receives_a_packet_without_a_grant(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(), await stage.peer()
    track = await stage.publish(publisher, "audio")
    await stage.subscribe(subscriber, track)
    counters = stage.worker.around.counters
    await track.send(1)
    await publisher.send(rtcp.receiver_report(rtcp.ReceiverReport(ssrc=1)))
    await soon(lambda: counters.ungranted == 2)
    await stage.control.grant(publisher.id, send=True, receive=False)
    await track.send(2)
    await soon(lambda: stage.worker.router.producers[track.id].packets == 1)
    await stage.control.grant(subscriber.id, send=False, receive=True)
    await track.send(3, payload=b"admitted")
    await soon(lambda: subscriber.rtp)
    await stage.control.grant(subscriber.id, send=False, receive=False)
    await track.send(4)
    await stage.control.grant(publisher.id, send=False, receive=False)
    await soon(lambda: stage.worker.router.producers[track.id].packets == 3)
    await track.send(5)
    await soon(lambda: counters.ungranted == 3)
    assert [packet.payload for packet in subscriber.rtp] == [b"admitted"]
    assert subscriber.rtcp == [] or isinstance(subscriber.rtcp[0], rtcp.SenderReport)


@pytest.mark.asyncio
async def test_packets_are_known_by_their_mid_where_no_ssrc_was_told(
    stage: Any, soon: Soon
) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    tracks = [await stage.publish(publisher, encodings=[]) for _ in range(2)]
    for track in tracks:
        await stage.subscribe(subscriber, track)
    await tracks[0].send(1, payload=KEY)  # two tracks could have sent it: nobody's
    await soon(lambda: stage.worker.around.counters.unrouted == 1)
    await tracks[1].send(2, payload=KEY + b"b", extensions=[(9, str(tracks[1].ssrc).encode())])
    await tracks[1].send(3, payload=DELTA + b"b")
    await tracks[1].send(4, payload=KEY, extensions=[(9, b"unknown")], ssrc=77)
    await soon(lambda: len(subscriber.rtp) == 2)
    await publisher.send(
        track_with_mid(tracks[1], tracks[1].retransmission(1, 1, KEY + b"r"), str(tracks[1].ssrc))
    )
    await soon(lambda: stage.worker.router.producers[tracks[1].id].rtx_ssrc == tracks[1].ssrc + 1)
    await tracks[0].send(1, payload=KEY + b"a", extensions=[(9, str(tracks[0].ssrc).encode())])
    await soon(lambda: len(subscriber.rtp) == 3)
    assert [packet.payload for packet in subscriber.rtp] == [KEY + b"b", DELTA + b"b", KEY + b"a"]
    other = tracks[1].packet(9, KEY, payload_type=13)
    await publisher.send(other)
    await soon(lambda: stage.worker.around.counters.unrouted == 3)


def track_with_mid(track: Any, packet: bytes, mid: str) -> bytes:
    block, _ = extension_block([(9, mid.encode())])
    return bytes([packet[0] | 0x10]) + packet[1:12] + block + packet[12:]
