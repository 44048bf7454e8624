import struct

import pytest
from aiortc.rtp import pack_header_extensions
from hypothesis import given
from hypothesis import strategies as st

from media.packet import extension, extension_block, payload_bounds


def packet(first: int, rest: bytes = b"", csrcs: int = 0) -> bytes:
    return struct.pack("!BBHII", first | csrcs, 96, 1, 2, 3) + bytes(4 * csrcs) + rest


def test_the_payload_lies_behind_all_that_may_stand_before_it() -> None:
    assert payload_bounds(packet(0x80, b"abc")) == (12, 15)
    assert payload_bounds(packet(0x80, b"abc", csrcs=2)) == (20, 23)
    block, _ = extension_block([(1, b"x")])
    assert payload_bounds(packet(0x90, block + b"abc")) == (20, 23)
    assert payload_bounds(packet(0xA0, b"abc\x00\x02")) == (12, 15)
    assert payload_bounds(packet(0xA0, b"\x00\x02")) == (12, 12)


@pytest.mark.parametrize(
    "data",
    [
        packet(0x8F),
        packet(0x90),
        packet(0x90, b"\xbe\xde\x00\x09"),
        packet(0xA0, b"abc\x00"),
        packet(0xA0, b"\x09"),
    ],
)
def test_contradictions_have_no_payload(data: bytes) -> None:
    assert payload_bounds(data) is None


values = st.lists(
    st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)),
    max_size=6,
    unique_by=lambda item: item[0],
)


@given(values)
def test_extensions_are_found_in_what_we_write(given_values: list[tuple[int, bytes]]) -> None:
    block, offsets = extension_block(given_values)
    data = packet(0x90, block + b"payload")
    for number, value in given_values:
        assert extension(data, number) == value
        assert block[offsets[number] : offsets[number] + len(value)] == value
    absent = next(number for number in range(1, 15) if number not in dict(given_values))
    assert extension(data, absent) is None


@given(
    st.lists(
        st.tuples(
            st.integers(1, 255).filter(lambda number: number != 15),
            st.binary(min_size=1, max_size=40),
        ),
        min_size=1,
        max_size=6,
        unique_by=lambda item: item[0],
    )
)
def test_extensions_are_found_in_what_others_write_in_either_form(
    given_values: list[tuple[int, bytes]],
) -> None:
    profile, block = pack_header_extensions(given_values)
    data = packet(0x90, struct.pack("!HH", profile, len(block) // 4) + block)
    for number, value in given_values:
        assert extension(data, number) == value


def test_padding_inside_a_block_is_passed_over() -> None:
    assert extension(packet(0x90, b"\xbe\xde\x00\x01\x00\x00\x10\x07"), 1) == b"\x07"
    assert extension(packet(0x90, b"\x10\x00\x00\x01\x00\x01\x01\x07"), 1) == b"\x07"


@pytest.mark.parametrize(
    "data",
    [
        packet(0x80, b"abc"),
        packet(0x90),
        packet(0x90, b"\xbe\xde\x00\x01\x13\x00\x00\x00"),  # longer than the block
        packet(0x90, b"\xbe\xde\x00\x01\xf0\x00\x10\x07"),  # the reserved id ends it
        packet(0x90, b"\x10\x00\x00\x01\x01\x09\x00\x00"),
        packet(0x90, b"\x12\x34\x00\x01\x10\x07\x00\x00"),  # of no form
    ],
)
def test_a_broken_block_holds_nothing(data: bytes) -> None:
    assert extension(data, 1) is None


@given(st.binary(max_size=60), st.integers(1, 255))
def test_any_block_is_survived(block: bytes, number: int) -> None:
    for first in (0x90, 0x95, 0xBF):
        data = packet(first, block)
        extension(data, number)
        bounds = payload_bounds(data)
        assert bounds is None or 12 <= bounds[0] <= bounds[1] <= len(data)


@pytest.mark.parametrize("wrong", [(0, b"x"), (15, b"x"), (1, b""), (1, bytes(17))])
def test_what_does_not_fit_is_not_written(wrong: tuple[int, bytes]) -> None:
    with pytest.raises(ValueError, match="one-byte"):
        extension_block([wrong])
