"""A room's life, as a table: scheduled, open, live, ended. Pure: no clock, no database.

    scheduled ──open──▶ open ──begin──▶ live
                          │               │
                          └──────end──────┴──▶ ended

It opens when its time has come and someone enters, begins when the first client is let in, and ends once and for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from protocol.pushes import RoomStatus
from rooms.errors import IllegalStep, RoomEnded

RoomStep = Literal["open", "begin", "end"]

TRANSITIONS: Mapping[tuple[RoomStatus, RoomStep], RoomStatus] = {
    ("scheduled", "open"): "open",
    ("open", "open"): "open",
    ("live", "open"): "live",
    ("open", "begin"): "live",
    ("live", "begin"): "live",
    ("open", "end"): "ended",
    ("live", "end"): "ended",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOptions:
    """When rooms open and close, around the appointment's time."""

    lead: timedelta = timedelta(minutes=15)
    """Time to try out camera and microphone."""

    tail: timedelta = timedelta(hours=2)
    """Sessions run late; no room stays open for ever."""

    any_time: bool = False
    """Open whenever someone enters: the demonstration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `opens_at` until just before `closes_at` (aware UTC) people may enter."""

    opens_at: datetime
    closes_at: datetime


def window(start: datetime, end: datetime, *, now: datetime, options: RoomOptions) -> Window:
    """The hours of a room whose appointment runs from `start` to `end`."""
    opens_at = start - options.lead
    return Window(
        opens_at=min(opens_at, now) if options.any_time else opens_at, closes_at=end + options.tail
    )


def status_at(stored: RoomStatus, hours: Window, now: datetime) -> RoomStatus:
    """What the room is at `now`: `stored` is its row's word, or "scheduled" where nobody has entered yet."""
    if stored == "ended" or now >= hours.closes_at:
        return "ended"
    if stored == "scheduled" and now >= hours.opens_at:
        return "open"
    return stored


def step(status: RoomStatus, event: RoomStep) -> RoomStatus:
    """The next status. Raises RoomEnded, or IllegalStep where the table has no such step."""
    if status == "ended":
        raise RoomEnded
    following = TRANSITIONS.get((status, event))
    if following is None:
        raise IllegalStep(state=status, step=event)
    return following
