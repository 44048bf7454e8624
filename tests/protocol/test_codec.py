from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.codec import InvalidJSON, decode, embed, encode, one_line

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@dataclass(frozen=True)
class Thing:
    id: UUID
    at: datetime


@given(JSON)
def test_what_is_written_is_read_and_stands_on_one_line(value: object) -> None:
    written = encode(value)
    assert decode(written) == value
    assert b"\n" not in written


def test_dataclasses_ids_and_times_are_written_as_they_are() -> None:
    thing = Thing(UUID(int=1), datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert encode(thing) == (
        b'{"id":"00000000-0000-0000-0000-000000000001","at":"2026-11-23T09:00:00+00:00"}'
    )


@pytest.mark.parametrize("text", [b"", b"{", b"nul", b'"\xff"', "[" * 2000, b"NaN"])
def test_what_is_not_json_is_refused(text: bytes | str) -> None:
    with pytest.raises(InvalidJSON):
        decode(text)


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(InvalidJSON):
        encode({"a": object()})
    deep: object = 1
    for _ in range(300):
        deep = [deep]
    with pytest.raises(InvalidJSON):
        encode(deep)


def test_line_breaks_go_and_the_rest_stays() -> None:
    assert one_line(b'{"b": 1,\r\n "a": "x\\ny"}') == b'{"b":1,"a":"x\\ny"}'
    assert one_line(b'{"b": 1}') == b'{"b": 1}'
    with pytest.raises(InvalidJSON):
        one_line(b"{} {}")


def test_a_document_is_embedded_as_it_is() -> None:
    assert encode({"data": embed(b'{"a": 1}')}) == b'{"data":{"a": 1}}'
