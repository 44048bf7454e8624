"""One connection as the client protocol sees it: commands and time go in, steps come out. No socket, no loop.

    OPENED --connect--> CONNECTING --accept--> CONNECTED
       ^                    |                      |
       +------refuse--------+                      |
    from each: --end--> ENDED

A connection holds back what follows `connect` until that is answered (clients send subscriptions with it), answers in
order on each channel and each RPC method (a lane), and bounds how much it has begun.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from hub.authorizer import Identity
from hub.errors import CommandError, IllegalStep, MethodNotFound, NotAvailable, TooManyRequests
from hub.limits import KIB, Bucket, Limits
from hub.subscription import Subscription
from protocol.disconnects import (
    BAD_REQUEST,
    EXPIRED,
    NO_PONG,
    STALE,
    TOO_MANY_REQUESTS,
    Disconnect,
)
from protocol.envelope import (
    PING,
    PONG,
    UNKNOWN,
    Command,
    Malformed,
    decode_commands,
    error_reply,
    reply,
)


class State(Enum):
    """Where a connection stands."""

    OPENED = "opened"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    ENDED = "ended"


class Event(Enum):
    """What moves it."""

    CONNECT = "connect"
    ACCEPT = "accept"
    REFUSE = "refuse"
    END = "end"


STEPS: dict[tuple[State, Event], State] = {
    (State.OPENED, Event.CONNECT): State.CONNECTING,
    (State.CONNECTING, Event.ACCEPT): State.CONNECTED,
    (State.CONNECTING, Event.REFUSE): State.OPENED,
    (State.OPENED, Event.END): State.ENDED,
    (State.CONNECTING, Event.END): State.ENDED,
    (State.CONNECTED, Event.END): State.ENDED,
}


@dataclass(frozen=True, slots=True)
class Send:
    """Send this payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """Carry this command out, reply, and say so with `Connection.finish`."""

    command: Command


@dataclass(frozen=True, slots=True)
class Close:
    """End the connection."""

    why: Disconnect


Step: TypeAlias = Send | Run | Close

LANES = {
    "subscribe": "channel",
    "unsubscribe": "channel",
    "publish": "channel",
    "presence": "channel",
    "presence_stats": "channel",
    "history": "channel",
    "rpc": "method",
}
"""Which parameter of a command names its lane; other commands share one lane a method."""


class Connection:
    """State of one client. Times are seconds of a steady clock; `spread` (0 to 1) draws the first ping nearer."""

    __slots__ = (
        "_bucket",
        "_expires",
        "_lanes",
        "_limits",
        "_next_ping",
        "_opened",
        "_pending",
        "_pong_due",
        "_refused",
        "_waiting",
        "accepted",
        "identity",
        "state",
        "subscriptions",
    )

    def __init__(self, client: str, *, limits: Limits, now: float) -> None:
        self.identity = Identity(client=client)
        self.state = State.OPENED
        self.accepted = False
        self.subscriptions: dict[str, Subscription] = {}
        self._limits = limits
        self._opened = now
        self._bucket = Bucket(now, burst=limits.burst)
        self._refused = 0
        self._waiting: list[Command] = []
        self._lanes: dict[str, deque[Command]] = {}
        self._pending = 0
        self._next_ping = self._pong_due = self._expires = float("inf")

    @property
    def pending(self) -> int:
        """Commands begun or held back, and not answered."""
        return self._pending + len(self._waiting)

    @property
    def ended(self) -> bool:
        """Whether nothing more is taken in."""
        return self.state is State.ENDED

    # What comes in

    def receive(self, text: str, now: float) -> list[Step]:
        """One message of the client."""
        if self.ended:
            return []
        try:
            commands = decode_commands(text, most=self._limits.batch)
        except Malformed:
            return self.end(BAD_REQUEST)
        paid = self._pay(text, now)
        steps: list[Step] = []
        for command in commands:
            if self.ended:
                break
            steps += self._take(command, now, paid=paid)
        return steps

    def _pay(self, text: str, now: float) -> bool:
        """Take what the message's length costs: what is said to all must not be more than the slow can take in."""
        size = len(text) if text.isascii() else len(text.encode())
        limits = self._limits
        return self._bucket.take(
            now, rate=limits.rate, burst=limits.burst, tokens=max(0, size - 1) // KIB
        )

    def count(self, now: float) -> list[Step]:
        """A frame that is no message: it counts, so that a flood of them ends."""
        return self._charge(None, now)[1]

    def _charge(
        self, command: Command | None, now: float, *, paid: bool = True
    ) -> tuple[bool, list[Step]]:
        """Whether the client may have this, and what to answer when not."""
        limits = self._limits
        if paid and self._bucket.take(now, rate=limits.rate, burst=limits.burst):
            self._refused = 0
            return True, []
        self._refused += 1
        if self._refused > limits.burst or self.state is not State.CONNECTED:
            return False, self.end(TOO_MANY_REQUESTS)
        return False, [] if command is None else _refusal(command, TooManyRequests())

    def _take(self, command: Command, now: float, *, paid: bool) -> list[Step]:
        allowed, refusal = self._charge(command, now, paid=paid)
        if not allowed:
            return refusal
        if self.state is State.OPENED:
            return self._connect(command)
        if command.method == "connect" or (
            command.id == 0 and command.method not in (PONG, "send")
        ):
            return self.end(BAD_REQUEST)
        if self.state is State.CONNECTING:
            return self._hold(command)
        return self._begin(command)

    def _connect(self, command: Command) -> list[Step]:
        if command.method != "connect" or command.id == 0:
            return self.end(BAD_REQUEST)
        self._step(Event.CONNECT)
        return [Run(command)]

    def _hold(self, command: Command) -> list[Step]:
        if len(self._waiting) >= self._limits.pending:
            return self.end(TOO_MANY_REQUESTS)
        self._waiting.append(command)
        return []

    def _begin(self, command: Command) -> list[Step]:
        match command.method:
            case "pong":
                self._pong_due = float("inf")
                return []
            case "send":
                return []  # the protocol's message without a reply: nobody listens for one
            case "ping":
                return [Send(reply(command.id, "ping", {}))]
            case "sub_refresh":
                return _refusal(command, NotAvailable())
            case method if method == UNKNOWN:
                return _refusal(command, MethodNotFound())
        return self._queue(command)

    def _queue(self, command: Command) -> list[Step]:
        if self._pending >= self._limits.pending:
            return _refusal(command, TooManyRequests())
        self._pending += 1
        lane = self._lanes.get(name := _lane(command))
        if lane is None:
            self._lanes[name] = deque()
            return [Run(command)]
        lane.append(command)
        return []

    def finish(self, command: Command) -> list[Step]:
        """A command that was run is answered: what waited behind it in its lane."""
        if self.state is State.ENDED:
            return []
        self._pending -= 1
        lane = self._lanes[name := _lane(command)]
        if lane:
            return [Run(lane.popleft())]
        del self._lanes[name]
        return []

    # Connecting

    def accept(self, *, left: float, now: float, spread: float) -> list[Step]:
        """The client is who he says, for the seconds `left`: what he sent behind his `connect`."""
        self._step(Event.ACCEPT)
        self.accepted = True
        self._expires = now + left
        self._next_ping = now + self._limits.ping * (1 - spread / 2)
        held, self._waiting = self._waiting, []
        return [step for command in held for step in self._begin(command)]

    def refuse(self) -> None:
        """The client may try again. What he sent behind his `connect` was sent in vain, as he will see."""
        self._step(Event.REFUSE)
        self.identity = Identity(client=self.identity.client)
        self._waiting.clear()

    def renew(self, identity: Identity, *, left: float, now: float) -> None:
        """The client brought a new token, good for the seconds `left`."""
        self.identity = identity
        self._expires = now + left

    # Time

    @property
    def deadline(self) -> float:
        """When `tick` is to be called next."""
        if self.state is State.CONNECTED:
            expires = self._expires + self._limits.token_grace
            return min(self._next_ping, self._pong_due, expires)
        return self._opened + self._limits.stale

    def tick(self, now: float) -> list[Step]:
        """Time has passed."""
        if self.state is State.ENDED or now < self.deadline:
            return []
        if self.state is not State.CONNECTED:
            return self.end(STALE)
        if now >= self._expires + self._limits.token_grace:
            return self.end(EXPIRED)
        if now >= self._pong_due:
            return self.end(NO_PONG)
        self._next_ping = now + self._limits.ping
        self._pong_due = now + self._limits.pong
        return [Send(PING)]

    # The end

    def end(self, why: Disconnect) -> list[Step]:
        """End it from our side. Nothing comes of it when it has ended."""
        if self.state is State.ENDED:
            return []
        self.lost()
        return [Close(why)]

    def lost(self) -> None:
        """It is over, whoever ended it."""
        if self.state is not State.ENDED:
            self._step(Event.END)
        self._waiting.clear()
        self._lanes.clear()

    def _step(self, event: Event) -> None:
        following = STEPS.get((self.state, event))
        if following is None:
            raise IllegalStep(f"{event.value} while {self.state.value}")
        self.state = following


def _lane(command: Command) -> str:
    key = LANES.get(command.method)
    if key is None:
        return command.method
    return f"{key}:{command.params.get(key)}"


def _refusal(command: Command, error: CommandError) -> list[Step]:
    return [Send(error_reply(command.id, error.reply))] if command.id else []
