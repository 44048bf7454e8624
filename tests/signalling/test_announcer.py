import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from protocol.errors import Unavailable
from protocol.pushes import Caller
from signalling.announcer import Announcer
from tests.signalling.conftest import until

pytestmark = pytest.mark.asyncio

ROOM, OTHER = uuid4(), uuid4()


def caller(name: str) -> tuple[Caller, ...]:
    someone = Caller(participant=uuid4(), person=uuid4(), name=name, session=uuid4(), producers=())
    return (someone,)


class Broker:
    """Is away as often as `away` says."""

    def __init__(self, *, away: int = 0) -> None:
        self.away = away
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def publish(self, channel: str, data: bytes, *, idempotency_key: str = "") -> Awaitable[object]:
        return self._publish(channel, data)

    async def _publish(self, channel: str, data: bytes) -> None:
        await self.gate.wait()
        if self.away:
            self.away -= 1
            raise Unavailable
        self.told.append((channel, orjson.loads(data)))

    def names(self, room: UUID) -> list[str]:
        states = [state for channel, state in self.told if channel == f"call:{room}"]
        return [state["callers"][0]["name"] for state in states]


async def test_only_the_newest_of_each_room_is_told() -> None:
    announcer, broker = Announcer(epoch=lambda: "e", retry=0.01), Broker()
    for name in "abc":
        announcer.tell(ROOM, caller(name))
    announcer.tell(OTHER, caller("x"))
    running = asyncio.ensure_future(announcer.run(broker.publish))
    await until(lambda: len(broker.told) == 2)
    announcer.tell(ROOM, caller("d"))
    await until(lambda: len(broker.told) == 3)
    running.cancel()
    assert (broker.names(ROOM), broker.names(OTHER)) == (["c", "d"], ["x"])
    assert [state["version"] for _, state in broker.told] == [3, 4, 5]
    assert {state["epoch"] for _, state in broker.told} == {"e"}


async def test_a_broker_that_is_away_is_tried_again() -> None:
    announcer, broker = Announcer(epoch=lambda: "e", retry=0.01), Broker(away=3)
    running = asyncio.ensure_future(announcer.run(broker.publish))
    announcer.tell(ROOM, caller("a"))
    await until(lambda: broker.names(ROOM) == ["a"])
    running.cancel()
    assert broker.away == 0


async def test_what_could_not_be_told_gives_way_to_what_is_newer() -> None:
    announcer, broker = Announcer(epoch=lambda: "e", retry=0.01), Broker(away=1)
    broker.gate.clear()
    running = asyncio.ensure_future(announcer.run(broker.publish))
    announcer.tell(ROOM, caller("old"))
    await asyncio.sleep(0.02)
    announcer.tell(ROOM, caller("new"))
    broker.gate.set()
    await until(lambda: broker.told)
    running.cancel()
    assert broker.names(ROOM) == ["new"]


async def test_a_new_epoch_is_another_word() -> None:
    epochs = iter("ab")
    announcer = Announcer(epoch=lambda: next(epochs))
    announcer.tell(ROOM, ())
    before = announcer.state(ROOM, ())
    announcer.new_epoch()
    after = announcer.state(ROOM, ())
    assert (before.epoch, after.epoch) == ("a", "b")
    assert after.version == before.version
