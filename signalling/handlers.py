"""The RPC methods `call.*`: ORTC objects as mediasoup-client has them, checked on their way in."""

from collections.abc import Mapping
from typing import Literal, cast
from uuid import UUID, uuid4

from hub.dispatch import Caller, Handler
from protocol.calls import DtlsParameters, Kind, RtpCapabilities, RtpParameters, read_kind
from protocol.errors import BadRequest
from protocol.pushes import Producer
from rooms.handlers import DONE, signed
from rooms.params import Params, flag, identifier
from signalling.peer import Direction, Peer
from signalling.sessions import Sessions
from signalling.switchboard import Switchboard

Source = Literal["microphone", "camera", "screen"]

SOURCES: Mapping[Source, tuple[Kind, ...]] = {
    "microphone": ("audio",),
    "camera": ("video",),
    "screen": ("video", "audio"),
}
"""Where a track comes from, and what it can be."""


def methods(board: Switchboard) -> Mapping[str, Handler]:
    """The table for the dispatcher. Every method asks for `room`, all but `call.join` for `session` too."""
    rpc = _Methods(board, Sessions(board))
    return {
        "call.join": rpc.join,
        "call.leave": rpc.leave,
        "call.transport": rpc.transport,
        "call.connect": rpc.connect,
        "call.restart": rpc.restart,
        "call.produce": rpc.produce,
        "call.consume": rpc.consume,
        "call.pause": rpc.pause,
        "call.resume": rpc.resume,
        "call.close": rpc.close,
    }


class _Methods:
    def __init__(self, board: Switchboard, sessions: Sessions) -> None:
        self._board = board
        self._sessions = sessions

    async def join(self, caller: Caller, params: Params) -> object:
        """`{room, session?}` -> {session, adopted, routerRtpCapabilities, iceServers, state}."""
        room = identifier(params, "room")
        session = None if params.get("session") is None else identifier(params, "session")
        joined = await self._board.join(caller.client, signed(caller), room, session=session)
        return {
            "session": joined.peer.session,
            "adopted": joined.adopted,
            "routerRtpCapabilities": joined.capabilities,
            "iceServers": [],
            "state": joined.state,
        }

    async def leave(self, caller: Caller, params: Params) -> object:
        """`{room, session}` -> {}."""
        await self._board.leave(self._peer(caller, params))
        return DONE

    async def transport(self, caller: Caller, params: Params) -> object:
        """`{room, session, direction}` -> {id, iceParameters, iceCandidates, dtlsParameters}."""
        direction = params.get("direction")
        if direction not in ("send", "recv"):
            raise BadRequest("direction: send or recv is needed.")
        peer = self._peer(caller, params)
        return await self._sessions.transport(peer, cast("Direction", direction))

    async def connect(self, caller: Caller, params: Params) -> object:
        """`{room, session, transport, dtlsParameters}` -> {}."""
        transport = identifier(params, "transport")
        dtls = DtlsParameters.read(params.get("dtlsParameters"))
        await self._sessions.connect(self._peer(caller, params), transport, dtls)
        return DONE

    async def restart(self, caller: Caller, params: Params) -> object:
        """`{room, session, transport}` -> {iceParameters}."""
        transport = identifier(params, "transport")
        peer = self._peer(caller, params)
        return {"iceParameters": await self._sessions.restart(peer, transport)}

    async def produce(self, caller: Caller, params: Params) -> object:
        """`{room, session, transport, kind, source, rtpParameters, paused}` -> {id}."""
        transport, producer = identifier(params, "transport"), _producer(params)
        rtp = RtpParameters.read(params.get("rtpParameters"))
        await self._sessions.produce(self._peer(caller, params), transport, producer, rtp)
        return {"id": producer.id}

    async def consume(self, caller: Caller, params: Params) -> object:
        """`{room, session, transport, producer, rtpCapabilities}` -> {id, producerId, kind, rtpParameters}."""
        transport, producer = identifier(params, "transport"), identifier(params, "producer")
        capabilities = RtpCapabilities.read(params.get("rtpCapabilities"))
        peer = self._peer(caller, params)
        return await self._sessions.consume(peer, transport, producer, capabilities)

    async def pause(self, caller: Caller, params: Params) -> object:
        """`{room, session, producer | consumer}` -> {}."""
        return await self._paused(caller, params, paused=True)

    async def resume(self, caller: Caller, params: Params) -> object:
        """`{room, session, producer | consumer}` -> {}."""
        return await self._paused(caller, params, paused=False)

    async def close(self, caller: Caller, params: Params) -> object:
        """`{room, session, producer | consumer}` -> {}."""
        part, id = _part(params)
        sessions, peer = self._sessions, self._peer(caller, params)
        close = sessions.close_producer if part == "producer" else sessions.close_consumer
        await close(peer, id)
        return DONE

    async def _paused(self, caller: Caller, params: Params, *, paused: bool) -> object:
        part, id = _part(params)
        sessions, peer = self._sessions, self._peer(caller, params)
        step = sessions.pause_producer if part == "producer" else sessions.pause_consumer
        await step(peer, id, paused=paused)
        return DONE

    def _peer(self, caller: Caller, params: Params) -> Peer:
        room, session = identifier(params, "room"), identifier(params, "session")
        return self._board.find(signed(caller), room, session)


def _producer(params: Params) -> Producer:
    kind, paused = read_kind(params.get("kind")), flag(params, "paused")
    for source, kinds in SOURCES.items():
        if params.get("source") == source and kind in kinds:
            return Producer(id=uuid4(), kind=kind, source=source, paused=paused)
    raise BadRequest("source: microphone (audio), camera (video) or screen is needed.")


def _part(params: Params) -> tuple[str, UUID]:
    named = [part for part in ("producer", "consumer") if part in params]
    if len(named) != 1:
        raise BadRequest("producer or consumer: one of them is needed.")
    return named[0], identifier(params, named[0])
