"""RTCP, read and written by hand: reports, source descriptions, goodbyes (RFC 3550, 6), NACK and PLI (RFC 4585),
FIR (RFC 5104, 4.3.1), REMB (draft-alvestrand-rmcat-remb-03).

`parse` never raises: what it does not know it passes over, and at the first contradiction it stops.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
_NACK, _PLI, _FIR, _AFB = 1, 1, 4, 15

MAX_BITRATE = 1 << 40
"""Bits per second: no network has it. REMB can say 2^81, which no 64-bit number of the control socket holds."""
MAX_NACKED = 512
"""Numbers read from one NACK: as many as a history holds."""
MAX_BLOCKS = 31
"""Report blocks in one report: the count has five bits."""

_HEADER = struct.Struct("!BBH")
_BLOCK = struct.Struct("!IIIIII")
_SENDER = struct.Struct("!IQIII")
_NTP_EPOCH = 2_208_988_800
"""Seconds from 1900 to 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBlock:
    """One source's reception. `fraction` in 1/256; `jitter` in clock units; `delay` in 1/65536 s."""

    ssrc: int
    fraction: int
    lost: int
    highest: int
    jitter: int
    last_report: int
    delay: int

    def round_trip(self, ntp: int) -> float | None:
        """Seconds between our report and this answer to it, less the time it lay; None if it answers none.

        `ntp`: the time of arrival, 64 bits (RFC 3550, 6.4.1).
        """
        if not self.last_report:
            return None
        units = (((ntp >> 16) & 0xFFFFFFFF) - self.last_report - self.delay) & 0xFFFFFFFF
        return units / 65536 if units < 0x80000000 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderReport:
    """A sender's clocks and counts, and what it receives."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverReport:
    """What an end receives."""

    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nack:
    """Packets of `media` that are missing: 16-bit numbers."""

    media: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFrameRequest:
    """PLI or FIR: these sources should send a key frame."""

    media: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remb:
    """The receiver's estimate of what it can take of these sources together, in bits per second."""

    bitrate: int
    media: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodbye:
    """These sources end."""

    ssrcs: tuple[int, ...]


Item = SenderReport | ReceiverReport | Nack | KeyFrameRequest | Remb | Goodbye


def parse(data: bytes) -> list[Item]:
    """The items of a compound packet."""
    items: list[Item] = []
    at = 0
    while at + 4 <= len(data):
        first, kind, words = _HEADER.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            break
        item = _parse_one(first & 0x1F, kind, data[at + 4 : end])
        if item is not None:
            items.append(item)
        at = end
    return items


def _parse_one(count: int, kind: int, body: bytes) -> Item | None:
    if kind == SR and len(body) >= 24 + 24 * count:
        ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
        return SenderReport(
            ssrc=ssrc,
            ntp=ntp,
            timestamp=timestamp,
            packets=packets,
            octets=octets,
            blocks=_blocks(body, 24, count),
        )
    if kind == RR and len(body) >= 4 + 24 * count:
        return ReceiverReport(ssrc=_u32(body, 0), blocks=_blocks(body, 4, count))
    if kind == BYE and len(body) >= 4 * count:
        return Goodbye(ssrcs=tuple(_u32(body, 4 * index) for index in range(count)))
    if kind in (RTPFB, PSFB) and len(body) >= 8:
        return _parse_feedback(count, kind, body)
    return None


def _parse_feedback(form: int, kind: int, body: bytes) -> Item | None:
    media, details = _u32(body, 4), body[8:]
    if kind == RTPFB:
        return Nack(media=media, sequences=_nacked(details)) if form == _NACK else None
    if form == _PLI:
        return KeyFrameRequest(media=(media,))
    if form == _FIR:  # the header's media SSRC is 0; each entry names one (RFC 5104, 4.3.1.1)
        entries = len(details) // 8
        return KeyFrameRequest(media=tuple(_u32(details, 8 * index) for index in range(entries)))
    if form == _AFB and details[:4] == b"REMB" and len(details) >= 8:
        return _parse_remb(details)
    return None


def _parse_remb(details: bytes) -> Item | None:
    count = details[4]
    if len(details) < 8 + 4 * count:
        return None
    exponent, mantissa = details[5] >> 2, (details[5] & 3) << 16 | details[6] << 8 | details[7]
    return Remb(
        bitrate=min(mantissa << exponent, MAX_BITRATE),
        media=tuple(_u32(details, 8 + 4 * index) for index in range(count)),
    )


def _nacked(details: bytes) -> tuple[int, ...]:
    numbers: list[int] = []
    for at in range(0, len(details) - 3, 4):
        first, mask = struct.unpack_from("!HH", details, at)
        numbers.append(first)
        numbers += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
        if len(numbers) >= MAX_NACKED:
            break
    return tuple(numbers[:MAX_NACKED])


def _blocks(body: bytes, at: int, count: int) -> tuple[ReportBlock, ...]:
    return tuple(_block(body, at + 24 * index) for index in range(count))


def _block(body: bytes, at: int) -> ReportBlock:
    ssrc, loss, highest, jitter, last_report, delay = _BLOCK.unpack_from(body, at)
    lost = loss & 0xFFFFFF
    return ReportBlock(
        ssrc=ssrc,
        fraction=loss >> 24,
        lost=lost - 0x1000000 if lost > 0x7FFFFF else lost,
        highest=highest,
        jitter=jitter,
        last_report=last_report,
        delay=delay,
    )


def _u32(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 4], "big")


def sender_report(report: SenderReport) -> bytes:
    """The bytes of a sender report."""
    body = _SENDER.pack(
        report.ssrc,
        report.ntp,
        report.timestamp & 0xFFFFFFFF,
        report.packets & 0xFFFFFFFF,
        report.octets & 0xFFFFFFFF,
    )
    return _packet(len(report.blocks), SR, body + _pack_blocks(report.blocks))


def receiver_report(report: ReceiverReport) -> bytes:
    """The bytes of a receiver report, of at most 31 blocks."""
    body = report.ssrc.to_bytes(4, "big") + _pack_blocks(report.blocks)
    return _packet(len(report.blocks), RR, body)


def source_description(ssrc: int, cname: str) -> bytes:
    """The bytes of a source description with a canonical name (RFC 3550, 6.5.1)."""
    name = cname.encode()[:255]
    chunk = ssrc.to_bytes(4, "big") + bytes([1, len(name)]) + name
    return _packet(1, SDES, chunk + bytes(4 - len(chunk) % 4))


def goodbye(ssrcs: Sequence[int]) -> bytes:
    """The bytes of a goodbye, of at most 31 sources."""
    return _packet(len(ssrcs), BYE, b"".join(ssrc.to_bytes(4, "big") for ssrc in ssrcs))


def nack(sender: int, media: int, sequences: Iterable[int]) -> bytes:
    """The bytes of a NACK for these numbers."""
    pairs: list[list[int]] = []
    for sequence in sequences:
        behind = (sequence - pairs[-1][0]) & 0xFFFF if pairs else 0
        if 1 <= behind <= 16:
            pairs[-1][1] |= 1 << (behind - 1)
        else:
            pairs.append([sequence, 0])
    body = b"".join(struct.pack("!HH", first, mask) for first, mask in pairs)
    return _packet(_NACK, RTPFB, struct.pack("!II", sender, media) + body)


def picture_loss(sender: int, media: int) -> bytes:
    """The bytes of a PLI."""
    return _packet(_PLI, PSFB, struct.pack("!II", sender, media))


def full_intra_request(sender: int, media: int, number: int) -> bytes:
    """The bytes of a FIR; `number` counts the requests up, modulo 256."""
    return _packet(
        _FIR, PSFB, struct.pack("!III", sender, 0, media) + bytes([number & 0xFF, 0, 0, 0])
    )


def remb(sender: int, bitrate: int, media: Sequence[int]) -> bytes:
    """The bytes of a REMB for these sources."""
    exponent = max(bitrate.bit_length() - 18, 0)
    mantissa = bitrate >> exponent
    head = bytes(
        [len(media), exponent << 2 | mantissa >> 16, mantissa >> 8 & 0xFF, mantissa & 0xFF]
    )
    sources = b"".join(ssrc.to_bytes(4, "big") for ssrc in media)
    return _packet(_AFB, PSFB, struct.pack("!II", sender, 0) + b"REMB" + head + sources)


def ntp_time(seconds: float) -> int:
    """The 64-bit NTP time of seconds since 1970."""
    return int((seconds + _NTP_EPOCH) * (1 << 32)) & 0xFFFFFFFFFFFFFFFF


def ntp_seconds(ntp: int) -> float:
    """Seconds since 1970 of a 64-bit NTP time."""
    return ntp / (1 << 32) - _NTP_EPOCH


def _packet(count: int, kind: int, body: bytes) -> bytes:
    return _HEADER.pack(0x80 | count, kind, len(body) // 4) + body


def _pack_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            (block.fraction << 24) | (block.lost & 0xFFFFFF),
            block.highest,
            block.jitter,
            block.last_report,
            block.delay,
        )
        for block in blocks
    )
