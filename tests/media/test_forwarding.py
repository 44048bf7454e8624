"""Packets from one client to another through a real worker: what is rewritten, held back, asked for and repaired."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from media import rtcp
from media.options import Timing
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
    assert sum(isinstance(item, rtcp.Nack) for item in publisher.rtcp) >= 3


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


@pytest.mark.asyncio
async def test_publishers_get_true_reports_and_a_limit(make_stage: Any, soon: Soon) -> None:
    stage = await make_stage(Timing(reports=0.1, tick=0.01))
    publisher = await stage.peer(send=True)
    track = await stage.publish(publisher)
    await track.send(
        *[number for number in range(100, 120) if number not in (105, 110)], payload=DELTA
    )
    ntp = rtcp.ntp_time(1_800_000_000.5)
    await publisher.send(
        rtcp.sender_report(
            rtcp.SenderReport(ssrc=track.ssrc, ntp=ntp, timestamp=0, packets=18, octets=0)
        )
    )

    def blocks() -> list[rtcp.ReportBlock]:
        reports = [item for item in publisher.rtcp if isinstance(item, rtcp.ReceiverReport)]
        return [block for report in reports for block in report.blocks]

    await soon(lambda: any(block.last_report for block in blocks()))
    first, last = blocks()[0], blocks()[-1]
    assert (last.ssrc, last.highest & 0xFFFF, last.lost) == (track.ssrc, 119, 2)
    assert first.fraction == 2 * 256 // 20 or blocks()[1].fraction == 2 * 256 // 20
    assert last.last_report == (ntp >> 16) & 0xFFFFFFFF
    assert 0 <= last.delay / 65536 < 5
    assert rtcp.Remb(bitrate=2_500_000 >> 4 << 4, media=(track.ssrc,)) in publisher.rtcp


@pytest.mark.asyncio
async def test_subscribers_get_the_publishers_clock_and_their_answers_give_the_round_trip(
    make_stage: Any, soon: Soon
) -> None:
    stage = await make_stage(Timing(reports=0.1, tick=0.01))
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher, "audio")
    made = await stage.subscribe(subscriber, track)
    ssrc = made["rtpParameters"]["encodings"][0]["ssrc"]
    await track.send(1, 2, payload=b"12345")

    def reports() -> list[rtcp.SenderReport]:
        return [item for item in subscriber.rtcp if isinstance(item, rtcp.SenderReport)]

    await soon(lambda: len(reports()) > 2)
    first, last = reports()[0], reports()[-1]
    elapsed = rtcp.ntp_seconds(last.ntp) - rtcp.ntp_seconds(first.ntp)
    assert last.timestamp - first.timestamp & 0xFFFFFFFF == pytest.approx(elapsed * 48000, abs=2)
    assert (last.ssrc, last.packets, last.octets) == (ssrc, 2, 10)
    offset = subscriber.rtp[-1].timestamp - 2 * 3000
    assert (last.timestamp - offset - 6000) & 0xFFFFFFFF < 5 * 48000
    block = rtcp.ReportBlock(
        ssrc=ssrc,
        fraction=64,
        lost=1,
        highest=9,
        jitter=0,
        last_report=(last.ntp >> 16) & 0xFFFFFFFF,
        delay=0,
    )
    stranger = rtcp.ReportBlock(
        ssrc=1, fraction=0, lost=0, highest=0, jitter=0, last_report=0, delay=0
    )
    await subscriber.send(
        rtcp.receiver_report(rtcp.ReceiverReport(ssrc=5, blocks=(block, stranger)))
        + rtcp.remb(5, 300_000, [ssrc])
    )
    await soon(lambda: stage.worker.router.transports[subscriber.id].remb)
    stats = await stage.control.stats("room")
    consumer = stats["consumers"][0]
    assert (consumer["lost"], consumer["fractionLost"]) == (1, 0.25)
    receiver = next(item for item in stats["transports"] if item["id"] == subscriber.id)
    assert 0.08 < receiver["rtt"] < 5
    assert receiver["rtt"] != 0.1
    await stage.control.close_consumer(made["id"])
    await soon(lambda: rtcp.Goodbye(ssrcs=(ssrc,)) in subscriber.rtcp)


@pytest.mark.asyncio
async def test_many_reports_are_split_over_datagrams(make_stage: Any, soon: Soon) -> None:
    stage = await make_stage(Timing(reports=0.1, tick=0.01))
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    tracks = []
    for index in range(8):
        tracks.append(await stage.publish(publisher, "audio"))
        for _ in range(3):
            await stage.subscribe(subscriber, tracks[index])
    for track in tracks:
        await track.send(1)
    await soon(
        lambda: len({i.ssrc for i in subscriber.rtcp if isinstance(i, rtcp.SenderReport)}) == 24
    )
