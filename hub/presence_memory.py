"""Presence of a single process: a table. Nobody outlives the process, so no place needs a lease."""

from collections.abc import Mapping
from typing import final

from hub.presence import PresenceStatistics, count
from protocol.envelope import ClientInfo


@final
class MemoryPresence:
    """A Presence of one process."""

    def __init__(self) -> None:
        self._channels: dict[str, dict[str, ClientInfo]] = {}

    async def add(self, channel: str, info: ClientInfo) -> None:
        """The connection is there."""
        self._channels.setdefault(channel, {})[info.client] = info

    async def remove(self, channel: str, info: ClientInfo) -> None:
        """The connection is there no more."""
        members = self._channels.get(channel, {})
        members.pop(info.client, None)
        if not members:
            self._channels.pop(channel, None)

    async def members(self, channel: str) -> Mapping[str, ClientInfo]:
        """Connection id to info, as of now."""
        return dict(self._channels.get(channel, {}))

    async def statistics(self, channel: str) -> PresenceStatistics:
        """How many are there."""
        return count(self._channels.get(channel, {}))

    def depth(self) -> int:
        """How many places are held."""
        return sum(map(len, self._channels.values()))
