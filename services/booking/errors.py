"""Why a booking request was refused (codes 1000-1099).

RequestError
├── Conflict
│   ├── SlotTaken         1000  somebody has it; `next_open` names up to three others
│   ├── HoldExpired       1002  the hold is over, or was never yours
│   ├── TooManyHolds      1003  release one first
│   ├── AlreadyOver       1004  it began, ended or was cancelled
│   ├── VersionConflict   1005  somebody else saved in between; `current` is what stands
│   ├── DoubleBooked      1010  the client has another appointment at that time
│   └── TooManyBookings   1011  as many appointments are ahead as one may have
└── Unprocessable
    ├── NotASlot          1001  never offered at that time
    ├── InvalidRules      1006  working hours that make no sense
    ├── UnknownTimeZone   1007  no such IANA zone
    ├── OwnCalendar       1008  nobody books himself
    └── WindowTooWide     1009  ask for less at a time
"""

from protocol.errors import Conflict, Unprocessable


class SlotTaken(Conflict):
    """Somebody has this slot. `fields`: `next_open`, up to three start times; `your_hold` if it is the caller's own."""

    code, slug, title = 1000, "slot-taken", "This time is taken."


class NotASlot(Unprocessable):
    """The practitioner does not offer this service at this time."""

    code, slug, title = 1001, "not-a-slot", "This time is not offered."


class HoldExpired(Conflict):
    """The hold is over or was never the caller's: the two are never told apart."""

    code, slug, title = (
        1002,
        "hold-expired",
        "Your time to book this slot is over. Choose it again.",
    )


class TooManyHolds(Conflict):
    """The caller holds as many slots as one may."""

    code, slug, title = (
        1003,
        "too-many-holds",
        "You hold several times already. Book or release one first.",
    )


class AlreadyOver(Conflict):
    """The appointment began, ended or was cancelled. `fields`: `appointment_status`."""

    code, slug, title = 1004, "already-over", "This appointment can no longer be changed."


class VersionConflict(Conflict):
    """Somebody else saved in between. `fields`: `current`, the version that stands."""

    code, slug, title = 1005, "version-conflict", "This was changed in the meantime. Load it again."


class DoubleBooked(Conflict):
    """The client himself is booked at that time, with whomever."""

    code, slug = 1010, "double-booked-client"
    title = "You have another appointment at that time."


class TooManyBookings(Conflict):
    """The client has as many appointments ahead as one may. `fields`: `limit`."""

    code, slug = 1011, "too-many-bookings"
    title = (
        "You have as many appointments ahead as one can have. Come to one, or cancel one, first."
    )


class InvalidRules(Unprocessable):
    """Weekly hours that overlap, end before they begin or lie outside the day."""

    code, slug, title = 1006, "invalid-availability", "These working hours are not valid."


class UnknownTimeZone(Unprocessable):
    """Not a name in the IANA database."""

    code, slug, title = 1007, "unknown-time-zone", "There is no such time zone."


class OwnCalendar(Unprocessable):
    """A practitioner cannot be his own client."""

    code, slug, title = 1008, "own-calendar", "You cannot book an appointment with yourself."


class WindowTooWide(Unprocessable):
    """The stretch of time asked for is empty or too long. `fields`: `max_days`."""

    code, slug, title = 1009, "window-too-wide", "This stretch of time cannot be shown at once."
