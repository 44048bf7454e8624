from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from persistence.postgres import Database
from rooms.admission import Admission
from rooms.chat import Chat
from rooms.departures import Departures
from rooms.rate import ChatLimits
from tests.api.rooms_app import RoomsApp
from tests.conftest import Clock
from tests.rooms.people import House, appointment, found
from tests.rooms.test_admission import both_inside

pytestmark = [pytest.mark.integration, pytest.mark.asyncio]


@pytest.fixture
def app(database: Database, clock: Clock) -> Iterator[RoomsApp]:
    opened = RoomsApp(database, clock)
    yield opened
    opened.close()


@pytest_asyncio.fixture
async def house(database: Database) -> House:
    return await found(database)


@pytest_asyncio.fixture
async def room(database: Database, house: House, clock: Clock) -> UUID:
    return await appointment(database, house, clock.now + timedelta(minutes=10))


@pytest.fixture
def admission(database: Database, clock: Clock) -> Admission:
    return Admission(database=database, clock=clock, departures=Departures())


@pytest.fixture
def chat(database: Database, clock: Clock) -> Chat:
    limits = ChatLimits(burst=1000)
    return Chat(database=database, clock=clock, seconds=lambda: 0.0, limits=limits)


async def test_a_room_before_anybody_came(
    app: RoomsApp, house: House, room: UUID, clock: Clock
) -> None:
    answer = await app.get(house.client, f"/rooms/{room}")
    assert answer.status_code == 200
    view = answer.json()
    assert datetime.fromisoformat(view.pop("opens_at")) == clock.now - timedelta(minutes=5)
    assert datetime.fromisoformat(view.pop("start")) == clock.now + timedelta(minutes=10)
    assert datetime.fromisoformat(view.pop("end")) == clock.now + timedelta(minutes=70)
    assert datetime.fromisoformat(view.pop("server_time")) == clock.now
    assert view == {
        "id": str(room),
        "status": "open",
        "service_name": "First visit",
        "practitioner": {"id": str(house.practitioner.person), "name": "Ravi"},
        "client": {"id": str(house.client.person), "name": "Ana"},
        "me": None,
        "participants": [],
        "last_seq": 0,
    }


async def test_a_waiting_client_sees_himself(
    app: RoomsApp, admission: Admission, house: House, room: UUID
) -> None:
    await admission.enter(house.client, room)
    await admission.enter(house.practitioner, room)
    guest = house.guest(room)
    assert (await app.get(guest, f"/rooms/{room}")).json()["me"] is None
    assert (await app.get(guest, f"/rooms/{room}/messages")).status_code == 404
    await admission.enter(guest, room)
    for client in (house.client, guest):
        view = (await app.get(client, f"/rooms/{room}")).json()
        assert view["me"]["state"] == "waiting"
        assert view["participants"] == [view["me"]]
        refusal = await app.get(client, f"/rooms/{room}/messages")
        assert (refusal.status_code, refusal.json()["code"]) == (403, "not-admitted")
    view = (await app.get(house.practitioner, f"/rooms/{room}")).json()
    assert [person["state"] for person in view["participants"]] == ["admitted", "waiting"]


async def test_messages_by_pages(
    app: RoomsApp, admission: Admission, chat: Chat, house: House, room: UUID
) -> None:
    _, client = await both_inside(admission, house, room)
    await admission.enter(house.guest(room), room)
    await admission.admit(house.practitioner, room, client)
    for number in range(1, 6):
        await chat.send(house.client, room, text=f"{number}", key=f"{number}")
    first = (await app.get(house.guest(room), f"/rooms/{room}/messages", limit=2)).json()
    rest = (await app.get(house.client, f"/rooms/{room}/messages", after=2)).json()
    assert [message["seq"] for message in first["messages"]] == [1, 2]
    assert [message["text"] for message in rest["messages"]] == ["3", "4", "5"]
    assert (first["last_seq"], rest["last_seq"]) == (5, 5)
    assert (await app.get(house.client, f"/rooms/{room}")).json()["last_seq"] == 5


@pytest.mark.parametrize(
    "query", [{"limit": 201}, {"limit": 0}, {"after": -1}, {"after": 2**53}, {"after": "x"}]
)
async def test_bad_pages(app: RoomsApp, house: House, room: UUID, query: dict[str, object]) -> None:
    answer = await app.get(house.client, f"/rooms/{room}/messages", **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_nobody_else_finds_it(
    app: RoomsApp, admission: Admission, database: Database, house: House, room: UUID
) -> None:
    await both_inside(admission, house, room)
    elsewhere = await found(database)
    for path in (f"/rooms/{room}", f"/rooms/{room}/messages"):
        for who in (house.owner, house.stranger, elsewhere.practitioner, house.guest(uuid4())):
            answer = await app.get(who, path)
            assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        assert (await app.get(None, path)).status_code == 401


async def test_the_demonstration_is_open_at_any_time(
    database: Database, house: House, clock: Clock
) -> None:
    room = await appointment(database, house, clock.now + timedelta(days=9))
    app = RoomsApp(database, clock, demo=True)
    view = (await app.get(house.client, f"/rooms/{room}")).json()
    app.close()
    assert view["status"] == "open"
    assert datetime.fromisoformat(view["opens_at"]) <= clock.now


async def test_the_document_names_both(app: RoomsApp, house: House) -> None:
    document = (await app.get(None, "/openapi.json")).json()
    view = document["components"]["schemas"]["RoomView"]
    assert "me" in view["properties"]
    assert "403" in document["paths"]["/rooms/{room_id}/messages"]["get"]["responses"]
