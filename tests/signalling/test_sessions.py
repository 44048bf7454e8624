from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from media.errors import MediaRefused
from protocol.claims import Claims
from protocol.errors import BadRequest, RequestError, Unauthenticated
from protocol.shapes import InvalidCallParameters
from signalling.errors import (
    CallLimit,
    CallUnavailable,
    MediaNo,
    PartUnknown,
    SessionReplaced,
    SessionUnknown,
)
from signalling.sessions import asking
from tests.signalling import ortc
from tests.signalling.conftest import Exchange, until

pytestmark = pytest.mark.asyncio


class Page:
    """A browser page in the call, with a transport in each direction."""

    def __init__(self, exchange: Exchange, who: Claims, room: UUID) -> None:
        self.exchange = exchange
        self.who = who
        self.room = room
        self.session = ""
        self.send = ""
        self.receive = ""

    async def join(self, **params: Any) -> Any:
        joined = await self.exchange.call(self.who, "join", room=self.room, **params)
        self.session = joined["session"]
        return joined

    async def open(self) -> "Page":
        await self.join()
        self.send = (await self("transport", direction="send"))["id"]
        self.receive = (await self("transport", direction="recv"))["id"]
        return self

    async def produce(self, kind: str = "audio", source: str = "microphone") -> str:
        rtp = ortc.audio() if kind == "audio" else ortc.video()
        made = await self(
            "produce", transport=self.send, kind=kind, source=source, rtpParameters=rtp
        )
        return str(made["id"])

    async def consume(self, producer: str) -> Any:
        return await self(
            "consume",
            transport=self.receive,
            producer=producer,
            rtpCapabilities=ortc.CAPABILITIES,
        )

    async def __call__(self, method: str, **params: Any) -> Any:
        return await self.exchange.call(
            self.who, method, room=self.room, session=self.session, **params
        )


@pytest_asyncio.fixture
async def ana(exchange: Exchange, room: UUID) -> Page:
    return await Page(exchange, exchange.inside.let_in(room, "Ana"), room).open()


@pytest_asyncio.fixture
async def ravi(exchange: Exchange, room: UUID) -> Page:
    return await Page(exchange, exchange.inside.let_in(room, "Ravi"), room).open()


async def test_joining_answers_all_that_a_page_needs(exchange: Exchange, room: UUID) -> None:
    who = exchange.inside.let_in(room, "Ana")
    joined = await exchange.call(who, "join", room=room)
    assert set(joined) == {"session", "adopted", "routerRtpCapabilities", "iceServers", "state"}
    assert joined["iceServers"] == []
    mimes = {codec["mimeType"] for codec in joined["routerRtpCapabilities"]["codecs"]}
    assert mimes >= {"audio/opus", "video/VP8", "video/rtx"}
    (caller,) = joined["state"]["callers"]
    assert caller == {
        "participant": str(exchange.inside.seats[room, who.person].participant.id),
        "person": str(who.person),
        "name": "Ana",
        "session": joined["session"],
        "producers": [],
    }
    assert joined["state"]["type"] == "call.changed"


async def test_transports_are_one_in_each_direction(exchange: Exchange, room: UUID) -> None:
    page = Page(exchange, exchange.inside.let_in(room, "Ana"), room)
    await page.join()
    made = await page("transport", direction="send")
    assert set(made) == {"id", "iceParameters", "iceCandidates", "dtlsParameters"}
    await page("transport", direction="recv")
    page.send = (await page("transport", direction="send"))["id"]
    assert len((await exchange.on_worker(room))["transports"]) == 2
    with pytest.raises(PartUnknown):
        await page("connect", transport=made["id"], dtlsParameters=ortc.DTLS)
    assert await page("connect", transport=page.send, dtlsParameters=ortc.DTLS) == {}


async def test_a_new_transport_takes_its_tracks_along(ana: Page, ravi: Page, room: UUID) -> None:
    producer = await ana.produce()
    consumer = (await ravi.consume(producer))["id"]
    await ana("transport", direction="send")
    await ana.exchange.callers(room, {"name": "Ana", "producers": []}, {"name": "Ravi"})
    with pytest.raises(PartUnknown):
        await ravi("resume", consumer=consumer)


async def test_restarting_ice_gives_new_credentials(ana: Page) -> None:
    first = await ana("restart", transport=ana.send)
    second = await ana("restart", transport=ana.send)
    assert set(first["iceParameters"]) >= {"usernameFragment", "password"}
    assert first != second
    with pytest.raises(PartUnknown):
        await ana("restart", transport=uuid4())


async def test_a_track_is_published_muted_heard_and_closed(
    ana: Page, ravi: Page, room: UUID
) -> None:
    exchange, producer = ana.exchange, await ana.produce()
    shown = {"id": producer, "kind": "audio", "source": "microphone", "paused": False}
    await exchange.callers(room, {"producers": [shown]}, {"producers": []})

    consumer = await ravi.consume(producer)
    assert (consumer["producerId"], consumer["kind"]) == (producer, "audio")
    assert consumer["rtpParameters"]["codecs"][0]["mimeType"] == "audio/opus"
    assert await ravi("resume", consumer=consumer["id"]) == {}
    assert await ravi("pause", consumer=consumer["id"]) == {}

    assert await ana("pause", producer=producer) == {}
    await exchange.callers(room, {"producers": [{**shown, "paused": True}]}, {})
    assert await ana("resume", producer=producer) == {}
    await exchange.callers(room, {"producers": [shown]}, {})

    assert await ravi("close", consumer=consumer["id"]) == {}
    again = await ravi.consume(producer)
    replaced = await ravi.consume(producer)
    with pytest.raises(PartUnknown):
        await ravi("resume", consumer=again["id"])
    assert len((await exchange.on_worker(room))["consumers"]) == 1

    assert await ana("close", producer=producer) == {}
    await exchange.callers(room, {"producers": []}, {})
    for method in ("pause", "resume", "close"):
        with pytest.raises(PartUnknown):
            await ravi(method, consumer=replaced["id"])
        with pytest.raises(PartUnknown):
            await ana(method, producer=producer)
    assert (await exchange.on_worker(room))["producers"] == []


async def test_a_track_may_begin_muted(ana: Page, room: UUID) -> None:
    await ana(
        "produce",
        transport=ana.send,
        kind="video",
        source="camera",
        rtpParameters=ortc.video(),
        paused=True,
    )
    await until(lambda: ana.exchange.published.last(room)["callers"][0]["producers"])
    (shown,) = ana.exchange.published.last(room)["callers"][0]["producers"]
    assert (shown["kind"], shown["source"], shown["paused"]) == ("video", "camera", True)


async def test_at_most_four_tracks(ana: Page) -> None:
    for _ in range(4):
        await ana.produce()
    with pytest.raises(CallLimit):
        await ana.produce()


async def test_what_may_not_be_received(ana: Page, ravi: Page, exchange: Exchange) -> None:
    producer, elsewhere = await ana.produce(), uuid4()
    stranger = await Page(exchange, exchange.inside.let_in(elsewhere, "Eve"), elsewhere).open()
    for page, wanted in ((ana, producer), (stranger, producer), (ravi, str(uuid4()))):
        with pytest.raises(PartUnknown):
            await page.consume(wanted)
    for page, transport in ((ravi, ravi.send), (ravi, ana.receive), (ravi, str(uuid4()))):
        with pytest.raises(PartUnknown):
            await page(
                "consume",
                transport=transport,
                producer=producer,
                rtpCapabilities=ortc.CAPABILITIES,
            )
    with pytest.raises(PartUnknown):
        await ana(
            "produce",
            transport=ana.receive,
            kind="audio",
            source="microphone",
            rtpParameters=ortc.audio(),
        )


async def test_parts_of_others_are_out_of_reach(ana: Page, ravi: Page) -> None:
    producer = await ana.produce()
    consumer = (await ravi.consume(producer))["id"]
    for attempt in (
        ravi("pause", producer=producer),
        ravi("close", producer=producer),
        ana("resume", consumer=consumer),
        ana("close", consumer=consumer),
        ravi("restart", transport=ana.send),
        ravi("connect", transport=ana.send, dtlsParameters=ortc.DTLS),
    ):
        with pytest.raises(PartUnknown):
            await attempt


async def test_the_workers_refusals_have_names(ana: Page, ravi: Page) -> None:
    await ana("connect", transport=ana.send, dtlsParameters=ortc.DTLS)
    with pytest.raises(MediaNo) as refusal:
        await ana("connect", transport=ana.send, dtlsParameters=ortc.DTLS)
    assert refusal.value.fields["reason"] == "wrong-state"
    with pytest.raises(MediaNo) as refusal:
        await ana(
            "produce",
            transport=ana.send,
            kind="audio",
            source="microphone",
            rtpParameters=ortc.video(),
        )
    assert refusal.value.fields["reason"] == "unsupported"
    producer = await ana.produce()
    with pytest.raises(MediaNo):
        await ravi(
            "consume",
            transport=ravi.receive,
            producer=producer,
            rtpCapabilities={"codecs": [], "headerExtensions": []},
        )
    assert await ravi.consume(producer)


async def test_what_only_the_worker_knows_is_gone(ana: Page, room: UUID) -> None:
    await ana.exchange.board.placement.worker_of(room).close_transport(ana.send)
    with pytest.raises(PartUnknown):
        await ana("restart", transport=ana.send)


async def test_a_fault_of_the_worker_is_no_fault_of_the_page() -> None:
    with pytest.raises(CallUnavailable), asking():
        raise MediaRefused("internal")


@pytest.mark.parametrize(
    ("method", "params", "error"),
    [
        ("join", {"session": "x"}, BadRequest),
        ("transport", {"direction": "both"}, BadRequest),
        ("transport", {"direction": ["send"]}, BadRequest),
        ("connect", {}, BadRequest),
        ("connect", {"transport": str(uuid4()), "dtlsParameters": {}}, InvalidCallParameters),
        ("restart", {"transport": 1}, BadRequest),
        ("produce", {"transport": str(uuid4()), "kind": "smell"}, InvalidCallParameters),
        ("produce", {"transport": str(uuid4()), "kind": "audio"}, BadRequest),
        ("produce", {"transport": str(uuid4()), "kind": "audio", "source": []}, BadRequest),
        ("produce", {"transport": str(uuid4()), "kind": "audio", "source": "camera"}, BadRequest),
        (
            "produce",
            {"transport": str(uuid4()), "kind": "audio", "source": "screen", "paused": 1},
            BadRequest,
        ),
        (
            "produce",
            {"transport": str(uuid4()), "kind": "audio", "source": "screen", "rtpParameters": 7},
            InvalidCallParameters,
        ),
        ("consume", {"transport": str(uuid4())}, BadRequest),
        (
            "consume",
            {"transport": str(uuid4()), "producer": str(uuid4()), "rtpCapabilities": []},
            InvalidCallParameters,
        ),
        ("pause", {}, BadRequest),
        ("resume", {"producer": str(uuid4()), "consumer": str(uuid4())}, BadRequest),
        ("close", {"producer": None}, BadRequest),
    ],
)
async def test_malformed_parameters(
    exchange: Exchange,
    room: UUID,
    method: str,
    params: dict[str, Any],
    error: type[RequestError],
) -> None:
    page = Page(exchange, exchange.inside.let_in(room, "Ana"), room)
    await page.join()
    with pytest.raises(error):
        await exchange.call(page.who, method, **{"room": room, "session": page.session, **params})


async def test_anonymous_connections_have_no_calls(exchange: Exchange, room: UUID) -> None:
    for method in ("join", "leave"):
        with pytest.raises(Unauthenticated):
            await exchange.call(None, method, room=room, session=uuid4())


async def test_sessions_that_are_not_ones_own(ana: Page, ravi: Page) -> None:
    with pytest.raises(SessionUnknown):
        await ana.exchange.call(ana.who, "leave", room=uuid4(), session=ana.session)
    stranger = ana.exchange.inside.let_in(ana.room, "Eve")
    with pytest.raises(SessionUnknown):
        await ana.exchange.call(stranger, "leave", room=ana.room, session=ana.session)
    with pytest.raises(SessionReplaced):
        await ana.exchange.call(ravi.who, "leave", room=ana.room, session=ana.session)
