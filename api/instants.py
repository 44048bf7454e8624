"""Times and dates that clients send: aware, within the years we reckon with, and in UTC from here on."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

EARLIEST = date(2000, 1, 1)
LATEST = date(2100, 1, 1)
"""Outside of these nothing is booked, and arithmetic near the end of datetime's own range would overflow."""


def _instant(value: datetime) -> datetime:
    if not EARLIEST.year <= value.year < LATEST.year:
        raise ValueError(f"must lie in the years {EARLIEST.year} to {LATEST.year - 1}")
    return value.astimezone(UTC)


Instant = Annotated[
    AwareDatetime,
    AfterValidator(_instant),
    Field(description="RFC 3339, with an offset.", examples=["2026-11-23T12:00:00Z"]),
]
"""A point in time."""

Day = Annotated[date, Field(ge=EARLIEST, lt=LATEST, examples=["2026-11-23"])]
"""A date of some calendar: say beside it in which time zone."""


def read_instant(text: str) -> datetime:
    """A point in time out of a cursor. Raises ValueError for what is none of ours."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("a time without an offset")
    return _instant(value)
