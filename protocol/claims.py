"""Who is speaking: the claims of a token that was verified."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Role = Literal["client", "practitioner", "assistant", "owner", "platform_admin", "guest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """One person in one organisation, until `expires_at` (aware UTC).

    `room` is set for a guest who came by a join link: he is the appointment's client there, and nobody anywhere else.
    `channels` grants namespaces from the configuration file whose `subscribe` is `members`.
    """

    person: UUID
    organisation: UUID
    roles: frozenset[Role]
    expires_at: datetime
    session: UUID | None = None
    room: UUID | None = None
    channels: tuple[str, ...] = ()

    @property
    def is_guest(self) -> bool:
        """Came by a join link, and may enter one room only."""
        return self.room is not None


class InvalidToken(Exception):
    """The token is malformed, not ours, or not for this use."""


class ExpiredToken(InvalidToken):
    """The token was ours, and its time is over."""
