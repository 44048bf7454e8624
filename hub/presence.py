"""Who is in a channel: the interface. tests/hub/test_presences.py says what each implementation must do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from protocol.envelope import ClientInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceStatistics:
    """How many connections, and how many people, are in a channel. Anonymous connections are one person each."""

    clients: int
    users: int


class Presence(Protocol):
    """Connections by channel. A person with two tabs stands twice, with one `user`."""

    async def add(self, channel: str, info: ClientInfo) -> None:
        """The connection is there. Adding it again changes nothing, and renews a lease where there is one."""
        ...

    async def remove(self, channel: str, info: ClientInfo) -> None:
        """The connection is there no more. Removing what is not there changes nothing."""
        ...

    async def members(self, channel: str) -> Mapping[str, ClientInfo]:
        """Connection id to info."""
        ...

    async def statistics(self, channel: str) -> PresenceStatistics:
        """How many are there."""
        ...

    def depth(self) -> int:
        """How many places are held by this process."""
        ...


def count(members: Mapping[str, ClientInfo]) -> PresenceStatistics:
    """Statistics of `members`."""
    users = {info.user or info.client for info in members.values()}
    return PresenceStatistics(clients=len(members), users=len(users))
