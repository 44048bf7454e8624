"""Why the server ended a connection or a subscription: codes that client libraries act on.

A connection's code from 3000 to 3499 and from 4000 to 4499 asks the client to come back; from 3500 to 3999 and from
4500 to 4999 it asks him to stay away. An unsubscription's code below 2500 is final, from 2500 on the client subscribes
anew. The codes and their words are those of the Centrifuge client protocol. A reason travels in the WebSocket's close
frame, whose payload is at most 125 bytes, two of them the code (RFC 6455, 5.5).
"""

from dataclasses import dataclass

MAX_REASON = 123
"""Bytes of UTF-8: what a close frame has room for."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The server ends a connection with this `code` and `reason`."""

    code: int
    reason: str

    def __post_init__(self) -> None:
        if not 3000 <= self.code <= 4999:
            raise ValueError(f"disconnect code {self.code} is not within 3000 and 4999")
        if len(self.reason.encode()) > MAX_REASON:
            raise ValueError(f"disconnect reason is over {MAX_REASON} bytes")

    @property
    def reconnect(self) -> bool:
        """Whether the client is to come back by himself."""
        return self.code < 3500 or 4000 <= self.code < 4500


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """The server ends a subscription with this `code` and `reason`."""

    code: int
    reason: str

    @property
    def resubscribe(self) -> bool:
        """Whether the client is to subscribe anew by himself."""
        return self.code >= 2500


CLOSED = Disconnect(3000, "connection closed")
SHUTDOWN = Disconnect(3001, "shutdown")
SERVER_ERROR = Disconnect(3004, "internal server error")
EXPIRED = Disconnect(3005, "connection expired")
SLOW = Disconnect(3008, "slow")
STATE_LOST = Disconnect(3010, "insufficient state")
NO_PONG = Disconnect(3012, "no pong")
TOO_MANY_REQUESTS = Disconnect(3013, "too many requests")

INVALID_TOKEN = Disconnect(3500, "invalid token")
BAD_REQUEST = Disconnect(3501, "bad request")
STALE = Disconnect(3502, "stale")
FORCED = Disconnect(3503, "disconnected")
CONNECTION_LIMIT = Disconnect(3504, "connection limit")

UNSUBSCRIBED = Unsubscription(2000, "server unsubscribe")
INSUFFICIENT_STATE = Unsubscription(2500, "insufficient state")
