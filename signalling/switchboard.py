"""Every call of this gateway: who is in, by which session, and that nobody else is.

The state of a call lives here and on the media worker, not in the database: it is worth what the connections are worth.
It converges (docs/decisions/0009): each change publishes the whole of it, and a new epoch tells pages to start anew.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from hub.authorizer import Identity
from media.errors import MediaUnavailable
from protocol.claims import Claims
from protocol.pushes import CallChanged
from rooms.attendance import Ended
from rooms.departures import Departure
from rooms.errors import NotAdmitted, Removed
from rooms.queries import check_guest
from rooms.repository import Seat
from signalling.announcer import Announcer, Publish
from signalling.call import Call
from signalling.errands import Errands
from signalling.errors import CallNotAdmitted, CallUnavailable, SessionReplaced, SessionUnknown
from signalling.peer import Peer
from signalling.placement import Placement

log = logging.getLogger(__name__)

Admitted = Callable[[Claims, UUID], Awaitable[Seat]]
"""`rooms.admission.Admission.member`: his seat if he is inside, or why he is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Waits, in seconds."""

    connection: float = 15.0
    """For a session whose connection ended: a page on a train comes back within it, its call still running."""

    tick: float = 0.5
    """Between looks at who is lost and what is left to close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A session in a call. `adopted`: it is the one the page had before, its transports still run."""

    peer: Peer
    adopted: bool
    capabilities: Mapping[str, Any]
    state: CallChanged


class Switchboard:
    """Joins, finds and drops sessions. `run` must be running: it publishes, and sees to who is lost."""

    def __init__(
        self,
        *,
        placement: Placement,
        admitted: Admitted,
        seconds: Callable[[], float],
        epoch: Callable[[], str],
        patience: Patience | None = None,
    ) -> None:
        self.placement = placement
        self.errands = Errands(placement)
        self._admitted = admitted
        self._seconds = seconds
        self._patience = patience or Patience()
        self._announcer = Announcer(epoch=epoch)
        self._calls: dict[UUID, Call] = {}
        self._clients: dict[str, set[Peer]] = {}
        self._ended = Ended()
        placement.listen(self.heard)

    async def join(
        self, client: str, claims: Claims, room: UUID, *, session: UUID | None
    ) -> Joined:
        """Go on with `session` if it is his and alive; otherwise begin one, which takes over from any older one.

        Raises NotFound, RoomEnded, CallNotAdmitted, CallUnavailable, SessionReplaced.
        """
        seat = await self._inside(claims, room)
        capabilities = await self._capabilities(room)
        peer, adopted = self._seated(client, seat, session)
        await self.errands.run()
        # Asked again now that he is registered: whoever was removed in between was not found by `departed`.
        try:
            await self._inside(claims, room)
        except BaseException:
            await self._expel(peer)
            raise
        if peer.closed:
            raise SessionReplaced
        return Joined(peer=peer, adopted=adopted, capabilities=capabilities, state=self.state(room))

    def find(self, claims: Claims, room: UUID, session: UUID) -> Peer:
        """The caller's session. Raises NotFound, SessionUnknown, SessionReplaced."""
        check_guest(claims, room)
        return self._found(room, claims.person, session)[1]

    def check(self, peer: Peer) -> Call:
        """The call that this session is still of. Raises SessionUnknown, SessionReplaced."""
        return self._found(peer.room, peer.person, peer.session)[0]

    def forget_transport(self, peer: Peer, transport: UUID) -> None:
        """A transport is closed: what came by it is no longer there for anybody."""
        gone = peer.drop_transport(transport)
        if gone and not peer.closed:
            self._calls[peer.room].forget(gone)
            self.changed(peer.room)

    def state(self, room: UUID) -> CallChanged:
        """What those in the room see of the call."""
        call = self._calls.get(room)
        return self._announcer.state(room, () if call is None else call.callers())

    def changed(self, room: UUID) -> None:
        """Something that others see has changed: tell them. A call without peers is forgotten."""
        call = self._calls.get(room)
        callers = () if call is None else call.callers()
        self._announcer.tell(room, callers)
        if not callers:
            self._calls.pop(room, None)

    async def leave(self, peer: Peer) -> None:
        """He hangs up."""
        await self._expel(peer)

    async def departed(self, departure: Departure) -> None:
        """He is no longer inside the room: a listener of rooms.departures."""
        call = self._calls.get(departure.room)
        peer = None if call is None else call.of_participant(departure.participant)
        if peer is not None:
            await self._expel(peer)

    def gone(self, identity: Identity) -> None:
        """A connection ended: the hub's `on_disconnect`. Its sessions have a while to be adopted by another."""
        now = self._seconds()
        self._ended.add(identity.client, now)
        for peer in self._clients.pop(identity.client, set()):
            peer.lost_at = now

    def heard(self, name: str, fields: Mapping[str, Any]) -> None:
        """A media worker's event (media/control.py)."""
        if name == "transport-closed":
            self._transport_closed(fields)
        elif name == "worker-lost":
            self._worker_lost()
        elif name == "worker-back" and fields["restarted"]:
            self.errands.clear()

    async def run(self, publish: Publish) -> None:
        """Publish states by `publish` and keep order, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._announcer.run(publish), name="call states")
            tasks.create_task(self._keep(), name="calls kept")

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._patience.tick)
            since = self._seconds() - self._patience.connection
            for peer in [peer for call in self._calls.values() for peer in call.peers]:
                if peer.lost_at is not None and peer.lost_at <= since:
                    self._drop(peer)
            await self.errands.run()

    async def _inside(self, claims: Claims, room: UUID) -> Seat:
        try:
            return await self._admitted(claims, room)
        except (NotAdmitted, Removed) as refusal:
            raise CallNotAdmitted(refusal.detail) from None

    async def _capabilities(self, room: UUID) -> Mapping[str, Any]:
        try:
            return await self.placement.worker_of(room).capabilities()
        except MediaUnavailable:
            raise CallUnavailable from None

    def _found(self, room: UUID, person: UUID, session: UUID) -> tuple[Call, Peer]:
        call = self._calls.get(room)
        if call is None:
            raise SessionUnknown
        return call, call.of_session(person, session)

    def _seated(self, client: str, seat: Seat, session: UUID | None) -> tuple[Peer, bool]:
        """His session, his own again or a new one, on this connection."""
        call = self._calls.setdefault(seat.room, Call(seat.room))
        peer = call.of_participant(seat.participant.id)
        adopted = peer is not None and peer.session == session
        if peer is None or not adopted:
            if peer is not None:
                self._detach(peer)
            peer = self._begun(client, call, seat)
        self._attach(peer, client)
        return peer, adopted

    def _begun(self, client: str, call: Call, seat: Seat) -> Peer:
        peer = Peer(
            room=seat.room,
            session=uuid4(),
            participant=seat.participant.id,
            person=seat.participant.person,
            name=seat.participant.name,
            client=client,
        )
        old = call.add(peer)
        if old is not None:
            self.errands.add(old.room, transports=old.transports)
        self.changed(call.room)
        return peer

    def _attach(self, peer: Peer, client: str) -> None:
        """This connection stands for the session from now on."""
        self._detach(peer)
        peer.client = client
        if client in self._ended:
            peer.lost_at = self._seconds()
            return
        peer.lost_at = None
        self._clients.setdefault(client, set()).add(peer)

    def _detach(self, peer: Peer) -> None:
        peers = self._clients.get(peer.client)
        if peers is not None:
            peers.discard(peer)
            if not peers:
                del self._clients[peer.client]

    def _drop(self, peer: Peer) -> None:
        """He is no longer in the call, and his transports are to be closed."""
        self._detach(peer)
        if peer.closed:
            return
        self._calls[peer.room].drop(peer)
        self.errands.add(peer.room, transports=peer.transports)
        self.changed(peer.room)

    async def _expel(self, peer: Peer) -> None:
        self._drop(peer)
        await self.errands.run()

    def _transport_closed(self, fields: Mapping[str, Any]) -> None:
        call = self._calls.get(UUID(fields["room"]))
        peer = None if call is None else call.of_participant(UUID(fields["participant"]))
        transport = UUID(fields["transport"])
        if call is None or peer is None or transport not in peer.transports:
            return  # of a session that was replaced meanwhile
        self.forget_transport(peer, transport)

    def _worker_lost(self) -> None:
        """Nothing of what was is left, as far as anybody can tell: everybody joins anew."""
        self._announcer.new_epoch()
        log.warning("media worker lost", extra={"calls": len(self._calls)})
        for peer in [peer for call in self._calls.values() for peer in call.peers]:
            self._drop(peer)
