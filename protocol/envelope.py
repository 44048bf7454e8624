"""Commands, replies and pushes of the Centrifuge client protocol, version 2, in JSON.

A frame holds commands (or replies and pushes) parted by line feeds. A command is an object with an `id` and one key
that names its method; its reply has the same `id` and either `error` or the method's result. What comes unasked is a
`push`. An empty object is the server's ping, and the client's pong. Definition: centrifugal/protocol, client.proto.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from protocol.codec import InvalidJSON, decode, embed, encode
from protocol.disconnects import Unsubscription

METHODS = (
    "connect",
    "subscribe",
    "unsubscribe",
    "publish",
    "presence",
    "presence_stats",
    "history",
    "rpc",
    "refresh",
    "sub_refresh",
    "send",
    "ping",
)
"""What a client may ask for."""

PONG = "pong"
"""The method of the empty command."""

UNKNOWN = ""
"""The method of a command that names none of ours."""

REJECT_UNRECOVERED = 2
"""A bit of `flag` in a subscription: answer error 112 where recovery is impossible."""

MAX_ID = 2**32 - 1
MAX_OFFSET = 2**64 - 1

PING = b"{}"
"""The server's ping."""


class Malformed(Exception):
    """What came is not of the protocol: the connection cannot go on, or the request cannot be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing a client asks for. `id` 0 wants no reply; `method` is of METHODS, PONG or UNKNOWN."""

    id: int = 0
    method: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPosition:
    """A place in a channel's stream: offsets count up by one within an `epoch`, and mean nothing in another."""

    offset: int
    epoch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientInfo:
    """Who is there, or who published: a connection's id and its person's, "" for nobody."""

    user: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One JSON document published to a channel. `offset` 0 stands in no history."""

    data: bytes
    offset: int = 0
    info: ClientInfo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReply:
    """What an error says: `temporary` invites the client to try again."""

    code: int
    message: str
    temporary: bool = False


def decode_commands(text: str, *, most: int) -> list[Command]:
    """The commands of one frame, at most `most` of them. Raises Malformed."""
    lines = text.strip().split("\n")
    if len(lines) > most:
        raise Malformed(f"over {most} commands in a frame")
    return [_command(line) for line in lines]


def _command(line: str) -> Command:
    try:
        value = decode(line)
    except InvalidJSON as error:
        raise Malformed("not JSON") from error
    if not isinstance(value, dict):
        raise Malformed("a command is an object")
    if not value:
        return Command(method=PONG, params={})
    number = value.get("id", 0)
    if type(number) is not int or not 0 <= number <= MAX_ID:
        raise Malformed("an id is a number of 32 bits")
    return _named(number, value)


def _named(number: int, value: Mapping[str, Any]) -> Command:
    named = [method for method in METHODS if method in value]
    if len(named) > 1:
        raise Malformed("a command names one method")
    if not named:
        return Command(id=number, method=UNKNOWN, params={})
    params = value[named[0]]
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise Malformed("a method's parameters are an object")
    return Command(id=number, method=named[0], params=params)


def text_of(params: Mapping[str, Any], key: str) -> str:
    """The string under `key`, "" where there is none. Raises Malformed for anything else."""
    value = params.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{key} is a string")
    return value


def number_of(params: Mapping[str, Any], key: str) -> int:
    """The whole number under `key`, 0 where there is none. Raises Malformed for anything else."""
    value = params.get(key)
    if value is None:
        return 0
    if type(value) is not int or not -1 <= value <= MAX_OFFSET:
        raise Malformed(f"{key} is a whole number")
    return value


def position_of(params: Mapping[str, Any]) -> StreamPosition:
    """The place named by `epoch` and `offset`. Raises Malformed."""
    return StreamPosition(
        offset=max(0, number_of(params, "offset")), epoch=text_of(params, "epoch")
    )


def recover_from(params: Mapping[str, Any]) -> StreamPosition | None:
    """Where a subscription asks to be recovered from, or None where it asks for nothing. Raises Malformed."""
    return position_of(params) if params.get("recover") is True else None


def since_of(params: Mapping[str, Any]) -> StreamPosition | None:
    """Where a history request begins, or None. Raises Malformed."""
    since = params.get("since")
    if since is None:
        return None
    if not isinstance(since, dict):
        raise Malformed("since is an object")
    return position_of(since)


def reply(number: int, method: str, result: Mapping[str, Any]) -> bytes:
    """What a command asked for."""
    return encode({"id": number, method: result})


def error_reply(number: int, error: ErrorReply) -> bytes:
    """Why a command was refused."""
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.temporary:
        body["temporary"] = True
    return encode({"id": number, "error": body})


def info(who: ClientInfo) -> dict[str, str]:
    """A connection as it is shown to others."""
    return {"user": who.user, "client": who.client}


def publication(pub: Publication) -> dict[str, Any]:
    """A publication as replies and pushes carry it."""
    body: dict[str, Any] = {"data": embed(pub.data)}
    if pub.offset:
        body["offset"] = pub.offset
    if pub.info is not None:
        body["info"] = info(pub.info)
    return body


def publications(pubs: Iterable[Publication]) -> list[dict[str, Any]]:
    """Publications in their order."""
    return [publication(pub) for pub in pubs]


def publication_push(channel: str, pub: Publication) -> bytes:
    """A publication, to a channel's subscribers."""
    return encode({"push": {"channel": channel, "pub": publication(pub)}})


def join_push(channel: str, who: ClientInfo) -> bytes:
    """Someone subscribed."""
    return encode({"push": {"channel": channel, "join": {"info": info(who)}}})


def leave_push(channel: str, who: ClientInfo) -> bytes:
    """Someone is no longer subscribed."""
    return encode({"push": {"channel": channel, "leave": {"info": info(who)}}})


def unsubscribe_push(channel: str, why: Unsubscription) -> bytes:
    """The server ended a subscription."""
    return encode(
        {"push": {"channel": channel, "unsubscribe": {"code": why.code, "reason": why.reason}}}
    )
