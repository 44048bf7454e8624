import asyncio
import contextlib

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import frames

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.integers(0, 2**31), plain, plain)
def test_messages_are_read_as_written(number: int, first: object, second: object) -> None:
    frame = frames.encode([number, first, second])
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    assert frames.decode(frame[4:]) == [number, first, second]


@given(st.binary(max_size=100))
def test_anything_else_is_a_frame_error(body: bytes) -> None:
    with contextlib.suppress(frames.FrameError):
        assert len(frames.decode(body)) == 3


@pytest.mark.parametrize("wrong", [1, [], [1, 2], ["1", 2, 3], {"a": 1}, [1, {2: 3}, None]])
def test_other_shapes_are_no_messages(wrong: object) -> None:
    with pytest.raises(frames.FrameError):
        frames.decode(msgpack.packb(wrong))


def test_a_frame_has_a_largest_size() -> None:
    with pytest.raises(frames.FrameError, match="bytes"):
        frames.encode([1, "x" * frames.MAX_FRAME, None])


@pytest.mark.asyncio
async def test_frames_follow_each_other_to_the_end() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(frames.encode([1, "a", None]) + frames.encode([2, "b", None]) + b"\x00\x00")
    reader.feed_eof()
    assert await frames.read(reader) == [1, "a", None]
    assert await frames.read(reader) == [2, "b", None]
    assert await frames.read(reader) is None


@pytest.mark.asyncio
async def test_an_announced_size_beyond_the_largest_is_not_waited_for() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"\x7f\xff\xff\xff")
    with pytest.raises(frames.FrameError):
        await frames.read(reader)
