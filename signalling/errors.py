"""Why a step in a call was refused.

RequestError
├── Conflict
│   ├── SessionReplaced   409  1200  another tab or device of his has taken over
│   ├── CallLimit         409  1205  too many tracks
│   └── MediaNo           409  1206  the media worker refused; `fields["reason"]` is its slug
├── Forbidden
│   └── CallNotAdmitted   403  1201  calls are for those inside the room
├── Unavailable
│   └── CallUnavailable   503  1202  no media worker answers (temporary)
├── Gone
│   └── SessionUnknown    410  1203  the session is over: join again
├── NotFound
│   └── PartUnknown       404  1204  no such transport, producer or consumer in this session
└── BadRequest
    └── (protocol.shapes.InvalidCallParameters, 1299)
"""

from protocol.errors import Conflict, Forbidden, Gone, NotFound, Unavailable


class SessionReplaced(Conflict):
    """One call per person: the newest session has it."""

    code, slug, title = 1200, "call-session-replaced", "You are in this call on another page."


class CallNotAdmitted(Forbidden):
    """He waits, has left or was removed."""

    code, slug, title = 1201, "call-not-admitted", "You have not been let into this call."


class CallUnavailable(Unavailable):
    """No media worker answers. Try again in a second."""

    code, slug, title = 1202, "call-unavailable", "Calls are not available at the moment."


class SessionUnknown(Gone):
    """The session is over, by a lost connection or a lost worker: join again."""

    code, slug, title = 1203, "call-session-unknown", "Join the call again."


class PartUnknown(NotFound):
    """The session has no such transport, producer or consumer, or has lost it."""

    code, slug, title = 1204, "call-part-unknown", "The call has no such part."


class CallLimit(Conflict):
    """More tracks than a participant needs."""

    code, slug, title = 1205, "call-limit", "Too many tracks at once."


class MediaNo(Conflict):
    """The media worker refused: `fields["reason"]` is one of its slugs (`invalid`, `unsupported`, `exists`...)."""

    code, slug, title = 1206, "call-media-refused", "The call cannot do this."
