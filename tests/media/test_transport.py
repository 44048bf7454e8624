import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from pylibsrtp import Session

from media import rtcp
from media.draw import SecretDraw
from media.ice import Agents
from media.options import Timing
from media.srtp import Keys
from media.transport import Surroundings, Transport
from protocol.calls import DtlsParameters, Fingerprint

Soon = Callable[..., Awaitable[None]]
KEY, DELTA = b"\x10\x00", b"\x10\x01"


def transport() -> Transport:
    draw = SecretDraw()
    around = Surroundings(epoch=0.0, draw=draw, max_bitrate=1, agents=Agents(draw.text))
    return Transport("t", room="r", participant="p", around=around, handshake=lambda *_: True)


def test_before_the_handshake_nothing_is_taken_and_nothing_sent() -> None:
    made = transport()
    made.send = made.receive = True
    made.receive_media(100, 0.0)
    assert made._around.counters.forged == 1
    made.report(0.0)
    made.send_rtcp(b"")
    assert made._around.counters.unsent == 0


def test_what_srtcp_refuses_is_counted() -> None:
    made = transport()
    made.keys = Keys(Session(), Session())  # they know no stream
    made.send_rtcp(rtcp.goodbye([1]))
    assert made._around.counters.unsent == 1


def test_credentials_are_drawn_until_they_are_new() -> None:
    texts: Iterator[str] = iter(("same", "a", "same", "other", "b"))
    agents = Agents(lambda _: next(texts))
    owner = transport()
    first, second = agents.open(owner), agents.open(owner)
    assert [item.credentials[0].username_fragment for item in (first, second)] == ["same", "other"]


@pytest.mark.asyncio
async def test_a_subscriber_may_consume_before_he_connects(stage: Any, soon: Soon) -> None:
    """The order of mediasoup-client: the first consumer makes its transport connect."""
    publisher, subscriber = await stage.peer(send=True), await stage.stranger(receive=True)
    track = await stage.publish(publisher)
    await stage.subscribe(subscriber, track)
    await track.send(1, payload=KEY)
    producer = stage.worker.router.producers[track.id]
    await soon(lambda: producer.packets == 1)
    assert not producer.active
    await subscriber.connect()
    await soon(lambda: producer.active)
    await track.send(2, payload=KEY)
    await soon(lambda: subscriber.rtp)


@pytest.mark.asyncio
async def test_a_consumer_of_an_unconnected_subscriber_is_closed_without_a_word(stage: Any) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.stranger(receive=True)
    made = await stage.subscribe(subscriber, await stage.publish(publisher))
    await stage.control.close_consumer(made["id"])
    assert stage.worker.router.consumers == {}


@pytest.mark.asyncio
async def test_without_a_grant_there_are_no_reports_either(make_stage: Any, soon: Soon) -> None:
    stage = await make_stage(Timing(reports=0.05, tick=0.01))
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher, "audio")
    await stage.subscribe(subscriber, track)
    await track.send(1)
    await soon(lambda: publisher.rtcp and subscriber.rtcp)
    for peer in (publisher, subscriber):
        await stage.control.grant(peer.id, send=False, receive=False)
    await soon(lambda: not stage.worker.router.producers[track.id].active)
    before = stage.worker.around.counters.sent
    for made in stage.worker.router.transports.values():
        made.report(asyncio.get_running_loop().time())
        made.feedback(asyncio.get_running_loop().time())
    assert stage.worker.around.counters.sent == before
    await stage.control.close_consumer(next(iter(stage.worker.router.consumers)))
    assert stage.worker.around.counters.sent == before


@pytest.mark.asyncio
async def test_what_nobody_wants_asks_nothing_of_the_publisher(stage: Any, soon: Soon) -> None:
    publisher, subscriber = await stage.peer(send=True), await stage.peer(receive=True)
    track = await stage.publish(publisher)
    made = await stage.subscribe(subscriber, track, resume=False)
    ssrc = made["rtpParameters"]["encodings"][0]["ssrc"]
    await subscriber.send(rtcp.picture_loss(1, ssrc) + rtcp.picture_loss(1, 7))
    await subscriber.send(rtcp.nack(1, ssrc, [1]))
    await subscriber.send(rtcp.remb(1, 5_000, [ssrc]))
    await soon(lambda: stage.worker.router.transports[subscriber.id].remb)
    assert not stage.worker.router.producers[track.id].key_frames.wanted
    report = rtcp.SenderReport(ssrc=1, ntp=1, timestamp=1, packets=0, octets=0)
    await publisher.send(rtcp.sender_report(report))
    await publisher.send(rtcp.goodbye([track.ssrc]))
    await publisher.send(rtcp.remb(1, 7_000, []))
    await soon(lambda: stage.worker.router.transports[publisher.id].remb)


@pytest.mark.asyncio
async def test_a_handshake_that_ends_as_the_transport_closes_connects_nobody(stage: Any) -> None:
    peer = await stage.stranger()
    router = stage.worker.router
    closed = router.transports[peer.id]
    await stage.control.close_transport(peer.id)
    router._connected(closed, Keys(Session(), Session()))
    router.expire(closed, "peer")
    assert stage.events == []


@pytest.mark.asyncio
async def test_a_datagram_for_a_handshake_that_is_gone_is_not_taken(stage: Any) -> None:
    assert not stage.worker.router.handshakes.receive("gone", b"\x16")
    theirs = DtlsParameters(
        role="client", fingerprints=(Fingerprint(algorithm="sha-256", value="A"),)
    )
    peer = await stage.stranger()
    stage.worker.router.connect_transport(peer.id, theirs)
    await stage.control.close_transport(peer.id)
    await stage.worker.router.handshakes.settle()
    assert stage.events == []
