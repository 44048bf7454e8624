"""Which producer a packet belongs to: its SSRC, else its MID, else its payload type (RFC 8843, 9.2)."""

from collections.abc import Callable
from typing import Protocol

from media.capabilities import Published
from media.errors import MediaRefused
from media.packet import extension

Sink = Callable[[bytes, int, int, int, float], None]
"""Takes a packet: its bytes, payload type, sequence number, timestamp, and the time of arrival."""


class Source(Protocol):
    """A producer, as far as its packets are concerned."""

    published: Published
    ssrc: int | None
    rtx_ssrc: int | None

    def media(
        self, data: bytes, payload_type: int, sequence: int, timestamp: int, now: float
    ) -> None:
        """A packet of its own came."""

    def repair(
        self, data: bytes, payload_type: int, sequence: int, timestamp: int, now: float
    ) -> None:
        """A retransmission came."""


class Streams:
    """The table of one transport. A track keeps the SSRC that was signalled or learned first."""

    __slots__ = ("_sources", "by_ssrc")

    def __init__(self) -> None:
        self.by_ssrc: dict[int, Sink] = {}
        self._sources: list[Source] = []

    def add(self, source: Source) -> None:
        """Expect this producer's packets. Raises MediaRefused where another's could not be told from them."""
        ssrcs = [ssrc for ssrc in (source.ssrc, source.rtx_ssrc) if ssrc is not None]
        mids = [item.published.mid for item in self._sources if item.published.mid is not None]
        if len(set(ssrcs)) < len(ssrcs) or any(ssrc in self.by_ssrc for ssrc in ssrcs):
            raise MediaRefused("exists", "another track of this transport has the SSRC")
        if source.published.mid in mids:
            raise MediaRefused("exists", "another track of this transport has the mid")
        self._sources.append(source)
        if source.ssrc is not None:
            self.by_ssrc[source.ssrc] = source.media
        if source.rtx_ssrc is not None:
            self.by_ssrc[source.rtx_ssrc] = source.repair

    def remove(self, source: Source) -> None:
        """Expect them no more."""
        self._sources.remove(source)
        for ssrc in (source.ssrc, source.rtx_ssrc):
            if ssrc is not None:
                del self.by_ssrc[ssrc]

    def learn(self, data: bytes, ssrc: int, payload_type: int) -> Sink | None:
        """Where a packet of an unknown SSRC goes, and those after it; None: nowhere."""
        source = self._find(data, payload_type)
        if source is None:
            return None
        if payload_type == source.published.payload_type and source.ssrc is None:
            source.ssrc, self.by_ssrc[ssrc] = ssrc, source.media
        elif payload_type == source.published.rtx_payload_type and source.rtx_ssrc is None:
            source.rtx_ssrc, self.by_ssrc[ssrc] = ssrc, source.repair
        return self.by_ssrc.get(ssrc)

    def _find(self, data: bytes, payload_type: int) -> Source | None:
        mid = self._mid(data)
        found = [
            source
            for source in self._sources
            if (mid is None or source.published.mid == mid)
            and payload_type in (source.published.payload_type, source.published.rtx_payload_type)
        ]
        return found[0] if len(found) == 1 else None

    def _mid(self, data: bytes) -> str | None:
        for source in self._sources:
            if source.published.mid_id:  # one id for all of a transport (RFC 8843, 9.2)
                value = extension(data, source.published.mid_id)
                return None if value is None else value.decode("ascii", "replace")
        return None
