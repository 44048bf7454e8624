"""ICE for a server with known addresses: the lite role (RFC 8445, 2.5), over one or more doors.

The client checks, we answer; a valid check makes its source address a way to the client, and one with USE-CANDIDATE
makes it the way we send. That is also how a phone that changes network keeps its call. Nothing here owns a socket:
a *door* is what a datagram came through and can be answered through.
"""

import struct
from collections.abc import Callable
from typing import Protocol

from aioice import stun

from protocol.calls import IceParameters

Address = tuple[str, int] | tuple[str, int, int, int]
"""A socket address of IPv4 or IPv6."""

MAX_ADDRESSES = 8
"""Ways remembered for one client: his interfaces, times ours, and some."""
STEAL_AFTER = 15.0
"""Seconds without a check after which a client's address may become another's (he left, and his port was reused)."""

_COOKIE = stun.COOKIE.to_bytes(4, "big")
_HEADER = 20
"""Bytes before a STUN message's first attribute."""
_ATTRIBUTE = struct.Struct("!HH")
_USERNAME = 0x0006
_MAX_ATTRIBUTES = 16
"""Looked through for the user name. A browser's check has seven or eight."""


class Owner(Protocol):
    """Whom a client's datagrams are for."""

    def receive_media(self, size: int, now: float) -> None:
        """An SRTP or SRTCP datagram of `size` bytes stands in the arena."""

    def receive_handshake(self, data: bytes) -> None:
        """A DTLS datagram."""


class Door(Protocol):
    """What a datagram comes through. `routes` leads from a validated source address to its agent."""

    routes: "dict[Address, Agent]"

    def send(self, data: bytes | memoryview, address: Address) -> None:
        """Send one datagram, or lose it."""


Way = tuple[Door, Address]


class Agent:
    """One client's ICE state. `selected` is the way to him, once there is one."""

    __slots__ = ("credentials", "last_check", "owner", "selected", "ways")

    def __init__(self, owner: Owner, credentials: IceParameters) -> None:
        self.owner = owner
        self.credentials = [credentials]
        """Those that hold: those in use, and while a restart is under way the new ones."""
        self.ways: dict[Way, float] = {}
        """When each was checked last."""
        self.selected: Way | None = None
        self.last_check: float | None = None

    def silence(self, now: float) -> float:
        """Seconds since the last valid check; 0 before the first."""
        return 0.0 if self.last_check is None else now - self.last_check

    def forget(self, way: Way) -> None:
        """This address is no longer his."""
        door, address = way
        del self.ways[way]
        del door.routes[address]
        if self.selected == way:
            self.selected = None


class Agents:
    """Every client of a worker, by the user name fragments that hold. The datagrams come through here."""

    def __init__(self, draw: Callable[[int], str]) -> None:
        """`draw(n)`: a random text of n characters of RFC 8445's alphabet (letters, digits, + and /)."""
        self._draw = draw
        self._by_fragment: dict[str, tuple[Agent, IceParameters]] = {}
        self.refused = 0
        """Checks that were not answered: malformed, unknown, or of wrong integrity."""

    def open(self, owner: Owner) -> Agent:
        """A new client's agent, with credentials of its own."""
        credentials = self._new_credentials()
        agent = Agent(owner, credentials)
        self._by_fragment[credentials.username_fragment] = (agent, credentials)
        return agent

    def restart(self, agent: Agent) -> IceParameters:
        """New credentials; those in use hold until the new ones are used, others no more."""
        credentials = self._new_credentials()
        self._drop(agent.credentials[1:])
        agent.credentials = [agent.credentials[0], credentials]
        self._by_fragment[credentials.username_fragment] = (agent, credentials)
        return credentials

    def close(self, agent: Agent) -> None:
        """Forget a client and the ways to him."""
        self._drop(agent.credentials)
        agent.credentials = []
        for way in list(agent.ways):
            agent.forget(way)

    def knows(self, data: bytes) -> bool:
        """Whether this check names a fragment that holds: a look, far cheaper than to read and verify the whole."""
        return data[4:8] == _COOKIE and _named(data) in self._by_fragment

    def receive(self, data: bytes, way: Way, now: float) -> Agent | None:
        """Answer a connectivity check through its door; the agent it is for, if it was valid.

        One of wrong integrity gets no answer: an error would tell a stranger which fragments are in use.
        """
        request = _binding_request(data)
        known = self._by_fragment.get(_local_fragment(request)) if request else None
        if request is None or known is None or not _is_signed(request, known[1]):
            self.refused += 1
            return None
        agent, credentials = known
        door, address = way
        if "ICE-CONTROLLED" in request.attributes:  # a lite end is always the controlled one
            door.send(_conflict(request, credentials), address)
        elif self._claim(agent, way, now):
            self._checked(agent, credentials, way, now, "USE-CANDIDATE" in request.attributes)
            door.send(_success(request, credentials, address), address)
            return agent
        return None

    def _checked(
        self, agent: Agent, credentials: IceParameters, way: Way, now: float, nominated: bool
    ) -> None:
        agent.last_check = now
        if agent.selected is None or nominated:
            agent.selected = way
        if credentials is agent.credentials[-1]:
            self._drop(agent.credentials[:-1])
            agent.credentials = [credentials]

    def _claim(self, agent: Agent, way: Way, now: float) -> bool:
        door, address = way
        holder = door.routes.get(address)
        if holder is not None and holder is not agent:
            if now - holder.ways[way] < STEAL_AFTER:
                self.refused += 1
                return False
            holder.forget(way)
        if way not in agent.ways and len(agent.ways) >= MAX_ADDRESSES:
            others = [item for item in agent.ways if item != agent.selected]
            agent.forget(min(others, key=agent.ways.__getitem__))
        agent.ways[way] = now
        door.routes[address] = agent
        return True

    def _drop(self, credentials: list[IceParameters]) -> None:
        for old in credentials:
            del self._by_fragment[old.username_fragment]

    def _new_credentials(self) -> IceParameters:
        fragment = self._draw(8)
        while fragment in self._by_fragment:
            fragment = self._draw(8)
        return IceParameters(username_fragment=fragment, password=self._draw(24))


def _named(data: bytes) -> str:
    """The fragment that a check names as ours; empty where it names none."""
    at = _HEADER
    for _ in range(_MAX_ATTRIBUTES):
        if at + _ATTRIBUTE.size > len(data):
            break
        kind, length = _ATTRIBUTE.unpack_from(data, at)
        at += _ATTRIBUTE.size
        if kind == _USERNAME:
            return data[at : at + length].partition(b":")[0].decode("ascii", "replace")
        at += length + -length % 4
    return ""


def _binding_request(data: bytes) -> stun.Message | None:
    if data[4:8] != _COOKIE:
        return None
    try:
        message = stun.parse_message(data)
    except (ValueError, KeyError, IndexError, struct.error):
        return None
    is_request = (
        message.message_method == stun.Method.BINDING
        and message.message_class == stun.Class.REQUEST
        and "FINGERPRINT" in message.attributes
    )
    return message if is_request else None


def _local_fragment(request: stun.Message) -> str:
    name: str = request.attributes.get("USERNAME", "")
    return name.partition(":")[0]


def _is_signed(request: stun.Message, credentials: IceParameters) -> bool:
    return bool(request.check_message_integrity(credentials.password.encode()))


def _answer(request: stun.Message, kind: stun.Class) -> stun.Message:
    return stun.Message(
        message_method=stun.Method.BINDING,
        message_class=kind,
        transaction_id=request.transaction_id,
    )


def _success(request: stun.Message, credentials: IceParameters, address: Address) -> bytes:
    answer = _answer(request, stun.Class.RESPONSE)
    answer.attributes["XOR-MAPPED-ADDRESS"] = (address[0].partition("%")[0], address[1])
    answer.add_message_integrity(credentials.password.encode())
    return bytes(answer)


def _conflict(request: stun.Message, credentials: IceParameters) -> bytes:
    answer = _answer(request, stun.Class.ERROR)
    answer.attributes["ERROR-CODE"] = (487, "Role Conflict")
    answer.add_message_integrity(credentials.password.encode())
    return bytes(answer)
