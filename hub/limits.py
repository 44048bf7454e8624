"""How much is enough, each with its reason, and the token bucket that keeps to it."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a hub. Sizes in bytes, times in seconds."""

    message: int = 64 * KIB
    """A client's message: what a chat or an ORTC object never needs more than. Over it the socket closes 1009."""
    publication: int = 256 * KIB
    """One publication's JSON: two of them still fit a channel's history."""
    soft_backlog: int = 64 * KIB
    """Written and not yet taken by the kernel: above it we hold frames back, by reference."""
    hard_backlog: int = MIB
    """Above it the reader is slow and is disconnected (3008). Twice a whole recovery of a channel."""
    batch: int = 256
    """Commands in one frame: a client that comes back with 128 channels sends them at once."""
    channels: int = 128
    """Channels of one connection, as Centrifuge's servers have it."""
    pending: int = 256
    """Commands of one connection begun and not ended: a resubscribing batch."""
    rate: float = 50.0
    """Commands (and frames, and KiB of messages beyond the first) a second from one connection, over time."""
    burst: int = 400
    """Those from one connection at once: a whole batch and what follows it, and less than half a hard backlog."""
    connections: int = 100_000
    """Sockets of one process: memory at about 15 kB each."""
    connections_per_user: int = 256
    """Sockets of one person: many tabs, and no more."""
    strangers: int = 500
    """Sockets without a token from one network (an IPv4 address, an IPv6 /64): all browsers of a large house, while no
    single machine can take every place there is. People with a token are counted by themselves."""
    connect_rate: float = 1_000.0
    """New sockets a second: what one core can shake hands with and still serve."""
    connect_burst: int = 4_000
    """New sockets at once."""
    calls: int = 2_048
    """RPCs running in one process."""
    command_deadline: float = 10.0
    """After it a command is answered with a temporary error. Client libraries wait 5 to 10 seconds."""
    stale: float = 15.0
    """A socket that has not connected by then is closed."""
    ping: float = 25.0
    """Between the server's pings: below the idle timeout (30 s and more) of common proxies."""
    pong: float = 10.0
    """To answer a ping."""
    token_grace: float = 25.0
    """After a token's end, to bring a new one."""
    close: float = 5.0
    """To finish the closing handshake, after which the transport is aborted."""
    drain: float = 10.0
    """Over which a shutdown spreads the disconnections."""
    drain_interval: float = 0.25
    """Between two batches of a shutdown."""


class Bucket:
    """A token bucket: `rate` tokens a second, `burst` at most. Time is passed in."""

    __slots__ = ("at", "tokens")

    def __init__(self, now: float, *, burst: int) -> None:
        self.at = now
        self.tokens = float(burst)

    def take(self, now: float, *, rate: float, burst: int, tokens: int = 1) -> bool:
        """So many tokens, or none of them and False."""
        self.tokens = min(burst, self.tokens + (now - self.at) * rate)
        self.at = now
        if self.tokens < tokens:
            return False
        self.tokens -= tokens
        return True
