"""The server API, over real HTTP, by `cent` and by hand."""

from typing import Any

import httpx2 as httpx
import pytest
from cent import AsyncClient, CentApiResponseError, CentUnauthorizedError, PublishRequest

from hub.broker import Retention
from hub.broker_memory import MemoryBroker
from hub.limits import Limits
from hub.server_api import server_api
from protocol.errors import Conflict, Unavailable
from tests.hub.harness import SLOTS, World, served, world

KEY = "a key of the server's"


@pytest.mark.asyncio
async def test_without_a_key_there_is_no_route() -> None:
    async with world() as place:
        assert server_api(place.hub, key="") == []


@pytest.mark.asyncio
async def test_cent_publishes() -> None:
    async with world() as place, served(place, routes=server_api(place.hub, key=KEY)):
        peer = await place.connected(None)
        await peer.ask("subscribe", channel=SLOTS)
        cent = AsyncClient(f"http://127.0.0.1:{place.port}/api", api_key=KEY)
        try:
            first = await cent.publish(PublishRequest(channel=SLOTS, data={"n": 1}))
            assert first.offset == 1
            assert first.epoch
            passing = PublishRequest(channel=SLOTS, data={"n": 2}, skip_history=True)
            assert (await cent.publish(passing)).offset == 0
            once = PublishRequest(channel=SLOTS, data={"n": 3}, idempotency_key="k")
            assert (await cent.publish(once)).offset == 2
            assert (await cent.publish(once)).offset == 2
            assert peer.data(SLOTS) == [{"n": 1}, {"n": 2}, {"n": 3}]
            with pytest.raises(CentApiResponseError) as refused:
                await cent.publish(PublishRequest(channel="nowhere:1", data=1))
            assert refused.value.code == 102
        finally:
            await cent.close()


@pytest.mark.asyncio
async def test_cent_with_a_wrong_key_does_not() -> None:
    async with world() as place, served(place, routes=server_api(place.hub, key=KEY)):
        cent = AsyncClient(f"http://127.0.0.1:{place.port}/api", api_key="another")
        try:
            with pytest.raises(CentUnauthorizedError):
                await cent.publish(PublishRequest(channel=SLOTS, data=1))
        finally:
            await cent.close()


async def post(place: World, *, key: str = KEY, **body: Any) -> httpx.Response:
    url = f"http://127.0.0.1:{place.port}/api/publish"
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(url, headers={"X-API-Key": key} if key else {}, **body)


@pytest.mark.parametrize(
    ("json", "code"),
    [
        ([], 107),
        ({"channel": SLOTS}, 107),
        ({"data": 1}, 102),
        ({"channel": 7, "data": 1}, 107),
        ({"channel": SLOTS, "data": 1, "b64data": "x"}, 107),
        ({"channel": SLOTS, "data": 1, "idempotency_key": "k" * 300}, 107),
        ({"channel": SLOTS, "data": "x" * 600}, 107),
        ({"channel": "room:x", "data": 1}, 102),
    ],
)
@pytest.mark.asyncio
async def test_what_cannot_be_published_is_an_error(json: Any, code: int) -> None:
    limits = Limits(publication=500)
    async with world(limits=limits) as place, served(place, routes=server_api(place.hub, key=KEY)):
        answer = await post(place, json=json)
        assert answer.status_code == 200
        assert answer.json()["error"]["code"] == code


@pytest.mark.asyncio
async def test_what_is_no_request_has_a_status() -> None:
    async with (
        world(limits=Limits(publication=500)) as place,
        served(place, routes=server_api(place.hub, key=KEY)),
    ):
        assert (await post(place, content=b"{")).status_code == 400
        assert (await post(place, content=b"x" * 5_000)).status_code == 413
        assert (await post(place, key="", json={})).status_code == 401
        assert (await post(place, key=KEY[:-1], json={})).status_code == 401
        unserved = {"channel": SLOTS, "data": 1, "tags": {}, "b64data": None}
        assert "result" in (await post(place, json=unserved)).json()


@pytest.mark.parametrize(
    ("data", "padding", "status", "code"),
    [
        (500, 0, 200, None),
        (501, 0, 200, 107),
        (500, 1020 - len('{"channel":"news:1","data":}'), 200, None),
        (500, 1021 - len('{"channel":"news:1","data":}'), 413, None),
    ],
)
@pytest.mark.asyncio
async def test_a_publication_and_the_body_around_it_are_bounded(
    data: int, padding: int, status: int, code: int | None
) -> None:
    text = '"' + "x" * (data - 2) + '"'
    body = f'{{"channel":"news:1","data":{text}}}' + " " * padding
    async with (
        world(limits=Limits(publication=500)) as place,
        served(place, routes=server_api(place.hub, key=KEY)),
    ):
        answer = await post(place, content=body.encode())
        assert answer.status_code == status
        if status == 200:
            assert answer.json().get("error", {}).get("code") == code


@pytest.mark.asyncio
async def test_a_key_is_counted_in_characters() -> None:
    async with world() as place, served(place, routes=server_api(place.hub, key=KEY)):
        for key, error in (("語" * 255, False), ("語" * 256, True)):
            answer = await post(place, json={"channel": SLOTS, "data": 1, "idempotency_key": key})
            assert ("error" in answer.json()) is error


class Moody:
    """A broker that refuses to publish."""

    def __init__(self) -> None:
        self._broker = MemoryBroker(clock=lambda: 0.0)
        self.error: Exception = Unavailable()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    async def publish(self, channel: str, data: bytes, **_: Retention | str | None) -> None:
        raise self.error


@pytest.mark.asyncio
async def test_a_broker_that_fails_is_an_error() -> None:
    broker = Moody()
    async with (
        world(broker=broker) as place,  # type: ignore[arg-type]
        served(place, routes=server_api(place.hub, key=KEY)),
    ):
        for error, code in ((Unavailable(), 100), (Conflict(), 107)):
            broker.error = error
            answer = await post(place, json={"channel": SLOTS, "data": 1})
            assert answer.json()["error"]["code"] == code
