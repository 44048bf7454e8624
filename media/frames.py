"""Frames of the control socket: a 4-byte big-endian length, then one msgpack array.

request   [id, method, {parameters}]     id > 0, chosen by the gateway
reply     [id, result, null]  or  [id, null, [slug, detail]]
event     [0, name, {fields}]            from the worker, unasked
"""

import asyncio
import struct
from typing import Any

import msgpack

MAX_FRAME = 256 * 1024
"""Bytes. RTP parameters are a few KiB; the largest frame is the statistics of a full room."""

_LENGTH = struct.Struct("!I")


class FrameError(Exception):
    """The far side broke the framing: the connection is of no more use."""


def encode(message: list[Any]) -> bytes:
    """One frame. Raises FrameError when it would be larger than `MAX_FRAME`."""
    body: bytes = msgpack.packb(message)
    if len(body) > MAX_FRAME:
        raise FrameError(f"a frame of {len(body)} bytes")
    return _LENGTH.pack(len(body)) + body


async def read(reader: asyncio.StreamReader) -> list[Any] | None:
    """The next frame's three items, or None at the end of the stream. Raises FrameError."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(4))
        if length > MAX_FRAME:
            raise FrameError(f"a frame of {length} bytes")
        body = await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return decode(body)


def decode(body: bytes) -> list[Any]:
    """The three items in a frame's body. Raises FrameError."""
    try:
        message = msgpack.unpackb(body, strict_map_key=True)
    except (ValueError, msgpack.UnpackException) as error:
        raise FrameError("not msgpack") from error
    if not isinstance(message, list) or len(message) != 3 or not isinstance(message[0], int):
        raise FrameError("not a control message")
    return message
