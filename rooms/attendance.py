"""Which connections stand for which participants, so that nobody is said to wait whose page is gone.

A client waits by a row with a lease. While a connection that entered for him is open, this renews the lease; when the
last one ends, he has `grace` to come back (a reload). After a crash nobody renews, and the sweep finds the lease over.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.authorizer import Identity
from rooms.closing import Closing, kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often things happen, in seconds."""

    tick: float = 0.5
    """Between looks at who is due."""

    grace: float = 5.0
    """To come back after the last connection ended: a reload on a slow phone."""

    renew: float = 20.0
    """Between renewals of the leases: a third of a lease, so that one may fail."""

    sweep: float = 10.0
    """Between sweeps."""


@dataclass(frozen=True, slots=True)
class Absence:
    """A participant without a connection: since when, and until when (in seconds) he may come back."""

    since: datetime
    until: float


class Ended:
    """Connections that ended lately. A call may outlive its connection by a minute; ids never come back."""

    KEPT = 90.0

    def __init__(self) -> None:
        self._at: dict[str, float] = {}

    def __contains__(self, client: str) -> bool:
        return client in self._at

    def add(self, client: str, now: float) -> None:
        """This connection is over. Forgets those that ended long ago: they stand first."""
        self._at[client] = now
        while (first := next(iter(self._at))) and self._at[first] < now - self.KEPT:
            del self._at[first]


class Attendance:
    """Keeps the waiting room true. `run` must be running; the other methods never block."""

    def __init__(
        self,
        *,
        closing: Closing,
        clock: Callable[[], datetime],
        seconds: Callable[[], float],
        rhythm: Rhythm | None = None,
    ) -> None:
        self._closing = closing
        self._clock = clock
        self._seconds = seconds
        self._rhythm = rhythm or Rhythm()
        self._rooms: dict[
            UUID, UUID
        ] = {}  # by participant, for those with a connection or in grace
        self._clients: dict[UUID, set[str]] = {}  # by participant
        self._seats: dict[str, set[UUID]] = {}  # participants by connection
        self._due: dict[UUID, Absence] = {}  # by participant
        self._ended = Ended()

    def entered(self, client: str, *, room: UUID, participant: UUID) -> None:
        """This connection stands for this participant from now on."""
        self._rooms[participant] = room
        if client in self._ended:
            if not self._clients.get(participant):
                self._due[participant] = self._absence()
            return
        self._clients.setdefault(participant, set()).add(client)
        self._seats.setdefault(client, set()).add(participant)
        self._due.pop(participant, None)

    def left(self, participant: UUID) -> None:
        """He is in no more, by his own word: no connection stands for him."""
        for client in self._clients.pop(participant, set()):
            self._seats.get(client, set()).discard(participant)
        self._forget(participant)

    def gone(self, identity: Identity) -> None:
        """A connection ended: the hub's `on_disconnect`."""
        self._ended.add(identity.client, self._seconds())
        for participant in self._seats.pop(identity.client, set()):
            self._clients[participant].discard(identity.client)
            if not self._clients[participant]:
                del self._clients[participant]
                self._due[participant] = self._absence()

    async def run(self) -> None:
        """Dismiss, renew and sweep until cancelled. The first sweep comes at once: there may have been a crash."""
        renew_at = sweep_at = self._seconds()
        while True:
            now = self._seconds()
            await self._dismiss_due(now)
            if now >= renew_at:
                renew_at = now + self._rhythm.renew
                await self._renew()
            if now >= sweep_at:
                sweep_at = now + self._rhythm.sweep
                await kept(self._closing.sweep())
            await asyncio.sleep(self._rhythm.tick)

    async def _renew(self) -> None:
        if self._clients:
            await kept(self._closing.renew(list(self._clients)))

    async def _dismiss_due(self, now: float) -> None:
        due = [
            (participant, absence)
            for participant, absence in self._due.items()
            if absence.until <= now
        ]
        for participant, absence in due:
            if self._due.get(participant) is not absence:
                continue  # he came back, or left, while another was dismissed
            room = self._rooms[participant]
            self._forget(participant)
            await kept(self._closing.dismiss(room, participant, unvouched_since=absence.since))

    def _absence(self) -> Absence:
        return Absence(since=self._clock(), until=self._seconds() + self._rhythm.grace)

    def _forget(self, participant: UUID) -> None:
        self._rooms.pop(participant, None)
        self._due.pop(participant, None)
