"""PyPI `centrifuge-python`, unmodified, against the hub behind uvicorn."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from centrifuge import (
    Client,
    ClientEventHandler,
    ClientState,
    ReplyError,
    Subscription,
    SubscriptionEventHandler,
    SubscriptionState,
)

from hub.limits import Limits
from tests.hub.harness import CALL, ELSEWHERE, ROOM, SIGNALS, SLOTS, World, personal, until
from tests.integration.clients.driver import driven


class Log(ClientEventHandler):  # type: ignore[misc]
    """What the client tells."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def of(self, kind: str) -> list[Any]:
        return [event for name, event in self.events if name == kind]

    async def on_connected(self, ctx: Any) -> None:
        self.events.append(("connected", ctx))

    async def on_connecting(self, ctx: Any) -> None:
        self.events.append(("connecting", ctx))

    async def on_disconnected(self, ctx: Any) -> None:
        self.events.append(("disconnected", ctx))

    async def on_error(self, ctx: Any) -> None:
        self.events.append(("error", ctx))

    async def on_subscribed(self, ctx: Any) -> None:
        self.events.append(("subscribed", ctx))

    async def on_publication(self, ctx: Any) -> None:
        self.events.append(("publication", ctx))


class SubscriptionLog(SubscriptionEventHandler):  # type: ignore[misc]
    """What a subscription tells."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def of(self, kind: str) -> list[Any]:
        return [event for name, event in self.events if name == kind]

    @property
    def data(self) -> list[Any]:
        return [event.pub.data for event in self.of("publication")]

    async def on_subscribed(self, ctx: Any) -> None:
        self.events.append(("subscribed", ctx))

    async def on_unsubscribed(self, ctx: Any) -> None:
        self.events.append(("unsubscribed", ctx))

    async def on_publication(self, ctx: Any) -> None:
        self.events.append(("publication", ctx))

    async def on_join(self, ctx: Any) -> None:
        self.events.append(("join", ctx))

    async def on_leave(self, ctx: Any) -> None:
        self.events.append(("leave", ctx))

    async def on_error(self, ctx: Any) -> None:
        self.events.append(("error", ctx))


@dataclass
class Person:
    client: Client
    log: Log
    subscriptions: dict[str, SubscriptionLog] = field(default_factory=dict)

    async def subscribe(self, channel: str) -> SubscriptionLog:
        """Subscribe, and wait for what comes of it."""
        log = self.subscriptions[channel] = SubscriptionLog()
        subscription: Subscription = self.client.new_subscription(channel, events=log)
        await subscription.subscribe()
        await until(lambda: subscription.state is not SubscriptionState.SUBSCRIBING)
        return log


def reached(log: SubscriptionLog, most: int) -> bool:
    return len(log.data) == most


GetToken = Callable[[], Awaitable[str]]


@asynccontextmanager
async def person(
    place: World,
    number: int | None = 1,
    *,
    get_token: GetToken | None = None,
    token: str | None = None,
) -> AsyncIterator[Person]:
    """A client that is connected."""
    log = Log()
    if token is None:
        token = "" if number is None else place.tokens.issue(number)
    client = Client(
        place.url,
        events=log,
        token=token,
        get_token=get_token,
        min_reconnect_delay=0.01,
        proxy=None,
    )
    await client.connect()
    try:
        yield Person(client, log)
    finally:
        await client.disconnect()
        await asyncio.sleep(0)


async def code(request: Awaitable[Any]) -> int:
    """The code of the error that a request ends with."""
    with pytest.raises(ReplyError) as refused:
        await request
    found: int = refused.value.code
    return found


@pytest.mark.asyncio
async def test_connect_subscribe_and_hear() -> None:
    async with driven() as place, person(place) as ann:
        await ann.client.ready()
        room = await ann.subscribe(ROOM)
        await place.hub.publish(ROOM, b'{"n": 1}')
        await place.hub.publish(personal(1), b'"for you"')
        await until(lambda: room.data == [{"n": 1}] and ann.log.of("publication"))
        assert ann.log.of("publication")[0].pub.data == "for you"
        assert ann.log.of("subscribed")[0].channel == personal(1)
        assert room.of("subscribed")[0].recoverable is True
        assert (await ann.client.rpc("echo", {"a": [1]})).data == {"a": [1]}


@pytest.mark.asyncio
async def test_publish_presence_and_history() -> None:
    async with driven() as place, person(place, 1) as ann, person(place, 2) as bob:
        signals = await ann.subscribe(SIGNALS)
        await bob.subscribe(SIGNALS)
        await bob.client.publish(SIGNALS, {"type": "typing"})
        await until(lambda: signals.data == [{"type": "typing"}])
        room = await ann.subscribe(ROOM)
        await bob.subscribe(ROOM)
        await until(lambda: len(room.of("join")) == 2)
        there = (await ann.client.presence(ROOM)).clients
        assert set(there) == {ann.client.client_id, bob.client.client_id}
        counted = await ann.client.presence_stats(ROOM)
        assert (counted.num_clients, counted.num_users) == (2, 2)
        for number in (b"1", b"2", b"3"):
            await place.hub.publish(ROOM, number)
        page = await ann.client.history(ROOM, limit=2, reverse=True)
        assert ([pub.data for pub in page.publications], page.offset) == ([3, 2], 3)
        await bob.client.disconnect()
        await until(lambda: room.of("leave"))


@pytest.mark.asyncio
async def test_a_dropped_link_brings_what_was_missed() -> None:
    async with driven() as place, person(place) as ann:
        room = await ann.subscribe(ROOM)
        call = await ann.subscribe(CALL)
        await place.hub.publish(ROOM, b"1")
        await until(lambda: room.data == [1])
        for _ in range(2):
            place.hub._sessions[ann.client.client_id].outlet.abort()
            missed = len(room.data) + 1
            await place.hub.publish(ROOM, str(missed).encode())
            await place.hub.publish(ROOM, str(missed + 1).encode())
            await place.hub.publish(CALL, str(missed).encode())
            await place.hub.publish(CALL, b'"last"')
            await place.hub.publish(personal(1), str(missed).encode())
            await until(partial(reached, room, missed + 1))
        assert room.data == [1, 2, 3, 4, 5]
        recovered = [(ctx.was_recovering, ctx.recovered) for ctx in room.of("subscribed")]
        assert recovered == [(False, False), (True, True), (True, True)]
        await until(lambda: call.data == ["last", "last"])
        await until(lambda: [ctx.pub.data for ctx in ann.log.of("publication")] == [2, 4])


@pytest.mark.asyncio
async def test_a_lost_history_is_not_recovered() -> None:
    async with driven() as place, person(place) as ann:
        room = await ann.subscribe(ROOM)
        place.hub._sessions[ann.client.client_id].outlet.abort()
        for _ in range(301):
            await place.hub.publish(ROOM, b"1")
        await until(lambda: len(room.of("subscribed")) == 2)
        assert room.of("subscribed")[1].recovered is False
        assert room.data == []
        await place.hub.publish(ROOM, b'"on"')
        await until(lambda: room.data == ["on"])


@pytest.mark.asyncio
async def test_a_token_is_refreshed_before_it_ends() -> None:
    async with driven(Limits(token_grace=0.5)) as place:
        asked: list[float] = []

        async def get_token() -> str:
            asked.append(1)
            return place.tokens.issue(1, ttl=1.2)

        async with person(place, token=place.tokens.issue(1, ttl=1.2), get_token=get_token) as ann:
            await until(lambda: len(asked) >= 3)
            assert len(ann.log.of("connected")) == 1
            assert (await ann.client.rpc("echo", {})).data == {}


@pytest.mark.asyncio
async def test_an_expired_token_is_replaced() -> None:
    async with driven() as place:

        async def get_token() -> str:
            return place.tokens.issue(1)

        expired = place.tokens.issue(1, ttl=-1)
        async with person(place, token=expired, get_token=get_token) as ann:
            await until(lambda: ann.client.state is ClientState.CONNECTED)
            assert ann.log.of("error")[0].error.code == 109


@pytest.mark.asyncio
async def test_a_forged_token_is_the_end() -> None:
    async with driven() as place, person(place, token="forged") as ann:
        await until(lambda: ann.log.of("disconnected"))
        assert ann.log.of("disconnected")[0].code == 3500


@pytest.mark.asyncio
async def test_refusals() -> None:
    async with driven() as place, person(place) as ann:
        await ann.client.ready()
        for channel in (ELSEWHERE, personal(2), "nowhere:1", "room:x"):
            log = await ann.subscribe(channel)
            assert log.of("unsubscribed")[0].code == 103
            assert await code(ann.client.presence(channel)) == 103
            assert await code(ann.client.history(channel, limit=1)) == 103
            assert await code(ann.client.publish(channel, 1)) == 103
        await ann.subscribe(ROOM)
        assert await code(ann.client.publish(ROOM, 1)) == 103
        assert await code(ann.client.rpc("refuse", {})) == 409
        assert await code(ann.client.rpc("nothing", {})) == 104


@pytest.mark.asyncio
async def test_who_is_put_out_stays_out_and_who_is_disconnected_too() -> None:
    async with driven() as place, person(place) as ann:
        room = await ann.subscribe(ROOM)
        await ann.client.rpc("unsubscribe", {"channel": ROOM})
        await until(lambda: room.of("unsubscribed"))
        assert room.of("unsubscribed")[0].code == 2000
        await place.hub.publish(ROOM, b"1")
        assert (await ann.client.rpc("echo", {})).data == {}
        assert room.data == []
        await place.hub.disconnect(personal(1).removeprefix("user:"))
        await until(lambda: ann.log.of("disconnected"))
        assert ann.log.of("disconnected")[0].code == 3503


@pytest.mark.asyncio
async def test_nobody_sees_the_slots() -> None:
    async with driven() as place, person(place, None) as nobody:
        slots = await nobody.subscribe(SLOTS)
        await place.hub.publish(SLOTS, b"1")
        await until(lambda: slots.data == [1])
        room = await nobody.subscribe(ROOM)
        assert room.of("unsubscribed")[0].code == 103


@pytest.mark.asyncio
async def test_a_drain_asks_to_come_back() -> None:
    async with driven(Limits(drain=0.1, close=0.5)) as place, person(place) as ann:
        await ann.client.ready()
        await place.hub.drain()
        await until(lambda: len(ann.log.of("connecting")) >= 2)
        assert ann.log.of("connecting")[1].code == 3001
