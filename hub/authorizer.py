"""Who asks, and what he may do: declared here, answered above."""

from dataclasses import dataclass
from typing import Protocol

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
