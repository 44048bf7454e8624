"""Clients that connect, move, restart, fall silent, lie and flood: over real sockets, against a worker."""

import asyncio
import os
import random
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import aioice.ice
import pytest
from aioice import stun
from aiortc import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceCandidate,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceTransport,
)
from aiortc.rtp import RtpPacket

from media.errors import MediaRefused
from media.ice import MAX_ADDRESSES
from media.options import Timing
from media.throttle import BURST, PER_SOURCE

Soon = Callable[..., Awaitable[None]]


@pytest.mark.asyncio
async def test_the_stock_ice_and_dtls_of_aiortc_connect(
    stage: Any, soon: Soon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
    subscriber = await stage.peer(receive=True)
    made = await stage.control.create_transport(
        transport="stock", room="room", participant="p", send=True, receive=False
    )
    ice = RTCIceTransport(RTCIceGatherer(iceServers=[]))
    await ice.iceGatherer.gather()
    ice._connection.ice_controlling = True
    candidate = made["iceCandidates"][0]
    await ice.addRemoteCandidate(
        RTCIceCandidate(
            component=1,
            foundation=candidate["foundation"],
            ip=candidate["ip"],
            port=candidate["port"],
            priority=candidate["priority"],
            protocol="udp",
            type="host",
        )
    )
    await ice.addRemoteCandidate(None)
    credentials = made["iceParameters"]
    await ice.start(
        RTCIceParameters(
            usernameFragment=credentials["usernameFragment"],
            password=credentials["password"],
            iceLite=True,
        )
    )
    dtls = RTCDtlsTransport(ice, [RTCCertificate.generateCertificate()])
    dtls._set_role("client")
    ours = [
        {"algorithm": item.algorithm, "value": item.value}
        for item in dtls.getLocalParameters().fingerprints
    ]
    await stage.control.connect_transport("stock", {"role": "client", "fingerprints": ours})
    theirs = [RTCDtlsFingerprint(**item) for item in made["dtlsParameters"]["fingerprints"]]
    await dtls.start(RTCDtlsParameters(fingerprints=theirs))
    assert (ice.state, dtls.state) == ("completed", "connected")
    assert dtls._ssl is not None
    assert dtls._ssl.get_selected_srtp_profile() == b"SRTP_AEAD_AES_256_GCM"
    track = await stage.publish(subscriber, "audio")
    track.peer, track.id = None, "own"
    await stage.control.produce(
        producer="own",
        transport="stock",
        kind="audio",
        rtp_parameters={
            "mid": "0",
            "codecs": [
                {"mimeType": "audio/opus", "payloadType": 9, "clockRate": 48000, "channels": 2}
            ],
            "encodings": [{"ssrc": 5}],
        },
        paused=False,
    )
    await stage.subscribe(subscriber, track)
    packet = RtpPacket(payload_type=9, sequence_number=1, timestamp=1, ssrc=5, payload=b"stock")
    await dtls._send_rtp(packet.serialize())
    await soon(lambda: subscriber.rtp)
    assert subscriber.rtp[0].payload == b"stock"
    await dtls.stop()
    await ice.stop()
    await soon(lambda: stage.events_of("transport-closed"))
    assert stage.events_of("transport-closed")[0]["reason"] == "peer"


@pytest.mark.asyncio
async def test_a_client_who_moves_keeps_his_call(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher, "audio")
    await stage.subscribe(subscriber, track)
    publisher.migrate()
    subscriber.migrate()
    await track.send(1)  # from an address that nobody vouched for
    await soon(lambda: stage.worker.around.counters.stray)
    await publisher.check()
    await subscriber.check(nominate=False)  # heard, not yet chosen
    await track.send(2)
    await soon(lambda: stage.worker.router.producers[track.id].packets == 1)
    assert subscriber.rtp == []
    await subscriber.check()
    await track.send(3, payload=b"moved")
    await soon(lambda: subscriber.rtp)
    assert subscriber.rtp[0].payload == b"moved"


@pytest.mark.asyncio
async def test_a_restart_holds_both_credentials_until_the_new_ones_are_used(stage: Any) -> None:
    peer = await stage.peer(send=True)
    old = peer.ice
    skipped = await stage.control.restart_ice(peer.id)
    new = await stage.control.restart_ice(peer.id)
    assert len({item["usernameFragment"] for item in (old, skipped, new)}) == 3
    await peer.check(ice=skipped, answered=False)  # replaced before it was used
    await peer.check(ice=old)
    await peer.check(ice=new)
    await peer.check(ice=old, answered=False)
    assert new["iceLite"] is True


@pytest.mark.asyncio
async def test_only_signed_checks_of_known_clients_are_answered(stage: Any) -> None:
    peer = await stage.stranger(send=True)
    fragment = peer.ice["usernameFragment"]
    await peer.check(ice={"usernameFragment": fragment, "password": "x" * 24}, answered=False)
    await peer.check(
        ice={"usernameFragment": "unknown1", "password": peer.ice["password"]}, answered=False
    )
    conflict = await peer.check(role="ICE-CONTROLLED")
    assert conflict.message_class == stun.Class.ERROR
    assert conflict.attributes["ERROR-CODE"][0] == 487
    success = await peer.check()
    assert success.attributes["XOR-MAPPED-ADDRESS"] == peer.socket.getsockname()
    assert "FINGERPRINT" in success.attributes
    assert stage.worker.around.agents.refused == 2


@pytest.mark.asyncio
async def test_a_clients_addresses_are_bounded_and_the_chosen_one_is_kept(
    stage: Any, soon: Soon
) -> None:
    peer = await stage.peer()
    agent = stage.worker.router.transports[peer.id].ice
    chosen = agent.selected
    first, sockets = peer.socket, []
    for _ in range(MAX_ADDRESSES + 3):
        peer.socket = peer.new_socket()
        sockets.append(peer.socket)
        await peer.check(nominate=False)
    assert len(agent.ways) == MAX_ADDRESSES
    assert agent.selected == chosen
    assert chosen in agent.ways
    peer.socket = first
    for sock in sockets:
        asyncio.get_running_loop().remove_reader(sock.fileno())
        sock.close()
    await stage.control.close_transport(peer.id)
    await soon(lambda: all(not door.routes for door in stage.worker.mux.doors))


@pytest.mark.asyncio
async def test_an_address_in_use_is_not_taken_by_another_client(stage: Any) -> None:
    holder, thief = await stage.peer(), await stage.stranger()
    original = thief.socket
    thief.socket = holder.socket
    await thief.check(answered=False)
    thief.socket = original
    await holder.check()
    agent = stage.worker.router.transports[holder.id].ice
    agent.ways = {way: since - 60 for way, since in agent.ways.items()}  # long silent
    thief.socket = holder.socket
    holder.answers = thief.answers
    await thief.check()
    thief.socket = original
    assert agent.selected is None


@pytest.mark.asyncio
async def test_who_falls_silent_is_disconnected_and_then_closed(
    make_stage: Any, soon: Soon
) -> None:
    stage = await make_stage(Timing(disconnected=0.3, expired=3.0, reports=0.02))
    peer = await stage.peer("silent", send=True)
    await soon(
        lambda: {"silent"} == {item["participant"] for item in stage.events_of("transport-state")}
    )
    await soon(lambda: stage.events_of("transport-state")[-1]["state"] == "disconnected")
    await peer.check()
    await soon(lambda: stage.events_of("transport-state")[-1]["state"] == "connected")
    await soon(lambda: stage.events_of("transport-closed"))
    assert stage.events_of("transport-closed") == [
        {"transport": peer.id, "room": "room", "participant": "silent", "reason": "consent"}
    ]
    assert stage.worker.router.transports == stage.worker.router.rooms == {}


@pytest.mark.asyncio
async def test_a_handshake_that_never_begins_or_never_ends_closes_the_transport(
    make_stage: Any, soon: Soon
) -> None:
    stage = await make_stage(Timing(expired=2.0, handshake=1.0))
    fingerprint = {"algorithm": "sha-256", "value": "AA"}
    theirs = {"role": "client", "fingerprints": [fingerprint]}
    for first in (b"", b"\x16 no handshake"):
        peer = await stage.stranger()
        await stage.control.connect_transport(peer.id, theirs)
        with pytest.raises(MediaRefused, match="wrong-state"):
            await stage.control.connect_transport(peer.id, theirs)
        if first:
            await peer.check()
            peer.raw(first)
    await soon(lambda: len(stage.events_of("transport-closed")) == 2)
    assert {item["reason"] for item in stage.events_of("transport-closed")} <= {
        "handshake",
        "consent",
    }


@pytest.mark.asyncio
async def test_another_certificate_than_announced_is_refused(stage: Any, soon: Soon) -> None:
    peer = await stage.stranger()
    await peer.check()
    wrong = {"algorithm": "sha-256", "value": ":".join(["00"] * 32)}
    await stage.control.connect_transport(peer.id, {"role": "client", "fingerprints": [wrong]})
    theirs = [RTCDtlsFingerprint(**item) for item in peer.fingerprints]
    await peer.dtls.start(RTCDtlsParameters(fingerprints=theirs))
    await soon(lambda: stage.events_of("transport-closed"))
    assert stage.events_of("transport-closed")[0]["reason"] == "handshake"
    with pytest.raises(MediaRefused, match="not-found"):
        await stage.control.restart_ice(peer.id)


@pytest.mark.asyncio
async def test_a_client_who_would_be_the_dtls_server_is_refused(stage: Any) -> None:
    peer = await stage.stranger()
    fingerprint = {"algorithm": "sha-256", "value": "AA"}
    with pytest.raises(MediaRefused, match="unsupported"):
        await stage.control.connect_transport(
            peer.id, {"role": "server", "fingerprints": [fingerprint]}
        )


@pytest.mark.asyncio
async def test_hostile_datagrams_harm_nobody(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher, "audio")
    await stage.subscribe(subscriber, track)
    await track.send(1)
    await soon(lambda: subscriber.rtp)
    dice = random.Random(7)
    hostile = [
        b"",
        b"\x80" * 1602,
        b"\x80" * 100,
        b"\x00",
        b"\x01\x01",
        b"\x16\xfe",
        b"\xff",
        b"\x50",
    ]
    hostile += [b"\x80", b"\x80\xc8", b"\x80\xc8" + bytes(30), b"\x90" + bytes(40)]
    check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    check.attributes["USERNAME"] = publisher.ice["usernameFragment"] + ":us"
    check.add_message_integrity(b"wrong")
    hostile += [bytes(check)[:size] for size in range(len(bytes(check)) + 1)]
    hostile += [dice.randbytes(dice.randrange(1500)) for _ in range(300)]
    hostile += [bytes([first]) + dice.randbytes(60) for first in range(256)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for index, data in enumerate(hostile):
            stranger.sendto(data, publisher.server)
            publisher.raw(data)  # the same from an address that was vouched for
            if index % 20 == 0:
                await asyncio.sleep(0.002)
    await track.send(2, payload=b"unharmed")
    await soon(lambda: subscriber.rtp[-1].payload == b"unharmed")
    counters = stage.worker.around.counters
    assert counters.stray > 100
    assert counters.forged > 100
    assert counters.misshapen > 10
    assert stage.events_of("transport-closed") == []
    assert subscriber.answers[1:] == []


@pytest.mark.asyncio
async def test_a_replayed_packet_is_not_forwarded_twice(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher, "audio")
    await stage.subscribe(subscriber, track)
    protected = publisher.dtls._tx_srtp.protect(track.packet(1))
    for _ in range(3):
        publisher.raw(protected)
    report = publisher.dtls._tx_srtp.protect_rtcp(b"\x80\xc9\x00\x01\x00\x00\x00\x01")
    for _ in range(3):
        publisher.raw(report)
    await track.send(2)
    await soon(lambda: len(subscriber.rtp) == 2)
    assert stage.worker.around.counters.forged == 4
    assert stage.worker.router.producers[track.id].packets == 2


@pytest.mark.asyncio
async def test_a_participant_cannot_fill_the_memory_with_ssrcs(stage: Any, soon: Soon) -> None:
    publisher = await stage.peer(send=True)
    track = await stage.publish(publisher, "audio", mid="a")
    other = await stage.publish(publisher, "audio", mid="b")
    counters = stage.worker.around.counters
    for ssrc in range(50_000, 50_100):
        await publisher.send(track.packet(1, ssrc=ssrc))
        await publisher.send(b"\x80\xc9\x00\x01" + ssrc.to_bytes(4, "big"))
    await soon(lambda: counters.unrouted == 100)
    await other.send(1)
    await soon(lambda: stage.worker.router.producers[other.id].packets == 1)
    assert len(stage.worker.router.transports[publisher.id].keys._known) <= 64


@pytest.mark.asyncio
async def test_strangers_checks_are_throttled_and_those_of_clients_are_not(
    stage: Any, soon: Soon
) -> None:
    peer, newcomer = await stage.peer(), await stage.stranger()
    mux = stage.worker.mux

    await _flood("nobody", peer.server)
    await soon(lambda: mux.agents.refused >= 200)
    assert mux.throttle.refused == 0
    await newcomer.check()  # from the same address: strangers' noise took nothing from it
    await _flood(peer.ice["usernameFragment"], peer.server)
    await soon(lambda: mux.throttle.refused)
    await peer.check()


async def _flood(name: str, server: tuple[str, int]) -> None:
    """More checks than one network may send; of wrong integrity."""
    check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    check.attributes["USERNAME"] = f"{name}:us"
    check.add_message_integrity(b"wrong")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for index in range(int(PER_SOURCE * BURST) + 200):
            stranger.sendto(bytes(check), server)
            if index % 20 == 0:
                await asyncio.sleep(0.001)


@pytest.mark.asyncio
async def test_datagrams_of_a_handshake_are_bounded(stage: Any, soon: Soon) -> None:
    peer = await stage.stranger()
    await peer.check()
    for _ in range(100):
        peer.raw(b"\x16" + os.urandom(50))
    await soon(lambda: stage.worker.around.counters.overflowed >= 36)


@pytest.mark.asyncio
async def test_a_full_buffer_loses_a_datagram_and_nothing_else(stage: Any) -> None:
    door = stage.worker.mux.doors[0]
    door.send(b"x", ("0.0.0.0", 0))
    assert stage.worker.around.counters.unsent == 1
