"""Rooms: what a page starts from. Entering, talking and deciding are RPCs of the realtime socket (docs/protocol.md)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.authentication import SignedOrGuest
from api.components import Parts
from api.openapi import problems
from api.responses import Json
from persistence.postgres import Actor
from protocol.errors import NotFound
from rooms import queries
from rooms.chat import MAX_HISTORY
from rooms.errors import NotAdmitted, Removed
from rooms.handlers import MAX_SEQ
from rooms.queries import History, RoomView
from rooms.room import RoomOptions

router = APIRouter(tags=["rooms"])


@router.get("/rooms/{room_id}", response_model=RoomView, responses=problems(NotFound))
async def read_room(room_id: UUID, claims: SignedOrGuest, components: Parts) -> Response:
    """The room of an appointment, for its two sides. Until I am admitted, `participants` holds only me."""
    options = RoomOptions(any_time=components.demo)
    async with components.database.transaction(Actor.of(claims), read_only=True) as tx:
        now = components.clock()
        found = await queries.room_view(tx, claims, room_id, now=now, options=options)
    return Json(found)


@router.get(
    "/rooms/{room_id}/messages",
    response_model=History,
    responses=problems(NotFound, NotAdmitted, Removed),
)
async def read_messages(
    room_id: UUID,
    claims: SignedOrGuest,
    components: Parts,
    after: Annotated[int, Query(ge=0, le=MAX_SEQ, description="Numbered above this.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_HISTORY)] = MAX_HISTORY,
) -> Response:
    """What was said, in order, for those who were let in. More is there while `last_seq` is higher than the last."""
    async with components.database.transaction(Actor.of(claims), read_only=True) as tx:
        found = await queries.history(tx, claims, room_id, after=after, limit=limit)
    return Json(found)
