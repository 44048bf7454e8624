"""The realtime route's own part: subprotocol and refusal."""

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from hub.limits import Limits
from tests.hub.harness import served, world


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], None),
        (["centrifuge-json"], "centrifuge-json"),
        (["other", "centrifuge-json"], "centrifuge-json"),
    ],
)
@pytest.mark.asyncio
async def test_json_is_spoken(offered: list[str], chosen: str | None) -> None:
    async with (
        world() as place,
        served(place),
        connect(place.url, subprotocols=[Subprotocol(name) for name in offered] or None) as link,
    ):
        assert link.subprotocol == chosen
        await link.send('{"id":1,"connect":{}}')
        assert '"id":1' in str(await link.recv())


@pytest.mark.asyncio
async def test_when_it_is_full_it_says_when_to_come_again() -> None:
    async with world(limits=Limits(connections=1)) as place, served(place):
        async with connect(place.url):
            with pytest.raises(InvalidStatus) as refused:
                await connect(place.url)
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["Retry-After"] == "5"
