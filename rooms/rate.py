"""How fast one person may send: a token bucket each. Pure; `now` is seconds on any steady clock."""

from dataclasses import dataclass, field
from uuid import UUID

from rooms.errors import ChatTooFast


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLimits:
    """Faster than people type, slower than a script."""

    burst: int = 20
    """Messages at once: a page that was offline sends what was written meanwhile."""

    per_second: float = 4.0
    """Messages a second from then on."""

    people: int = 10_000
    """Buckets kept; above it, those that are full again are dropped."""


@dataclass(slots=True)
class Rate:
    """The buckets of everybody who sent something lately."""

    limits: ChatLimits
    _full_at: dict[UUID, float] = field(default_factory=dict)

    def spend(self, person: UUID, *, now: float) -> None:
        """Take one message's worth. Raises ChatTooFast with the seconds to wait."""
        price = 1 / self.limits.per_second
        full_at = max(self._full_at.get(person, now), now) + price
        excess = full_at - now - self.limits.burst * price
        if excess > 1e-9:
            raise ChatTooFast(retry_after=excess)
        self._full_at[person] = full_at
        if len(self._full_at) > self.limits.people:
            self._forget(now)

    def _forget(self, now: float) -> None:
        self._full_at = {person: at for person, at in self._full_at.items() if at > now}
