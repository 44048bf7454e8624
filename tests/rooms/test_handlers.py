from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from hub.dispatch import Caller, Handler
from protocol.claims import Claims
from protocol.codec import encode
from protocol.errors import BadRequest, RequestError, Unauthenticated
from rooms.admission import Admission
from rooms.attendance import Attendance
from rooms.chat import Chat
from rooms.closing import Closing
from rooms.errors import InvalidText
from rooms.handlers import methods
from tests.conftest import Clock
from tests.rooms.conftest import Seconds
from tests.rooms.people import House

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]

Call = Callable[..., Awaitable[Any]]


@pytest.fixture
def attendance(closing: Closing, clock: Clock, seconds: Seconds) -> Attendance:
    return Attendance(closing=closing, clock=clock, seconds=seconds)


@pytest.fixture
def call(admission: Admission, attendance: Attendance, chat: Chat) -> Call:
    table = methods(admission=admission, attendance=attendance, chat=chat)

    async def call(claims: Claims | None, method: str, client: str = "c", **params: object) -> Any:
        handler: Handler = table[method]
        result = await handler(Caller(client=client, claims=claims), orjson.loads(encode(params)))
        return orjson.loads(encode(result))

    return call


async def test_a_session_by_rpc(
    call: Call, attendance: Attendance, house: House, room: UUID
) -> None:
    client, host = house.guest(room), house.practitioner
    waiting = await call(client, "room.enter", "page", room=room)
    assert set(waiting) == {
        *("id", "status", "opens_at", "start", "end", "service_name", "practitioner", "client"),
        *("me", "participants", "last_seq", "server_time"),
    }
    me = waiting["me"]["id"]
    assert waiting["me"] == {
        "id": me,
        "person": str(client.person),
        "name": "Ana",
        "role": "client",
        "state": "waiting",
    }
    assert attendance._seats["page"] == {UUID(me)}
    await call(host, "room.enter", room=room)
    assert (await call(host, "room.admit", room=room, participant=me))["state"] == "admitted"

    sent = await call(client, "chat.send", room=room, text="Hello", key="k")
    assert set(sent) == {
        *("id", "room", "seq", "participant", "person", "name", "text", "key", "at"),
    }
    history = await call(host, "chat.history", room=room)
    assert history == {"messages": [sent], "last_seq": 1}
    assert (await call(host, "chat.history", room=room, after=1, limit=1))["messages"] == []

    assert await call(client, "room.leave", room=room) == {}
    assert attendance._seats["page"] == set()
    await call(client, "room.enter", room=room)
    assert (await call(host, "room.remove", room=room, participant=me))["state"] == "removed"
    assert await call(host, "room.end", room=room) == {}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("room.enter", {}),
        ("room.enter", {"room": "1"}),
        ("room.leave", {"room": None}),
        ("room.admit", {"room": str(uuid4())}),
        ("room.remove", {"room": str(uuid4()), "participant": 5}),
        ("room.end", {"room": []}),
        ("chat.send", {"room": str(uuid4()), "text": "x"}),
        ("chat.send", {"room": str(uuid4()), "text": "x", "key": "k" * 65}),
        ("chat.send", {"room": str(uuid4()), "text": 7, "key": "k"}),
        ("chat.send", {"room": str(uuid4()), "key": "k"}),
        ("chat.send", {"room": str(uuid4()), "text": "x" * 4001, "key": "k"}),
        ("chat.history", {"room": str(uuid4()), "limit": 201}),
        ("chat.history", {"room": str(uuid4()), "limit": 0}),
        ("chat.history", {"room": str(uuid4()), "after": -1}),
        ("chat.history", {"room": str(uuid4()), "after": 2**53}),
    ],
)
async def test_malformed_parameters(
    call: Call, house: House, method: str, params: dict[str, object]
) -> None:
    with pytest.raises(BadRequest):
        await call(house.client, method, **params)


async def test_text_has_its_own_refusal(call: Call, house: House, room: UUID) -> None:
    for text in (None, 7, "", "\x00"):
        with pytest.raises(InvalidText):
            await call(house.client, "chat.send", room=room, text=text, key="k")


async def test_anonymous_connections_have_no_rooms(call: Call, room: UUID) -> None:
    params = {"room": room, "participant": uuid4(), "text": "x", "key": "k"}
    for method in ("room.enter", "room.leave", "room.admit", "room.remove", "room.end"):
        with pytest.raises(Unauthenticated):
            await call(None, method, **params)
    for method in ("chat.send", "chat.history"):
        with pytest.raises(Unauthenticated):
            await call(None, method, **params)


async def test_codes_are_stable() -> None:
    from rooms import errors

    codes = {
        error.code: error.slug
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, RequestError) and 1100 <= error.code < 1200
    }
    assert codes == {
        1100: "room-not-open",
        1101: "room-ended",
        1102: "not-admitted",
        1103: "removed",
        1104: "practitioner-only",
        1105: "illegal-step",
        1106: "invalid-text",
        1107: "chat-too-fast",
    }
