import struct

import pytest
from aiortc import rtp as oracle
from hypothesis import example, given
from hypothesis import strategies as st

from media import rtcp

u32 = st.integers(0, 0xFFFFFFFF)
blocks = st.builds(
    rtcp.ReportBlock,
    ssrc=u32,
    fraction=st.integers(0, 255),
    lost=st.integers(-0x800000, 0x7FFFFF),
    highest=u32,
    jitter=u32,
    last_report=u32,
    delay=u32,
)
block_lists = st.lists(blocks, max_size=rtcp.MAX_BLOCKS).map(tuple)


@given(
    st.builds(
        rtcp.SenderReport,
        ssrc=u32,
        ntp=st.integers(0, 2**64 - 1),
        timestamp=u32,
        packets=u32,
        octets=u32,
        blocks=block_lists,
    )
)
def test_sender_reports_are_read_as_written(report: rtcp.SenderReport) -> None:
    assert rtcp.parse(rtcp.sender_report(report)) == [report]


@given(st.builds(rtcp.ReceiverReport, ssrc=u32, blocks=block_lists))
def test_receiver_reports_are_read_as_written(report: rtcp.ReceiverReport) -> None:
    assert rtcp.parse(rtcp.receiver_report(report)) == [report]


@given(u32, st.sets(st.integers(0, 65_535), max_size=200))
def test_nacks_are_read_as_written(media: int, numbers: set[int]) -> None:
    (item,) = rtcp.parse(rtcp.nack(1, media, sorted(numbers)))
    assert isinstance(item, rtcp.Nack)
    assert item.media == media
    assert set(item.sequences) == numbers


@example((1 << 81) - 1, [])
@given(st.integers(0, (1 << 81) - 1), st.lists(u32, max_size=255))
def test_remb_is_read_as_written_to_18_bits(bitrate: int, media: list[int]) -> None:
    (item,) = rtcp.parse(rtcp.remb(1, bitrate, media))
    assert isinstance(item, rtcp.Remb)
    assert item.media == tuple(media)
    wanted = min(bitrate, rtcp.MAX_BITRATE)
    assert item.bitrate <= wanted <= item.bitrate + (wanted >> 17)


@given(st.lists(u32, max_size=31))
def test_goodbyes_are_read_as_written(ssrcs: list[int]) -> None:
    assert rtcp.parse(rtcp.goodbye(ssrcs)) == [rtcp.Goodbye(ssrcs=tuple(ssrcs))]


@given(u32, u32)
def test_key_frame_requests_are_read_as_written(sender: int, media: int) -> None:
    wanted = [rtcp.KeyFrameRequest(media=(media,))]
    assert rtcp.parse(rtcp.picture_loss(sender, media)) == wanted
    assert rtcp.parse(rtcp.full_intra_request(sender, media, 300)) == wanted


@given(u32, st.text(max_size=300))
def test_source_descriptions_fill_whole_words(ssrc: int, name: str) -> None:
    data = rtcp.source_description(ssrc, name)
    assert len(data) == 4 + 4 * struct.unpack_from("!H", data, 2)[0]
    assert data.endswith(b"\0")


def test_another_reader_agrees() -> None:
    block = rtcp.ReportBlock(
        ssrc=1, fraction=2, lost=-3, highest=4, jitter=5, last_report=6, delay=7
    )
    report = rtcp.SenderReport(
        ssrc=9, ntp=8 << 32, timestamp=7, packets=6, octets=5, blocks=(block,)
    )
    data = rtcp.sender_report(report) + rtcp.source_description(9, "name") + rtcp.goodbye([9])
    data += rtcp.nack(9, 1, [10, 11, 30]) + rtcp.picture_loss(9, 1) + rtcp.remb(9, 1_000_000, [1])
    first, name, bye, nack, loss, remb = oracle.RtcpPacket.parse(data)
    assert isinstance(first, oracle.RtcpSrPacket)
    assert (first.ssrc, first.sender_info.packet_count, first.reports[0].packets_lost) == (9, 6, -3)
    assert isinstance(name, oracle.RtcpSdesPacket)
    assert name.chunks[0].items == [(1, b"name")]
    assert isinstance(bye, oracle.RtcpByePacket)
    assert isinstance(nack, oracle.RtcpRtpfbPacket)
    assert nack.lost == [10, 11, 30]
    assert isinstance(loss, oracle.RtcpPsfbPacket)
    assert isinstance(remb, oracle.RtcpPsfbPacket)
    assert oracle.unpack_remb_fci(remb.fci) == (1_000_000, [1])


def test_a_compound_is_read_in_order_and_unknown_parts_are_passed_over() -> None:
    unknown = b"\x80\xcf\x00\x01" + bytes(4)  # extended report
    data = rtcp.source_description(1, "x") + unknown + rtcp.goodbye([3]) + rtcp.picture_loss(1, 2)
    assert rtcp.parse(data) == [rtcp.Goodbye(ssrcs=(3,)), rtcp.KeyFrameRequest(media=(2,))]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        b"\x40\xc9\x00\x01" + bytes(4),  # version 1
        b"\x80\xc9\x00\x09" + bytes(4),  # longer than it is
        b"\x81\xc8\x00\x06" + bytes(24),  # a block short
        b"\x81\xc9\x00\x01" + bytes(4),
        b"\x82\xcb\x00\x01" + bytes(4),
        b"\x81\xcd\x00\x01" + bytes(4),
        b"\x8f\xcd\x00\x02" + bytes(8),  # transport-wide feedback
        b"\x82\xce\x00\x02" + bytes(8),
        b"\x8f\xce\x00\x03" + bytes(8) + b"NONE",
        b"\x8f\xce\x00\x03" + bytes(8) + b"REMB",
        b"\x8f\xce\x00\x04" + bytes(8) + b"REMB" + b"\x02\0\0\0",
    ],
)
def test_contradictions_are_nothing(data: bytes) -> None:
    assert rtcp.parse(data) == []


def test_a_huge_nack_is_cut() -> None:
    data = rtcp.nack(1, 2, range(0, 20_000, 17))
    full = b"\x81\xcd" + struct.pack("!H", 2 + 300) + bytes(8) + b"\x00\x00\xff\xff" * 300
    for item in rtcp.parse(data) + rtcp.parse(full):
        assert isinstance(item, rtcp.Nack)
        assert len(item.sequences) == rtcp.MAX_NACKED


@given(st.binary(max_size=200))
def test_anything_at_all_is_survived(data: bytes) -> None:
    assert isinstance(rtcp.parse(data), list)


@given(
    st.sampled_from(range(200, 208)), st.integers(0, 31), st.integers(0, 20), st.binary(max_size=80)
)
def test_anything_with_a_header_is_survived(kind: int, count: int, words: int, body: bytes) -> None:
    assert isinstance(rtcp.parse(struct.pack("!BBH", 0x80 | count, kind, words) + body), list)


def test_times_are_ntp_and_back() -> None:
    assert rtcp.ntp_time(0.0) >> 32 == 2_208_988_800
    assert rtcp.ntp_seconds(rtcp.ntp_time(1_800_000_000.25)) == pytest.approx(1_800_000_000.25)


def test_a_round_trip_is_what_lies_between_less_the_time_it_lay() -> None:
    sent = rtcp.ntp_time(1_800_000_000.0)
    came = rtcp.ntp_time(1_800_000_000.75)

    def block(last_report: int, delay: float) -> rtcp.ReportBlock:
        return rtcp.ReportBlock(
            ssrc=1,
            fraction=0,
            lost=0,
            highest=0,
            jitter=0,
            last_report=last_report,
            delay=int(delay * 65536),
        )

    assert block((sent >> 16) & 0xFFFFFFFF, 0.5).round_trip(came) == pytest.approx(0.25, abs=1e-4)
    assert block((sent >> 16) & 0xFFFFFFFF, 0.9).round_trip(came) == 0.0  # its clock runs slow
    assert block(0, 0).round_trip(came) is None
