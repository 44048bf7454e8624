"""What one hub asks of all of them, through the broker."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from protocol.codec import decode, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribeUser:
    """End a person's subscriptions to a channel."""

    user: str
    channel: str
    order: Literal["unsubscribe"] = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisconnectUser:
    """End a person's connections, or with `session` those that are of this one."""

    user: str
    code: int
    reason: str
    session: str = ""
    order: Literal["disconnect"] = "disconnect"


Order: TypeAlias = UnsubscribeUser | DisconnectUser


def write_order(order: Order) -> bytes:
    """As it travels."""
    return encode(order)


def read_order(data: bytes) -> Order:
    """As it was written. Raises KeyError, TypeError or InvalidJSON for what no hub wrote."""
    fields = decode(data)
    kind = UnsubscribeUser if fields["order"] == "unsubscribe" else DisconnectUser
    return kind(**fields)
