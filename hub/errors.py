"""What a client's command is refused with: the Centrifuge client protocol's own errors.

CommandError
├── InternalError           100  something broke; try again (temporary)
├── UnknownChannel          102  the server API's: no such namespace
├── PermissionDenied        103  this channel is not yours, or is not at all: never told apart
├── MethodNotFound          104  no such command or RPC
├── AlreadySubscribed       105
├── LimitExceeded           106  too many channels on one connection
├── InvalidRequest          107  the request is malformed
├── NotAvailable            108  the namespace does not have this
├── TokenExpired            109  fetch a new token and come again
├── TooManyRequests         111  slow down (temporary)
└── UnrecoverablePosition   112  what was asked for is no longer, or never was, in the history

IllegalStep is the programmer's: a connection was driven against its table of states.
"""

from typing import ClassVar

from protocol.envelope import ErrorReply


class CommandError(Exception):
    """A command was refused. `reply` is what the client is told."""

    reply: ClassVar[ErrorReply]


class InternalError(CommandError):
    """Something broke here. A retry can help."""

    reply = ErrorReply(code=100, message="internal server error", temporary=True)


class UnknownChannel(CommandError):
    """There is no such namespace. Said to the server API only."""

    reply = ErrorReply(code=102, message="unknown channel")


class PermissionDenied(CommandError):
    """The channel is another's, or there is none such: one answer for both."""

    reply = ErrorReply(code=103, message="permission denied")


class MethodNotFound(CommandError):
    """There is no such command or RPC."""

    reply = ErrorReply(code=104, message="method not found")


class AlreadySubscribed(CommandError):
    """This connection has the channel."""

    reply = ErrorReply(code=105, message="already subscribed")


class LimitExceeded(CommandError):
    """This connection has as many channels as it may."""

    reply = ErrorReply(code=106, message="limit exceeded")


class InvalidRequest(CommandError):
    """The request is malformed."""

    reply = ErrorReply(code=107, message="bad request")


class NotAvailable(CommandError):
    """The namespace does not have this."""

    reply = ErrorReply(code=108, message="not available")


class TokenExpired(CommandError):
    """The token was ours, and its time is over."""

    reply = ErrorReply(code=109, message="token expired")


class TooManyRequests(CommandError):
    """Slow down."""

    reply = ErrorReply(code=111, message="too many requests", temporary=True)


class UnrecoverablePosition(CommandError):
    """The history does not reach there."""

    reply = ErrorReply(code=112, message="unrecoverable position")


class IllegalStep(Exception):
    """A connection was asked for a step that its state does not have."""
