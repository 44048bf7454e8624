"""The outbox row appears with its transaction, and not without it."""

from uuid import uuid4

import pytest

from persistence import outbox
from persistence.errors import RowRefused
from persistence.postgres import SYSTEM, Actor, Database
from protocol import channels
from protocol.pushes import RoomChanged

pytestmark = pytest.mark.integration


@pytest.mark.asyncio
async def test_one_row_per_channel_in_order(database: Database) -> None:
    organisation, room, person = uuid4(), uuid4(), uuid4()
    push = RoomChanged(room=room, status="open")
    audience = [channels.room(room), channels.user(person)]
    async with database.transaction(Actor(organisation=organisation, person=person)) as tx:
        await outbox.append(tx, organisation=organisation, channels=audience, push=push)
    async with database.transaction(SYSTEM) as tx:
        rows = await tx.fetch(
            "SELECT channel, payload::text AS payload FROM persistence.outbox ORDER BY id"
        )
    assert [row["channel"] for row in rows] == audience
    assert rows[0]["payload"] == f'{{"room":"{room}","status":"open","type":"room.changed"}}'


@pytest.mark.asyncio
async def test_nobody_writes_for_another_organisation(database: Database) -> None:
    push = RoomChanged(room=uuid4(), status="open")
    with pytest.raises(RowRefused):
        async with database.transaction(Actor(organisation=uuid4())) as tx:
            await outbox.append(tx, organisation=uuid4(), channels=["room:x"], push=push)
