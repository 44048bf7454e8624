"""The RTP packet: its twelve bytes, the bounds of its payload, its header extensions (RFC 3550, 5.1; RFC 8285)."""

import struct

HEADER = struct.Struct("!BBHII")
"""V/P/X/CC, M/PT, sequence number, timestamp, SSRC."""

ONE_BYTE = 0xBEDE
TWO_BYTE = 0x1000
SEQUENCE_MASK = 0xFFFF
TIMESTAMP_MASK = 0xFFFFFFFF

_PADDING = 0x20
_EXTENSION = 0x10


def payload_bounds(data: bytes) -> tuple[int, int] | None:
    """Where the payload begins and ends, padding left out; None for a packet that contradicts itself."""
    first, size = data[0], len(data)
    start = 12 + 4 * (first & 0x0F)
    if first & _EXTENSION:
        if start + 4 > size:
            return None
        start += 4 + 4 * ((data[start + 2] << 8) | data[start + 3])
    if first & _PADDING:
        padding = data[-1]
        if not padding:
            return None
        size -= padding
    return (start, size) if start <= size else None


def extension(data: bytes, wanted: int) -> bytes | None:
    """The value of the header extension with this id, or None. Both forms of RFC 8285; never raises on a bad block."""
    if not data[0] & _EXTENSION:
        return None
    at = 12 + 4 * (data[0] & 0x0F)
    if at + 4 > len(data):
        return None
    profile, words = (data[at] << 8) | data[at + 1], (data[at + 2] << 8) | data[at + 3]
    block = data[at + 4 : at + 4 + 4 * words]
    if profile == ONE_BYTE:
        return _one_byte(block, wanted)
    if profile & 0xFFF0 == TWO_BYTE:
        return _two_byte(block, wanted)
    return None


def _one_byte(block: bytes, wanted: int) -> bytes | None:
    at = 0
    while at < len(block):
        number, size = block[at] >> 4, (block[at] & 0x0F) + 1
        if number == 0:  # a padding byte
            at += 1
            continue
        if number == 15 or at + 1 + size > len(block):  # reserved: stop (RFC 8285, 4.2)
            return None
        if number == wanted:
            return block[at + 1 : at + 1 + size]
        at += 1 + size
    return None


def _two_byte(block: bytes, wanted: int) -> bytes | None:
    at = 0
    while at + 1 < len(block):
        number, size = block[at], block[at + 1]
        if number == 0:
            at += 1
            continue
        if at + 2 + size > len(block):
            return None
        if number == wanted:
            return block[at + 2 : at + 2 + size]
        at += 2 + size
    return None


def extension_block(values: list[tuple[int, bytes]]) -> tuple[bytes, dict[int, int]]:
    """A one-byte header extension block of these (id 1..14, 1..16 bytes), and where in it each value lies, by id."""
    body, offsets = bytearray(), {}
    for number, value in values:
        if not (1 <= number <= 14 and 1 <= len(value) <= 16):
            raise ValueError("does not fit the one-byte form")
        body.append((number << 4) | (len(value) - 1))
        offsets[number] = 4 + len(body)
        body += value
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", ONE_BYTE, len(body) // 4) + bytes(body), offsets
