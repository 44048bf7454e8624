from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from protocol.errors import BadRequest
from rooms import params

ID = uuid4()


def test_what_is_right_is_taken() -> None:
    given = {"room": str(ID), "after": 7, "key": "k", "paused": True}
    assert params.identifier(given, "room") == ID
    assert params.integer(given, "after", low=0, high=9, default=0) == 7
    assert params.integer({}, "after", low=0, high=9, default=5) == 5
    assert params.text(given, "key", longest=1) == "k"
    assert params.flag(given, "paused") is True
    assert params.flag({}, "paused") is False


@pytest.mark.parametrize(
    "value", [None, 7, "", "x", ID, str(ID).upper() + "x", f"{{{ID}}}", ID.hex, [str(ID)]]
)
def test_ids_are_canonical(value: object) -> None:
    with pytest.raises(BadRequest, match="room"):
        params.identifier({"room": value}, "room")


def test_capitals_are_not_canonical() -> None:
    with pytest.raises(BadRequest):
        params.identifier({"room": str(UUID(int=2**128 - 1)).upper()}, "room")


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda given: params.integer(given, "x", low=0, high=9, default=0), True),
        (lambda given: params.integer(given, "x", low=0, high=9, default=0), 1.0),
        (lambda given: params.integer(given, "x", low=0, high=9, default=0), 10),
        (lambda given: params.integer(given, "x", low=0, high=9, default=0), -1),
        (lambda given: params.integer(given, "x", low=0, high=9, default=0), None),
        (lambda given: params.text(given, "x", longest=3), ""),
        (lambda given: params.text(given, "x", longest=3), "abcd"),
        (lambda given: params.text(given, "x", longest=3), "a\x00"),
        (lambda given: params.text(given, "x", longest=3), "\ud800"),
        (lambda given: params.text(given, "x", longest=3), None),
        (lambda given: params.flag(given, "x"), 1),
        (lambda given: params.flag(given, "x"), None),
    ],
)
def test_what_is_wrong_is_named(read: Callable[[dict[str, Any]], object], value: object) -> None:
    with pytest.raises(BadRequest, match=r"^x:"):
        read({"x": value})
