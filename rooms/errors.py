"""Why a step in a room was refused.

RequestError
├── RoomNotOpen          425  1100  too early; `fields["opens_at"]`
├── Gone
│   └── RoomEnded        410  1101
├── Forbidden
│   ├── NotAdmitted      403  1102  the practitioner lets people in
│   ├── Removed          403  1103  he was shown out
│   └── PractitionerOnly 403  1104
├── Conflict
│   └── IllegalStep      409  1105  `fields["state"]`, `fields["step"]`
├── BadRequest
│   └── InvalidText      400  1106
└── TooManyRequests
    └── ChatTooFast      429  1107  `fields["retry_after"]`

Whoever does not belong to a room gets `protocol.errors.NotFound`, as if there were none.
"""

from protocol.errors import BadRequest, Conflict, Forbidden, Gone, RequestError, TooManyRequests


class RoomNotOpen(RequestError):
    """The room opens later: `fields["opens_at"]`."""

    code, slug, status, title = 1100, "room-not-open", 425, "The room is not open yet."


class RoomEnded(Gone):
    """The session was ended, or its time is over."""

    code, slug, title = 1101, "room-ended", "This session is over."


class NotAdmitted(Forbidden):
    """He waits, or has left: only who is admitted may do this."""

    code, slug, title = 1102, "not-admitted", "You have not been let in yet."


class Removed(Forbidden):
    """The practitioner showed him out, and has not let him in again."""

    code, slug, title = 1103, "removed", "You were removed from this session."


class PractitionerOnly(Forbidden):
    """Letting in, showing out and ending are the practitioner's."""

    code, slug, title = 1104, "practitioner-only", "Only the practitioner may do this."


class IllegalStep(Conflict):
    """The state table has no such step: `fields["state"]`, `fields["step"]`."""

    code, slug, title = 1105, "illegal-step", "This is not possible now."


class InvalidText(BadRequest):
    """A message is empty, too long, or holds control characters."""

    code, slug, title = 1106, "invalid-text", "This message cannot be sent."


class ChatTooFast(TooManyRequests):
    """One person sends faster than anyone types: `fields["retry_after"]` in seconds."""

    code, slug, title = 1107, "chat-too-fast", "Slow down. Try again in a moment."
