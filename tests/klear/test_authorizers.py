"""Each namespace has its authorizer, or none."""

from dataclasses import dataclass

import pytest

from hub.authorizer import Grant, Identity
from klear.authorizers import ByNamespace


@dataclass
class Always:
    grant: Grant

    async def authorize(self, identity: Identity, channel: str) -> Grant | None:
        return self.grant


@pytest.mark.asyncio
async def test_the_one_that_answers_for_the_namespace_is_asked() -> None:
    rooms, api = Always(Grant(publish=True)), Always(Grant(presence=True))
    both = ByNamespace({"room": rooms, "slots": api})
    somebody = Identity(client="c")
    assert await both.authorize(somebody, "room:1") == Grant(publish=True)
    assert await both.authorize(somebody, "slots:1") == Grant(presence=True)
    assert await both.authorize(somebody, "secret:1") is None
    assert await both.authorize(somebody, "room") is None
