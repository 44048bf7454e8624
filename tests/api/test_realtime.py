"""The realtime route's own part: subprotocol and refusal."""

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from hub.limits import Limits
from tests.hub.harness import served, until, world


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


@pytest.mark.asyncio
async def test_one_network_has_so_many_sockets_without_a_token() -> None:
    async with world(limits=Limits(strangers=1)) as place, served(place):
        async with connect(place.url) as link:
            await link.send('{"id":1,"connect":{}}')
            assert '"id":1' in str(await link.recv())
            with pytest.raises(InvalidStatus) as refused:
                await connect(place.url)
            assert refused.value.response.status_code == 503
            assert refused.value.response.headers["Retry-After"] == "5"
            elsewhere = {"X-Forwarded-For": "2001:db8::1"}
            async with connect(place.url, additional_headers=elsewhere):
                neighbour = {"X-Forwarded-For": "2001:db8::2"}
                with pytest.raises(InvalidStatus):
                    await connect(place.url, additional_headers=neighbour)
        await until(lambda: place.hub.statistics()["strangers"] == 0)
        async with connect(place.url) as link:
            token = place.tokens.issue(1)
            await link.send(f'{{"id":1,"connect":{{"token":"{token}"}}}}')
            assert '"id":1' in str(await link.recv())
            async with connect(place.url):
                assert place.hub.statistics()["strangers"] == 1
