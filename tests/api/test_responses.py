from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from api.responses import Json, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something to answer."""

    id: UUID
    at: datetime
    names: tuple[str, ...]


THING = Thing(id=UUID(int=1), at=datetime(2026, 11, 23, 9, tzinfo=UTC), names=("Åsa",))
WRITTEN = (
    '{"id":"00000000-0000-0000-0000-000000000001","at":"2026-11-23T09:00:00+00:00","names":["Åsa"]}'
)


def test_a_dataclass_is_written_as_it_is() -> None:
    assert encode(THING).decode() == WRITTEN


def test_a_response_carries_it() -> None:
    response = Json(THING, status=201, headers={"ETag": '"1"'})
    assert (response.status_code, response.body) == (201, WRITTEN.encode())
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["ETag"] == '"1"'


def test_what_cannot_be_written_is_our_mistake() -> None:
    with pytest.raises(TypeError):
        Json(object())
