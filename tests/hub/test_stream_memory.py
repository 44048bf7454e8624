from hub.broker import MAX_BYTES, Retention
from hub.stream_memory import OVERHEAD, Stream
from protocol.envelope import StreamPosition

KEPT = Retention(size=3, ttl=60.0)


def filled(*documents: bytes, now: float = 0.0) -> Stream:
    stream = Stream("e")
    for document in documents:
        stream.append(document, None, KEPT, now)
    return stream


def offsets(stream: Stream) -> list[int]:
    return [pub.offset for pub in stream.page(None, -1, reverse=False).publications]


def test_offsets_go_on_whatever_is_dropped() -> None:
    stream = filled(b"1", b"2", b"3", b"4")
    assert offsets(stream) == [2, 3, 4]
    stream.expire(60.0)
    assert (offsets(stream), stream.top) == ([], StreamPosition(offset=4, epoch="e"))
    assert stream.append(b"5", None, KEPT, 60.0).offset == 5


def test_what_is_old_goes_by_the_time_that_it_was_last_kept_for() -> None:
    stream = filled(b"1")
    stream.append(b"2", None, KEPT, 30.0)
    stream.expire(59.9)
    assert offsets(stream) == [1, 2]
    stream.expire(60.0)
    assert offsets(stream) == [2]
    stream.trim(Retention(size=3, ttl=10.0), 39.9)
    assert offsets(stream) == [2]
    stream.expire(40.0)
    assert offsets(stream) == []


def test_it_weighs_its_data_and_what_stands_around_it() -> None:
    stream = filled(b"123", b"45")
    assert (stream.bytes, stream.weight) == (5, 5 + 2 * OVERHEAD)
    stream.expire(60.0)
    assert (stream.bytes, stream.weight) == (0, 0)


def test_more_than_its_bytes_is_not_kept() -> None:
    stream = filled(b"1", b"x" * MAX_BYTES)
    assert offsets(stream) == [2]
    stream.append(b"3", None, KEPT, 0.0)
    assert (offsets(stream), stream.bytes) == ([3], 1)
