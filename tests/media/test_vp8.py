import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from hypothesis import given
from hypothesis import strategies as st

from media.vp8 import starts_key_frame

optional = st.none() | st.integers(0, 127)


@given(
    start=st.integers(0, 1),
    partition=st.integers(0, 7),
    picture=st.none() | st.integers(0, 32767),
    tl0=st.none() | st.integers(0, 255),
    tid=st.none() | st.tuples(st.integers(0, 3), st.integers(0, 1)),
    keyidx=st.none() | st.integers(0, 31),
    frame=st.integers(0, 255),
)
def test_key_frames_are_known_whatever_the_descriptor_holds(
    start: int,
    partition: int,
    picture: int | None,
    tl0: int | None,
    tid: tuple[int, int] | None,
    keyidx: int | None,
    frame: int,
) -> None:
    descriptor = VpxPayloadDescriptor(
        partition_start=start,
        partition_id=partition,
        picture_id=picture,
        tl0picidx=tl0,
        tid=tid,
        keyidx=keyidx,
    )
    data = b"header" + bytes(descriptor) + bytes([frame]) + b"rest"
    expected = start == 1 and partition == 0 and not frame & 1
    assert starts_key_frame(data, 6, len(data)) == expected


def test_a_picture_id_of_seven_bits() -> None:
    assert starts_key_frame(b"\x90\x80\x05\x00", 0, 4)
    assert not starts_key_frame(b"\x90\x80\x05\x01", 0, 4)


@pytest.mark.parametrize(
    "data", [b"", b"\x10", b"\x90\x80", b"\x90\x80\x80", b"\x90\xf0\x80\x00\x00\x00"]
)
def test_a_cut_descriptor_starts_nothing(data: bytes) -> None:
    assert not starts_key_frame(data, 0, len(data))


@given(st.binary(max_size=12), st.integers(0, 12))
def test_anything_is_survived(data: bytes, end: int) -> None:
    assert starts_key_frame(data, 0, min(end, len(data))) in (True, False)
