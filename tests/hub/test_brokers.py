"""What every broker must do."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from hub.broker import MAX_BYTES, Broker, Retention
from hub.broker_memory import FORGET, ROUND, MemoryBroker
from hub.stream_memory import OVERHEAD
from protocol.envelope import ClientInfo, Publication, StreamPosition

KEPT = Retention(size=5, ttl=60.0)
WHO = ClientInfo(user="u", client="c")


@dataclass
class Ear:
    """A receiver that keeps what it hears."""

    heard: list[tuple[str, Publication, str]] = field(default_factory=list)
    people: list[tuple[str, str, ClientInfo]] = field(default_factory=list)
    orders: list[bytes] = field(default_factory=list)

    def publication(self, channel: str, pub: Publication, epoch: str) -> None:
        self.heard.append((channel, pub, epoch))

    def joined(self, channel: str, info: ClientInfo) -> None:
        self.people.append(("joined", channel, info))

    def left(self, channel: str, info: ClientInfo) -> None:
        self.people.append(("left", channel, info))

    def order(self, data: bytes) -> None:
        self.orders.append(data)


@dataclass
class Bench:
    broker: Broker
    ear: Ear
    time: list[float]

    async def publish(self, *documents: bytes, channel: str = "a") -> StreamPosition:
        for document in documents:
            position = await self.broker.publish(channel, document, retention=KEPT)
        return position

    async def offsets(self, *, channel: str = "a", **options: object) -> list[int]:
        page = await self.broker.history(channel, retention=KEPT, **options)  # type: ignore[arg-type]
        return [pub.offset for pub in page.publications]

    async def settled(self) -> None:
        """What was published has been passed on."""
        await asyncio.sleep(0)


@pytest_asyncio.fixture(params=["memory"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    time = [1000.0]
    brokers = {"memory": lambda: MemoryBroker(clock=lambda: time[0])}
    broker, ear = brokers[request.param](), Ear()
    await broker.start(ear)
    await broker.subscribe("a")
    yield Bench(broker, ear, time)
    await broker.stop()


@pytest.mark.asyncio
async def test_offsets_count_up_by_one_in_a_channel(bench: Bench) -> None:
    first = await bench.publish(b"1", b"2", b"3")
    other = await bench.publish(b"1", channel="b")
    assert (first.offset, other.offset) == (3, 1)
    assert first.epoch
    assert first.epoch != other.epoch


@pytest.mark.asyncio
async def test_publications_are_passed_on_in_order_to_who_subscribed(bench: Bench) -> None:
    top = await bench.publish(b"1", b"2")
    await bench.publish(b"x", channel="b")
    await bench.settled()
    assert bench.ear.heard == [
        ("a", Publication(data=b"1", offset=1), top.epoch),
        ("a", Publication(data=b"2", offset=2), top.epoch),
    ]


@pytest.mark.asyncio
async def test_without_retention_nothing_is_kept_and_offsets_are_zero(bench: Bench) -> None:
    await bench.publish(b"1")
    position = await bench.broker.publish("a", b"2", info=WHO)
    await bench.settled()
    assert position == StreamPosition(offset=0, epoch="")
    assert bench.ear.heard[-1] == ("a", Publication(data=b"2", info=WHO), "")
    assert await bench.offsets() == [1]


@pytest.mark.asyncio
async def test_who_unsubscribed_hears_nothing_and_misses_nothing_in_the_history(
    bench: Bench,
) -> None:
    await bench.broker.unsubscribe("a")
    await bench.publish(b"1")
    await bench.settled()
    assert bench.ear.heard == []
    assert await bench.offsets() == [1]


@pytest.mark.asyncio
async def test_history_is_read_from_both_ends(bench: Bench) -> None:
    top = await bench.publish(b"1", b"2", b"3", b"4")
    at = StreamPosition(offset=2, epoch=top.epoch)
    assert await bench.offsets() == [1, 2, 3, 4]
    assert await bench.offsets(limit=2) == [1, 2]
    assert await bench.offsets(limit=0) == []
    assert await bench.offsets(since=at) == [3, 4]
    assert await bench.offsets(since=at, limit=1) == [3]
    assert await bench.offsets(reverse=True) == [4, 3, 2, 1]
    assert await bench.offsets(reverse=True, limit=1) == [4]
    assert await bench.offsets(reverse=True, since=at) == [1]


@pytest.mark.asyncio
async def test_the_top_comes_with_each_page(bench: Bench) -> None:
    empty = await bench.broker.history("a", retention=KEPT, limit=0)
    assert (empty.top.offset, bool(empty.top.epoch)) == (0, True)
    await bench.publish(b"1")
    page = await bench.broker.history("a", retention=KEPT, limit=0)
    assert page.top == StreamPosition(offset=1, epoch=empty.top.epoch)


@pytest.mark.asyncio
async def test_history_is_bounded_by_count(bench: Bench) -> None:
    await bench.publish(*[b"1"] * 8)
    assert await bench.offsets() == [4, 5, 6, 7, 8]


@pytest.mark.asyncio
async def test_history_is_bounded_by_age_and_keeps_its_place(bench: Bench) -> None:
    await bench.publish(b"1")
    bench.time[0] += 30
    await bench.publish(b"2")
    bench.time[0] += 30
    assert await bench.offsets() == [2]
    bench.time[0] += 30
    assert await bench.offsets() == []
    assert (await bench.publish(b"3")).offset == 3


@pytest.mark.asyncio
async def test_history_is_bounded_by_bytes(bench: Bench) -> None:
    half = b'"' + b"x" * (MAX_BYTES // 2 - 2) + b'"'
    await bench.publish(half, half)
    assert await bench.offsets() == [1, 2]
    await bench.publish(b"1")
    assert await bench.offsets() == [2, 3]


@pytest.mark.asyncio
async def test_the_same_key_publishes_once(bench: Bench) -> None:
    once = await bench.broker.publish("a", b"1", retention=KEPT, idempotency_key="k")
    again = await bench.broker.publish("a", b"1", retention=KEPT, idempotency_key="k")
    other = await bench.broker.publish("b", b"1", retention=KEPT, idempotency_key="k")
    await bench.settled()
    assert once == again
    assert other.epoch != once.epoch
    assert len(bench.ear.heard) == 1


@pytest.mark.asyncio
async def test_a_key_is_forgotten_after_its_time(bench: Bench) -> None:
    await bench.broker.publish("a", b"1", retention=KEPT, idempotency_key="k")
    bench.time[0] += 299
    held = await bench.broker.publish("a", b"1", retention=KEPT, idempotency_key="k")
    bench.time[0] += 1
    anew = await bench.broker.publish("a", b"1", retention=KEPT, idempotency_key="k")
    assert (held.offset, anew.offset) == (1, 2)


@pytest.mark.asyncio
async def test_joins_leaves_and_orders_are_passed_on(bench: Bench) -> None:
    await bench.broker.joined("a", WHO)
    await bench.broker.left("a", WHO)
    await bench.broker.joined("b", WHO)
    await bench.broker.left("b", WHO)
    await bench.broker.order(b"{}")
    await bench.settled()
    assert bench.ear.people == [("joined", "a", WHO), ("left", "a", WHO)]
    assert bench.ear.orders == [b"{}"]


@pytest.mark.asyncio
async def test_depths_are_told(bench: Bench) -> None:
    await bench.broker.publish("a", b"123", retention=KEPT, idempotency_key="k")
    assert bench.broker.statistics() == {
        "channels": 1,
        "streams": 1,
        "history_bytes": 3,
        "idempotency_keys": 1,
    }
    assert bench.broker.name


@pytest.mark.asyncio
async def test_after_its_stop_a_broker_is_silent(bench: Bench) -> None:
    await bench.broker.stop()
    await bench.publish(b"1")
    await bench.broker.joined("a", WHO)
    await bench.broker.left("a", WHO)
    await bench.broker.order(b"{}")
    assert (bench.ear.heard, bench.ear.people, bench.ear.orders) == ([], [], [])


# Of the broker in memory alone


@pytest.mark.asyncio
async def test_memory_begins_new_epochs_with_each_start(bench: Bench) -> None:
    before = await bench.publish(b"1")
    await bench.broker.start(bench.ear)
    after = await bench.publish(b"1")
    assert after.offset == 1
    assert after.epoch != before.epoch


@pytest.mark.asyncio
async def test_memory_forgets_a_stream_that_was_long_silent(bench: Bench) -> None:
    before = await bench.publish(b"1")
    bench.time[0] += FORGET + 1
    await bench.publish(b"1", channel="b")
    assert bench.broker.statistics()["streams"] == 1
    after = await bench.publish(b"1")
    assert after.epoch != before.epoch
    bench.time[0] += FORGET + 1
    again = await bench.publish(b"1")
    assert (again.offset, again.epoch != after.epoch) == (1, True)


@pytest.mark.asyncio
async def test_memory_holds_so_many_streams_and_keys(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.broker_memory.MAX_STREAMS", 2)
    monkeypatch.setattr("hub.broker_memory.MAX_KEYS", 2)
    for channel in "abcd":
        await bench.broker.publish(channel, b"1", retention=KEPT, idempotency_key="k")
    depths = bench.broker.statistics()
    assert (depths["streams"], depths["idempotency_keys"]) == (2, 2)


def kib(count: int) -> bytes:
    return b'"' + b"x" * (count * 1024 - 2) + b'"'


@pytest.mark.asyncio
async def test_memory_holds_so_much_and_forgets_who_was_silent_the_longest(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.broker_memory.MAX_WEIGHT", 100 * 1024)
    before = {channel: await bench.publish(kib(30), channel=channel) for channel in "abc"}
    await bench.offsets(channel="a")  # read, so not the longest silent
    await bench.publish(kib(30), channel="d")
    assert bench.broker.statistics()["history_bytes"] == 90 * 1024
    assert await bench.offsets(channel="b") == []
    for channel in "abcd":
        now = await bench.broker.history(channel, retention=KEPT, limit=0)
        assert (now.top == before.get(channel, now.top)) is (channel != "b")


@pytest.mark.asyncio
async def test_memory_counts_what_small_publications_weigh(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.broker_memory.MAX_WEIGHT", 10 * OVERHEAD)
    for channel in "abcd":
        await bench.publish(b"1", b"2", b"3", b"4", channel=channel)
    assert bench.broker.statistics()["streams"] == 2


@pytest.mark.asyncio
async def test_memory_never_forgets_the_stream_that_is_published_to(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.broker_memory.MAX_WEIGHT", 1)
    top = await bench.publish(b"1", b"2")
    assert top.offset == 2
    assert await bench.offsets() == [1, 2]


@pytest.mark.asyncio
async def test_memory_lets_go_of_what_is_old_though_nobody_asks(
    bench: Bench,
) -> None:
    """In turns: each stream once in ROUND turns, whatever is forgotten or begins meanwhile."""
    broker = bench.broker
    assert isinstance(broker, MemoryBroker)
    channels = [f"c{n}" for n in range(ROUND + 5)]
    for channel in channels:
        await bench.publish(b"123", channel=channel)
    bench.time[0] += KEPT.ttl - 1
    await bench.publish(b"4567", channel="late")
    broker._evict("c3")
    for _ in range(ROUND):
        broker.turn()
    assert broker.statistics()["history_bytes"] == 64 * 3 + 4
    bench.time[0] += 1
    for _ in range(ROUND):
        broker.turn()
    depths = broker.statistics()
    assert (depths["history_bytes"], depths["streams"]) == (4, ROUND + 5)
    assert (await bench.publish(b"1", channel="c0")).offset == 2
    bench.time[0] += FORGET + 1
    broker.turn()
    assert broker.statistics()["streams"] == 0
    assert broker._weight == 0


@pytest.mark.asyncio
async def test_memory_takes_its_turns_from_its_start_to_its_stop(bench: Bench) -> None:
    broker = bench.broker
    assert isinstance(broker, MemoryBroker)
    turning = broker._turning
    assert turning is not None
    await broker.start(bench.ear)
    assert turning.cancelled()
    turning = broker._turning
    assert turning is not None
    await broker.stop()
    assert turning.cancelled()
