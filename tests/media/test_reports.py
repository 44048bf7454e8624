"""Sender and receiver reports of a real worker, over real UDP: true counts, clocks and round trips."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from media import rtcp
from media.options import Timing

Soon = Callable[..., Awaitable[None]]


@pytest.mark.asyncio
async def test_publishers_get_true_reports_and_a_limit(make_stage: Any, soon: Soon) -> None:
    stage = await make_stage(Timing(reports=0.1, tick=0.01))
    publisher = await stage.peer(send=True)
    track = await stage.publish(publisher)
    await track.send(
        *[number for number in range(100, 120) if number not in (105, 110)], payload=b"\x10\x01"
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
    last = blocks()[-1]
    assert (last.ssrc, last.highest & 0xFFFF, last.lost) == (track.ssrc, 119, 2)
    # However the reports cut the time: in one of them at least the mean was lost.
    assert max(block.fraction for block in blocks()) >= 2 * 256 // 20
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
async def test_the_highest_bitrate_that_can_be_said_can_be_told(stage: Any, soon: Soon) -> None:
    subscriber = await stage.peer(receive=True)
    await subscriber.send(rtcp.remb(5, (1 << 81) - 1, [1]))
    await soon(lambda: stage.worker.router.transports[subscriber.id].remb)
    (receiver,) = (await stage.control.stats("room"))["transports"]
    assert receiver["remb"] == rtcp.MAX_BITRATE


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
