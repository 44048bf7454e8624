import asyncio
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from persistence.errors import RowRefused
from persistence.postgres import SYSTEM, Actor, Database
from protocol.claims import Claims
from protocol.codec import encode
from protocol.errors import NotFound, Unavailable
from protocol.pushes import Message
from rooms.admission import Admission
from rooms.chat import Chat, check_text
from rooms.errors import ChatTooFast, InvalidText, NotAdmitted, Removed, RoomEnded
from rooms.rate import ChatLimits
from tests.conftest import Clock
from tests.rooms.people import House, found, pushes
from tests.rooms.test_admission import both_inside

integration = pytest.mark.integration
asynchronous = pytest.mark.asyncio

UNLIMITED = ChatLimits(burst=100_000, per_second=1000.0)


@pytest.mark.parametrize(
    "text", ["a", " ", "\n", "a" * 4001, "", "a\x00", "a\x1b[2J", "\ud800", "\r\n x"]
)
def test_text(text: str) -> None:
    if text == "a":
        check_text(text)
        return
    with pytest.raises(InvalidText):
        check_text(text)


@pytest.mark.parametrize("text", [" two lines\n\tand a tab ", "a" * 4000, "👩‍👩‍👧", "שלום", "‎"])
def test_text_is_taken_as_it_is(text: str) -> None:
    check_text(text)


@integration
@asynchronous
async def test_a_message_is_stored_told_and_read(
    chat: Chat, admission: Admission, database: Database, house: House, room: UUID, clock: Clock
) -> None:
    _, client = await both_inside(admission, house, room)
    sent = await chat.send(house.client, room, text=" Hello\n", key="k1")
    assert (sent.seq, sent.name, sent.text, sent.at) == (1, "Ana", " Hello\n", clock.now)
    assert (sent.participant, sent.person) == (client, house.client.person)
    channel, push = (await pushes(database))[-1]
    assert channel == f"room:{room}"
    assert push["type"] == "chat.message"
    assert push["message"]["id"] == str(sent.id)  # type: ignore[index]
    answer = await chat.send(house.practitioner, room, text="Hi", key="k1")
    assert answer.seq == 2
    history = await chat.history(house.client, room, after=0, limit=200)
    assert (history.messages, history.last_seq) == ((sent, answer), 2)
    assert (await admission.view(house.client, room)).last_seq == 2


@integration
@asynchronous
async def test_the_same_key_again_is_the_same_message(
    chat: Chat, admission: Admission, database: Database, house: House, room: UUID, clock: Clock
) -> None:
    await both_inside(admission, house, room)
    first = await chat.send(house.client, room, text="Hello", key="k")
    told = await pushes(database)
    clock.advance(seconds=3)
    assert await chat.send(house.client, room, text="Hello", key="k") == first
    assert await pushes(database) == told
    await admission.end(house.practitioner, room)
    assert await chat.send(house.client, room, text="Hello", key="k") == first


@integration
@asynchronous
async def test_many_senders_at_once_are_numbered_without_a_gap(
    admission: Admission, database: Database, house: House, room: UUID, clock: Clock
) -> None:
    await both_inside(admission, house, room)
    chat = Chat(database=database, clock=clock, seconds=lambda: 0.0, limits=UNLIMITED)

    async def send(who: Claims, key: int) -> Message:
        """As a page does it: whatever does not come back is sent again under its key."""
        while True:
            try:
                return await chat.send(who, room, text=f"{key}", key=f"{key}")
            except Unavailable:
                await asyncio.sleep(0.1)

    both = (house.client, house.practitioner)
    # Each of 100 keys of each side three times over, all in flight together.
    sent = await asyncio.gather(
        *(send(who, key) for key in range(100) for _ in range(3) for who in both)
    )
    assert sorted({message.seq for message in sent}) == list(range(1, 201))
    assert len({message.id for message in sent}) == 200

    first = await chat.history(house.client, room, after=0, limit=150)
    rest = await chat.history(house.client, room, after=150, limit=150)
    stored = [*first.messages, *rest.messages]
    assert [message.seq for message in stored] == list(range(1, 201))
    assert (first.last_seq, rest.last_seq) == (200, 200)
    told = [
        push["message"]["seq"]  # type: ignore[index]
        for channel, push in await pushes(database)
        if channel == f"room:{room}" and push["type"] == "chat.message"
    ]
    assert told == list(range(1, 201)), "the outbox of a channel is in the order of its commits"
    assert all(one.at <= other.at for one, other in pairwise(stored))


@integration
@asynchronous
async def test_a_long_history_is_read_in_answers_that_a_slow_reader_can_take(
    admission: Admission, database: Database, house: House, room: UUID, clock: Clock
) -> None:
    await both_inside(admission, house, room)
    chat = Chat(database=database, clock=clock, seconds=lambda: 0.0, limits=UNLIMITED)
    for key in range(50):
        await chat.send(house.client, room, text="語" * 4000, key=f"{key}")
    read: list[int] = []
    for _ in range(3):  # each as full as it may be
        history = await chat.history(house.practitioner, room, after=len(read), limit=200)
        assert len(encode(history)) < 256 * 1024 + 100
        assert history.last_seq == 50
        read += [message.seq for message in history.messages]
    assert read == list(range(1, 51))


@integration
@asynchronous
async def test_one_message_is_always_read(
    chat: Chat,
    admission: Admission,
    house: House,
    room: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rooms.queries.HISTORY_BYTES", 10)
    await both_inside(admission, house, room)
    for key in "12":
        await chat.send(house.client, room, text="more than ten bytes", key=key)
    history = await chat.history(house.client, room, after=0, limit=200)
    assert ([message.seq for message in history.messages], history.last_seq) == ([1], 2)


@integration
@asynchronous
async def test_only_those_inside_speak(
    chat: Chat, admission: Admission, house: House, room: UUID
) -> None:
    with pytest.raises(NotFound):
        await chat.send(house.client, room, text="x", key="1")
    await admission.enter(house.client, room)
    with pytest.raises(NotAdmitted):
        await chat.send(house.client, room, text="x", key="1")
    with pytest.raises(NotAdmitted):
        await chat.history(house.client, room, after=0, limit=10)
    _, client = await both_inside(admission, house, room)
    await admission.leave(house.client, room)
    with pytest.raises(NotAdmitted):
        await chat.send(house.client, room, text="x", key="1")
    assert (await chat.history(house.client, room, after=0, limit=10)).messages == ()
    await admission.remove(house.practitioner, room, client)
    for attempt in (
        chat.send(house.client, room, text="x", key="1"),
        chat.history(house.client, room, after=0, limit=10),
    ):
        with pytest.raises(Removed):
            await attempt


@integration
@asynchronous
async def test_after_the_end_it_is_read_and_not_written(
    chat: Chat, admission: Admission, house: House, room: UUID
) -> None:
    await both_inside(admission, house, room)
    sent = await chat.send(house.client, room, text="x", key="1")
    await admission.end(house.practitioner, room)
    with pytest.raises(RoomEnded):
        await chat.send(house.client, room, text="y", key="2")
    assert (await chat.history(house.client, room, after=0, limit=10)).messages == (sent,)


@integration
@asynchronous
async def test_nobody_else_reads_or_writes(
    chat: Chat, admission: Admission, database: Database, house: House, room: UUID
) -> None:
    await both_inside(admission, house, room)
    await chat.send(house.client, room, text="x", key="1")
    elsewhere = await found(database)
    others = (house.owner, house.stranger, elsewhere.practitioner, house.guest(uuid4()))
    for who in others:
        for attempt in (
            chat.send(who, room, text="x", key="1"),
            chat.history(who, room, after=0, limit=10),
        ):
            with pytest.raises(NotFound):
                await attempt


@integration
@asynchronous
async def test_the_tables_themselves_keep_others_out(
    chat: Chat, admission: Admission, database: Database, house: House, room: UUID
) -> None:
    host, client = await both_inside(admission, house, room)
    await chat.send(house.client, room, text="x", key="1")
    elsewhere = await found(database)

    async def seen_by(actor: Actor) -> list[int]:
        async with database.transaction(actor) as tx:
            tables = ("room", "participant", "message")
            return [await tx.fetchval(f"SELECT count(*) FROM rooms.{table}") for table in tables]

    assert await seen_by(SYSTEM) == [1, 2, 1]
    assert await seen_by(Actor.of(house.client)) == [1, 2, 1]
    for stranger in (house.owner, house.stranger, elsewhere.practitioner, elsewhere.owner):
        assert await seen_by(Actor.of(stranger)) == [0, 0, 0]
    assert await seen_by(Actor()) == [0, 0, 0]
    assert await seen_by(Actor(person=house.client.person, organisation=elsewhere.id)) == [0, 0, 0]

    insert = (
        "INSERT INTO rooms.message (id, organisation_id, room_id, seq, participant_id, key, text, at)"
        " VALUES ($1, $2, $3, 2, $4, 'k', 'in his name', now())"
    )
    for actor, participant in ((house.client, host), (house.owner, client)):
        with pytest.raises(RowRefused):
            async with database.transaction(Actor.of(actor)) as tx:
                await tx.execute(insert, uuid4(), house.id, room, participant)
    with pytest.raises(RowRefused):
        async with database.transaction(Actor.of(house.client)) as tx:
            await tx.execute("UPDATE rooms.message SET text = 'never said'")
    await admission.remove(house.practitioner, room, client)
    assert await seen_by(Actor.of(house.client)) == [1, 2, 0]


@integration
@asynchronous
async def test_faster_than_anyone_types(
    admission: Admission, database: Database, house: House, room: UUID, clock: Clock
) -> None:
    await both_inside(admission, house, room)
    limits = ChatLimits(burst=2, per_second=1.0)
    chat = Chat(database=database, clock=clock, seconds=lambda: 0.0, limits=limits)
    for key in "12":
        await chat.send(house.client, room, text="x", key=key)
    with pytest.raises(ChatTooFast):
        await chat.send(house.client, room, text="x", key="3")
    await chat.send(house.practitioner, room, text="x", key="3")
