"""One room's call: its peers, one a participant, and what each may receive. Pure bookkeeping."""

from uuid import UUID

from protocol.pushes import Caller
from signalling.errors import PartUnknown, SessionReplaced, SessionUnknown
from signalling.peer import Peer


class Call:
    """The peers of a room."""

    __slots__ = ("_peers", "room")

    def __init__(self, room: UUID) -> None:
        self.room = room
        self._peers: dict[UUID, Peer] = {}

    @property
    def peers(self) -> list[Peer]:
        """All of them, in the order in which they joined."""
        return list(self._peers.values())

    def callers(self) -> tuple[Caller, ...]:
        """As those in the room see it."""
        return tuple(peer.caller() for peer in self._peers.values())

    def of_participant(self, participant: UUID) -> Peer | None:
        """His peer, if he is in the call."""
        return self._peers.get(participant)

    def of_session(self, person: UUID, session: UUID) -> Peer:
        """This person's session. Raises SessionReplaced if he has a newer one, SessionUnknown if he has none."""
        peer = next((peer for peer in self._peers.values() if peer.person == person), None)
        if peer is None:
            raise SessionUnknown
        if peer.session != session:
            raise SessionReplaced
        return peer

    def add(self, peer: Peer) -> Peer | None:
        """Let a peer in. His older session goes, and is returned."""
        old = self._peers.get(peer.participant)
        if old is not None:
            self.drop(old)
        self._peers[peer.participant] = peer
        return old

    def drop(self, peer: Peer) -> None:
        """He is no longer of the call, and nobody receives him."""
        peer.closed = True
        del self._peers[peer.participant]
        self.forget(list(peer.tracks))

    def forget(self, producers: list[UUID]) -> None:
        """These producers are closed: nobody receives them any more."""
        for peer in self._peers.values():
            peer.drop_producers(producers)

    def receivable(self, producer: UUID, *, by: Peer) -> None:
        """Whether a peer may have this producer: of the same call, and not his own. Raises PartUnknown."""
        for peer in self._peers.values():
            track = peer.tracks.get(producer)
            if track is not None and track.shown and peer is not by:
                return
        raise PartUnknown
