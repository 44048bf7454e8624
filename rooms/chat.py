"""Chat: stored, numbered one by one in each room, acknowledged after the commit only."""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from persistence.outbox import append
from persistence.postgres import Actor, Database
from protocol import channels
from protocol.claims import Claims
from protocol.errors import NotFound
from protocol.pushes import ChatMessage, Message
from rooms import membership, queries, repository, steps
from rooms.errors import InvalidText
from rooms.queries import History, check_guest
from rooms.rate import ChatLimits, Rate

MAX_TEXT = 4000
"""Characters: a long letter. Stored as sent, nothing is trimmed."""

MAX_KEY = 64
"""Characters of the sender's own id of a message: a UUID and some."""

MAX_HISTORY = 200
"""Messages in one answer, as far as they fit: see queries.HISTORY_BYTES."""

ALLOWED_CONTROLS = "\n\t"


def check_text(text: str) -> None:
    """Raises InvalidText for what is empty, too long, or would garble a screen: control characters, lone surrogates."""
    if len(text) > MAX_TEXT:
        raise InvalidText(f"A message has at most {MAX_TEXT} characters.")
    if not text.strip():
        raise InvalidText("A message needs some text.")
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in ALLOWED_CONTROLS for c in text):
        raise InvalidText("A message holds no control characters.")


class Chat:
    """Sends and reads. `seconds` is a steady clock for the limit per person."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Callable[[], datetime],
        seconds: Callable[[], float],
        limits: ChatLimits | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._seconds = seconds
        self._rate = Rate(limits=limits or ChatLimits())

    async def send(self, claims: Claims, room: UUID, *, text: str, key: str) -> Message:
        """Store a message; the same key again answers the same message.

        Raises NotFound, RoomEnded, NotAdmitted, Removed, InvalidText, ChatTooFast.
        """
        check_guest(claims, room)
        check_text(text)
        self._rate.spend(claims.person, now=self._seconds())
        async with self._database.transaction(Actor.of(claims)) as tx:
            locked = await repository.lock(tx, room)
            mine = await queries.own_seat(tx, claims, room)
            if locked is None or mine is None:
                raise NotFound
            if (sent := await repository.message_by_key(tx, mine, key)) is not None:
                return sent
            now = self._clock()
            steps.check_running(locked, now)
            membership.may_speak(mine.standing)
            message = await repository.store(tx, mine, id=uuid4(), text=text, key=key, at=now)
            audience = (channels.room(room),)
            await append(
                tx,
                organisation=locked.organisation,
                channels=audience,
                push=ChatMessage(message=message),
            )
        return message

    async def history(self, claims: Claims, room: UUID, *, after: int, limit: int) -> History:
        """Messages numbered above `after`, as `queries.history` gives them. Raises NotFound, NotAdmitted, Removed."""
        async with self._database.transaction(Actor.of(claims), read_only=True) as tx:
            return await queries.history(tx, claims, room, after=after, limit=limit)
