"""What a media worker is told at its start. The command line is read in `worker.py`."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds. Tests shorten them; nobody else needs to."""

    disconnected: float = 15.0
    """Without a valid check of connectivity: browsers send one every 5 s at the latest (RFC 7675, 5.1)."""
    expired: float = 30.0
    """After that the peer is gone (RFC 7675: consent expires after 30 s)."""
    handshake: float = 10.0
    """For the DTLS handshake, from its first datagram."""
    gateway: float = 15.0
    """Without a gateway's connection: long enough for a deploy, short enough to leave no one alone in a call."""
    drops: float = 60.0
    """Between lines in the log about what was dropped."""
    reports: float = 1.0
    tick: float = 0.02
    """Of the NACK and key frame timers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many, so that one room, or one gateway gone astray, cannot take the whole worker."""

    transports: int = 1000
    """More than a core can serve: about 10 packets/s each would fill it."""
    producers: int = 8
    """Per transport: microphone, camera, screen with its sound, and some."""
    consumers: int = 64
    """Per transport: 12 people with 4 tracks each, and some."""
    connections: int = 8
    """Gateways at the control socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """`control`: path of the Unix socket. `port`: 0 takes a free one. `addresses`: announced ones; none: the machine's.

    `max_bitrate`: bits per second that each publisher is told he may send, for all his tracks together.
    """

    control: str
    port: int = 0
    addresses: tuple[str, ...] = ()
    max_bitrate: int = 2_500_000
    timing: Timing = field(default_factory=Timing)
    limits: Limits = field(default_factory=Limits)
