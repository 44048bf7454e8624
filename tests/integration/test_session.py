"""A session as its pages live it: every push by the outbox, the relay and the hub, every packet's way by the worker."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from persistence.postgres import Database
from tests.conftest import Clock
from tests.hub.harness import until
from tests.integration.system import Page, System
from tests.rooms.people import House, appointment, found
from tests.signalling import ortc

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def house(database: Database) -> House:
    return await found(database)


@pytest_asyncio.fixture
async def room(database: Database, house: House, clock: Clock) -> UUID:
    return await appointment(database, house, clock.now + timedelta(minutes=10))


def inside(room: UUID) -> tuple[str, str, str]:
    return f"room:{room}", f"signals:{room}", f"call:{room}"


async def together(system: System, house: House, room: UUID) -> tuple[Page, Page, str]:
    """Both pages inside, with all their channels; and the client's participant."""
    host, client = await system.page(house.practitioner), await system.page(house.guest(room))
    hosted = await host.rpc("room.enter", room=room)
    await host.subscribe(f"participant:{hosted['me']['id']}", *inside(room))
    waiting = await client.rpc("room.enter", room=room)
    me = waiting["me"]["id"]
    await client.subscribe(f"participant:{me}")
    await host.rpc("room.admit", room=room, participant=me)
    await until(lambda: _said(client, f"participant:{me}", "admitted"))
    await client.subscribe(*inside(room))
    return host, client, me


def _said(page: Page, channel: str, state: str) -> bool:
    return any(
        state in (push.get("status"), push.get("participant", {}).get("state"))
        for push in page.peer.data(channel)
        if isinstance(push, dict)
    )


async def test_from_the_waiting_room_to_the_end(system: System, house: House, room: UUID) -> None:
    host, client, me = await together(system, house, room)
    await until(lambda: _said(host, f"room:{room}", "waiting"))
    await until(lambda: _said(host, f"room:{room}", "live"))

    sent = [await client.rpc("chat.send", room=room, text=f"{n}", key=f"{n}") for n in range(3)]
    await until(lambda: len(_chat(host, room)) == 3)
    assert _chat(host, room) == _chat(client, room) == sent

    await host.rpc("room.end", room=room)
    await until(lambda: _said(client, f"participant:{me}", "ended"))
    for page in (host, client):
        await until(lambda page=page: len(page.peer.pushes("unsubscribe")) == 3)  # type: ignore[misc]
        assert {push["code"] for push in page.peer.pushes("unsubscribe")} == {2000}
        assert await page.peer.refusal("subscribe", channel=f"room:{room}") == 103
    assert await client.refused("chat.send", room=room, text="x", key="9") == 1101
    assert (await client.rpc("chat.history", room=room))["messages"] == sent


def _chat(page: Page, room: UUID) -> list[Any]:
    return [
        push["message"] for push in page.peer.data(f"room:{room}") if push["type"] == "chat.message"
    ]


async def test_typing_is_told_to_those_inside(system: System, house: House, room: UUID) -> None:
    host, client, me = await together(system, house, room)
    typing = {"type": "typing", "participant": me, "on": True}
    await client.peer.ask("publish", channel=f"signals:{room}", data=typing)
    await until(lambda: host.peer.data(f"signals:{room}") == [typing])
    for namespace in ("room", "call"):
        assert await client.peer.refusal("publish", channel=f"{namespace}:{room}", data={}) == 103
    people = await host.peer.ask("presence", channel=f"room:{room}")
    assert {who["user"] for who in people["presence"].values()} == {
        str(house.practitioner.person),
        str(house.client.person),
    }


async def test_who_is_removed_loses_channels_and_call_at_once(
    system: System, house: House, room: UUID
) -> None:
    host, client, me = await together(system, house, room)
    sessions = {}
    for page in (host, client):
        joined = await page.rpc("call.join", room=room)
        sessions[page] = session = joined["session"]
        made = await page.rpc("call.transport", room=room, session=session, direction="send")
        await page.rpc(
            "call.produce",
            room=room,
            session=session,
            transport=made["id"],
            kind="audio",
            source="microphone",
            rtpParameters=ortc.audio(),
        )

    def both_heard() -> bool:
        states = client.peer.data(f"call:{room}")
        return bool(states) and [len(who["producers"]) for who in states[-1]["callers"]] == [1, 1]

    await until(both_heard)
    worker = system.placement.worker_of(room)
    assert len((await worker.stats(str(room)))["transports"]) == 2
    removed = await host.rpc("room.remove", room=room, participant=me)
    assert removed["state"] == "removed"
    # Before the practitioner has his answer, the worker has closed it.
    assert len((await worker.stats(str(room)))["transports"]) == 1
    await until(lambda: len(client.peer.pushes("unsubscribe")) == 3)
    await until(lambda: _said(client, f"participant:{me}", "removed"))
    await until(lambda: len(host.peer.data(f"call:{room}")[-1]["callers"]) == 1)
    assert await client.refused("room.enter", room=room) == 1103
    assert await client.refused("call.join", room=room) == 1201
    session = sessions[client]
    assert await client.refused("call.leave", room=room, session=session) == 1203

    await host.rpc("room.admit", room=room, participant=me)
    await client.subscribe(*inside(room))
    assert (await client.rpc("call.join", room=room))["adopted"] is False


async def test_leaving_and_coming_back(system: System, house: House, room: UUID) -> None:
    host, client, _ = await together(system, house, room)
    await client.rpc("call.join", room=room)
    await client.rpc("room.leave", room=room)
    await until(lambda: _said(host, f"room:{room}", "left"))
    await until(lambda: host.peer.data(f"call:{room}")[-1]["callers"] == [])
    await until(lambda: len(client.peer.pushes("unsubscribe")) == 3)
    assert await client.peer.refusal("subscribe", channel=f"room:{room}") == 103
    view = await client.rpc("room.enter", room=room)
    assert view["me"]["state"] == "admitted"
    await client.subscribe(*inside(room))
    assert (await client.rpc("call.join", room=room))["state"]["callers"]


async def test_a_second_device_takes_over_and_the_first_is_told(
    system: System, house: House, room: UUID
) -> None:
    _, client, me = await together(system, house, room)
    first = await client.rpc("call.join", room=room)
    device = await system.page(house.client)
    await device.rpc("room.enter", room=room)
    second = await device.rpc("call.join", room=room)

    def told() -> bool:
        states = client.peer.data(f"call:{room}")
        return bool(states) and [who["session"] for who in states[-1]["callers"]] == [
            second["session"]
        ]

    await until(told)
    assert client.peer.data(f"call:{room}")[-1]["callers"][0]["participant"] == me
    session = first["session"]
    refused = await client.refused("call.transport", room=room, session=session, direction="send")
    assert refused == 1200


async def test_a_page_that_comes_back_goes_on_with_its_session(
    system: System, house: House, room: UUID
) -> None:
    _, client, _ = await together(system, house, room)
    joined = await client.rpc("call.join", room=room)
    session = joined["session"]
    await client.rpc("call.transport", room=room, session=session, direction="recv")
    client.peer.leave()
    back = await system.page(house.guest(room))
    again = await back.rpc("call.join", room=room, session=session)
    assert (again["adopted"], again["session"]) == (True, session)
    assert len((await system.placement.worker_of(room).stats(str(room)))["transports"]) == 1


async def test_a_waiting_page_that_is_gone_waits_no_longer(
    system: System, house: House, room: UUID
) -> None:
    host, client = await system.page(house.practitioner), await system.page(house.guest(room))
    await host.rpc("room.enter", room=room)
    await host.subscribe(f"room:{room}")
    await client.rpc("room.enter", room=room)
    client.peer.leave()
    await until(lambda: _said(host, f"room:{room}", "left"), within=15)
