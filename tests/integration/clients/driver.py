"""A server for client libraries, which drive it themselves: its RPCs publish, break links and put people out."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from hub.dispatch import Caller
from hub.hub import Hub
from hub.limits import Limits
from protocol.codec import encode
from protocol.errors import Conflict
from tests.hub.harness import CALL, ROOM, SIGNALS, World, served, world


class Driver:
    """RPCs that do to the hub what a test wants done."""

    def __init__(self) -> None:
        self.hub: Hub | None = None

    def table(self) -> dict[str, Any]:
        """By name."""
        return {
            "echo": self.echo,
            "refuse": self.refuse,
            "publish": self.publish,
            "drop": self.drop,
            "unsubscribe": self.unsubscribe,
            "disconnect": self.disconnect,
        }

    async def echo(self, caller: Caller, params: Mapping[str, Any]) -> object:
        """What was sent."""
        return params

    async def refuse(self, caller: Caller, params: Mapping[str, Any]) -> object:
        """Nothing."""
        raise Conflict("That is taken.")

    async def publish(self, caller: Caller, params: Mapping[str, Any]) -> object:
        """Publish each of `data` to `channel`."""
        assert self.hub is not None
        for datum in params["data"]:
            await self.hub.publish(params["channel"], encode(datum))
        return {}

    async def drop(self, caller: Caller, params: Mapping[str, Any]) -> object:
        """Break the caller's link, then publish what he misses."""
        assert self.hub is not None
        self.hub._sessions[caller.client].outlet.abort()
        await asyncio.sleep(0)
        return await self.publish(caller, params) if params else {}

    async def unsubscribe(self, caller: Caller, params: Mapping[str, Any]) -> object:
        """Put the caller out of `channel`."""
        assert self.hub is not None
        assert caller.claims is not None
        await self.hub.unsubscribe(str(caller.claims.person), params["channel"])
        return {}

    async def disconnect(self, caller: Caller, params: Mapping[str, Any]) -> object:
        """Disconnect the caller's person."""
        assert self.hub is not None
        assert caller.claims is not None
        await self.hub.disconnect(str(caller.claims.person))
        return {}


@asynccontextmanager
async def driven(limits: Limits | None = None) -> AsyncIterator[World]:
    """A served hub whose people 1 and 2 share a room."""
    driver = Driver()
    async with world(limits=limits, handlers=driver.table()) as place:
        driver.hub = place.hub
        for channel in (ROOM, SIGNALS, CALL):
            place.table.allow(channel, 1, 2)
        async with served(place):
            yield place
