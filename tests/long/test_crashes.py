"""Two people talk while everything is killed around them: what was acknowledged is there once, and in order."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from centrifuge import (
    CentrifugeError,
    Client,
    ClientEventHandler,
    ReplyError,
    SubscriptionEventHandler,
)

from klear.demonstration import ANA, RAVI
from tests.long.conftest import Account
from tests.long.demo import Demo

pytestmark = [pytest.mark.long, pytest.mark.integration, pytest.mark.timeout(900)]

ROUNDS = 10
"""Deaths of the whole program; every other one takes Postgres with it, without its last checkpoint."""

SEED = 20261122


class Talker(ClientEventHandler, SubscriptionEventHandler):  # type: ignore[misc]
    """A page: sends what is to be said until it is acknowledged, and puts together what comes by its number."""

    def __init__(self, demo: Demo, token: str, room: str, name: str) -> None:
        self.room, self.name = room, name
        self.client = Client(
            f"ws://127.0.0.1:{demo.port}/connection/websocket",
            events=self,
            token=token,
            min_reconnect_delay=0.05,
            max_reconnect_delay=0.3,
            timeout=3.0,
            proxy=None,
        )
        self.acknowledged: dict[int, dict[str, Any]] = {}
        self.lost = 0
        self.seen: dict[int, dict[str, Any]] = {}
        self.refetched = 0
        self._live = 0
        self.merging: asyncio.Task[None] | None = None

    async def arrive(self) -> None:
        """Connect and listen."""
        await self.client.connect()
        await self.client.ready(10)
        self.subscription = self.client.new_subscription(f"room:{self.room}", events=self)

    async def call(self, method: str, **params: Any) -> Any:
        """An RPC's result; tried again for as long as the program is away."""
        while True:
            try:
                await self.client.ready(1)
                return (await self.client.rpc(method, {"room": self.room, **params})).data
            except ReplyError as error:
                if not error.temporary and error.code != 429:
                    raise
            except (CentrifugeError, TimeoutError, OSError):
                self.lost += 1
            await asyncio.sleep(0.05)

    async def talk(self, ended: asyncio.Event) -> None:
        """Say one thing after the other, numbered."""
        while not ended.is_set():
            number, key = len(self.acknowledged) + 1, str(uuid4())
            said = await self.call("chat.send", text=f"{self.name} {number}", key=key)
            self.acknowledged[number] = said
            await asyncio.sleep(0.02)

    # What the subscription tells

    async def on_subscribed(self, ctx: Any) -> None:
        if ctx.channel != f"room:{self.room}":
            return
        self._live = 0
        if not getattr(ctx, "recovered", False):
            self.merging = asyncio.ensure_future(self.merge())

    async def on_publication(self, ctx: Any) -> None:
        data = ctx.pub.data
        if data.get("type") != "chat.message":
            return
        message = data["message"]
        assert message["seq"] > self._live, "one stream gave it twice, or out of order"
        self._live = message["seq"]
        self._keep(message)

    async def merge(self) -> None:
        """Fetch what was said since the last that is known without a gap."""
        after = 0
        while after + 1 in self.seen:
            after += 1
        while True:
            page = await self.call("chat.history", after=after, limit=200)
            for message in page["messages"]:
                self._keep(message)
                self.refetched += 1
                after = message["seq"]
            if after >= page["last_seq"]:
                return

    def _keep(self, message: dict[str, Any]) -> None:
        known = self.seen.setdefault(message["seq"], message)
        assert known["id"] == message["id"], "two messages with one number"


@pytest_asyncio.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    made = Demo(tmp_path / "data")
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def book(demo: Demo, token: str) -> str:
    """An appointment of Ana's with Ravi. Returns its room."""
    async with httpx2.AsyncClient(
        base_url=f"{demo.address}/api/v1",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())},
        trust_env=False,
    ) as client:
        profile = (await client.get(f"/practitioners/{RAVI.id}")).json()
        service = profile["services"][0]["id"]
        wanted = {
            "service": service,
            "from": (datetime.now(UTC) + timedelta(days=1)).date().isoformat(),
            "days": "7",
            "time_zone": "UTC",
        }
        slots = (await client.get(f"/practitioners/{RAVI.id}/slots", params=wanted)).json()["slots"]
        body = {
            "practitioner_id": str(RAVI.id),
            "service_id": service,
            "start": slots[0]["start"],
        }
        made = await client.post("/appointments", json=body)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])


async def meet(demo: Demo) -> tuple[Talker, Talker]:
    """Both in the room, and listening."""
    tokens = [await demo.token(ANA.email, "client"), await demo.token(RAVI.email, "practitioner")]
    room = await book(demo, tokens[0])
    ana, ravi = Talker(demo, tokens[0], room, "ana"), Talker(demo, tokens[1], room, "ravi")
    for talker in (ana, ravi):
        await talker.arrive()
    await ravi.call("room.enter")
    me = (await ana.call("room.enter"))["me"]
    await ravi.call("room.admit", participant=me["id"])
    for talker in (ana, ravi):
        await talker.subscription.subscribe()
    return ana, ravi


async def heard(talkers: tuple[Talker, ...], *, more: int) -> None:
    """Wait until each has had so many more acknowledged: everything works again."""
    goals = [len(talker.acknowledged) + more for talker in talkers]
    async with asyncio.timeout(60):
        while any(
            len(talker.acknowledged) < goal for talker, goal in zip(talkers, goals, strict=True)
        ):
            await asyncio.sleep(0.02)


@pytest.mark.asyncio
async def test_what_was_acknowledged_survives_every_death(demo: Demo, account: Account) -> None:
    dice, ended = random.Random(SEED), asyncio.Event()
    talkers = await meet(demo)
    talks = [asyncio.ensure_future(talker.talk(ended)) for talker in talkers]
    workers, connections = 0, 0
    for round_ in range(ROUNDS):
        await heard(talkers, more=3)
        if round_ % 3 == 1:
            connections += await kill_connections(demo, dice)
            await heard(talkers, more=2)
        if round_ % 3 == 2:
            await kill_media(demo, talkers[0])
            workers += 1
        await asyncio.sleep(dice.uniform(0.0, 1.5))
        await demo.kill(*([demo.postgres()] if round_ % 2 else []))
        await asyncio.sleep(dice.uniform(0.0, 0.5))
        await demo.start()
        account.cases += 1
    await heard(talkers, more=3)
    ended.set()
    await asyncio.gather(*talks)
    messages = await everything(talkers[0])
    for talker in talkers:
        check(talker, messages)
        await complete(talker, len(messages))
        assert talker.seen == {message["seq"]: message for message in messages}
        await talker.client.disconnect()
    account.note(
        messages=len(messages),
        requests_lost=sum(talker.lost for talker in talkers),
        refetched=sum(talker.refetched for talker in talkers),
        database_connections_lost=connections,
        media_workers_killed=workers,
        slowest_start=f"{max(demo.starts[1:]):.1f} s",
    )


async def kill_connections(demo: Demo, dice: random.Random) -> int:
    """SIGKILL one of Postgres' processes: it ends all the others and recovers, beneath a program that goes on."""
    backends = demo.backends()
    assert backends
    os.kill(dice.choice(backends), signal.SIGKILL)
    return len(backends)


async def kill_media(demo: Demo, talker: Talker) -> None:
    """SIGKILL the media worker: another one takes its place, and calls can be made again."""
    before = demo.media()
    assert before is not None
    os.kill(before, signal.SIGKILL)
    async with asyncio.timeout(60):
        while demo.media() in (None, before):
            await asyncio.sleep(0.05)
        joined = await talker.call("call.join")
        made = await talker.call("call.transport", session=joined["session"], direction="send")
    assert made["iceCandidates"]


async def everything(talker: Talker) -> list[dict[str, Any]]:
    """The whole conversation, as the server has it."""
    messages: list[dict[str, Any]] = []
    while True:
        page = await talker.call("chat.history", after=len(messages), limit=200)
        messages += page["messages"]
        if len(messages) >= page["last_seq"]:
            return messages


def check(talker: Talker, messages: list[dict[str, Any]]) -> None:
    """What this one had acknowledged is stored as acknowledged, exactly once, in the order in which it was said."""
    assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
    mine = [message for message in messages if message["text"].startswith(f"{talker.name} ")]
    assert mine == list(talker.acknowledged.values())
    assert [message["text"] for message in mine] == [
        f"{talker.name} {number}" for number in range(1, len(mine) + 1)
    ]


async def complete(talker: Talker, last: int) -> None:
    """Wait until this page has everything, live or fetched."""
    async with asyncio.timeout(30):
        while len(talker.seen) < last:
            await asyncio.sleep(0.05)
    if talker.merging is not None:
        await talker.merging
