"""Who asks, and what he may do: declared here, answered above."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from protocol.claims import Claims
from protocol.envelope import ClientInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A connection and the person behind it: `user` is "" and `claims` None for an anonymous one."""

    client: str
    user: str = ""
    claims: Claims | None = None

    @property
    def info(self) -> ClientInfo:
        """What others may see of it."""
        return ClientInfo(user=self.user, client=self.client)

    @property
    def standing(self) -> tuple[UUID | None, ...]:
        """Who it is, where, and whether by a link: a new token must say the same."""
        claims = self.claims
        return (claims.person, claims.organisation, claims.room) if claims else ()

    @property
    def session(self) -> str:
        """The session of accounts that its token is of, "" for none."""
        return str(self.claims.session) if self.claims and self.claims.session else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a connection may do with a channel that it may subscribe to."""

    publish: bool = False
    presence: bool = False
    join_leave: bool = False
    history: bool = True


class Authorizer(Protocol):
    """Answers for the built-in channels. Asked on each subscription, publication, presence and history request."""

    async def authorize(self, identity: Identity, channel: str) -> Grant | None:
        """What `identity` may do with `channel`; None where it may do nothing, or there is no such channel."""
        ...
