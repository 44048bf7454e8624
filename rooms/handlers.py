"""The RPC methods `room.*` and `chat.*`: parameters in, use case, result out. The pushes go their own way (outbox)."""

from collections.abc import Mapping
from typing import Any

from hub.dispatch import Caller, Handler
from protocol.claims import Claims
from protocol.errors import Unauthenticated
from rooms import chat as talk
from rooms.admission import Admission
from rooms.attendance import Attendance
from rooms.chat import Chat
from rooms.errors import InvalidText
from rooms.params import Params, identifier, integer, text
from rooms.queries import History, RoomView

MAX_SEQ = 2**53 - 1
"""What every JSON reader takes for a whole number."""

DONE: Mapping[str, Any] = {}
"""There is nothing to say beyond the push."""


def methods(*, admission: Admission, attendance: Attendance, chat: Chat) -> Mapping[str, Handler]:
    """The table for the dispatcher. Every method asks for `room` and for a signed-in caller, or its guest."""
    rpc = _Methods(admission, attendance, chat)
    return {
        "room.enter": rpc.enter,
        "room.leave": rpc.leave,
        "room.admit": rpc.admit,
        "room.remove": rpc.remove,
        "room.end": rpc.end,
        "chat.send": rpc.send,
        "chat.history": rpc.history,
    }


def signed(caller: Caller) -> Claims:
    """Who calls. Raises Unauthenticated for an anonymous connection."""
    if caller.claims is None:
        raise Unauthenticated
    return caller.claims


class _Methods:
    def __init__(self, admission: Admission, attendance: Attendance, chat: Chat) -> None:
        self._admission = admission
        self._attendance = attendance
        self._chat = chat

    async def enter(self, caller: Caller, params: Params) -> RoomView:
        """`{room}` -> RoomView."""
        room = identifier(params, "room")
        view = await self._admission.enter(signed(caller), room)
        if view.me is None:
            raise AssertionError("whoever entered has a seat")
        self._attendance.entered(caller.client, room=room, participant=view.me.id)
        return view

    async def leave(self, caller: Caller, params: Params) -> object:
        """`{room}` -> {}."""
        left = await self._admission.leave(signed(caller), identifier(params, "room"))
        self._attendance.left(left.id)
        return DONE

    async def admit(self, caller: Caller, params: Params) -> object:
        """`{room, participant}` -> Participant."""
        room, participant = identifier(params, "room"), identifier(params, "participant")
        return await self._admission.admit(signed(caller), room, participant)

    async def remove(self, caller: Caller, params: Params) -> object:
        """`{room, participant}` -> Participant."""
        room, participant = identifier(params, "room"), identifier(params, "participant")
        return await self._admission.remove(signed(caller), room, participant)

    async def end(self, caller: Caller, params: Params) -> object:
        """`{room}` -> {}."""
        await self._admission.end(signed(caller), identifier(params, "room"))
        return DONE

    async def send(self, caller: Caller, params: Params) -> object:
        """`{room, text, key}` -> Message."""
        room, key = identifier(params, "room"), text(params, "key", longest=talk.MAX_KEY)
        words = params.get("text")
        if not isinstance(words, str):
            raise InvalidText
        return await self._chat.send(signed(caller), room, text=words, key=key)

    async def history(self, caller: Caller, params: Params) -> History:
        """`{room, after, limit}` -> {messages, last_seq}."""
        room = identifier(params, "room")
        after = integer(params, "after", low=0, high=MAX_SEQ, default=0)
        most = talk.MAX_HISTORY
        limit = integer(params, "limit", low=1, high=most, default=most)
        return await self._chat.history(signed(caller), room, after=after, limit=limit)
