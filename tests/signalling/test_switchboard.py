import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from hub.authorizer import Identity
from protocol.errors import NotFound
from rooms.departures import Departure
from rooms.membership import REMOVED, WAITING
from rooms.repository import Seat
from signalling.errors import (
    CallNotAdmitted,
    CallUnavailable,
    PartUnknown,
    SessionReplaced,
    SessionUnknown,
)
from tests.rooms.conftest import Seconds
from tests.rooms.people import claims
from tests.signalling.conftest import ORGANISATION, Exchange, Worker, exchange_with, until
from tests.signalling.test_sessions import Page

pytestmark = pytest.mark.asyncio


def departure(seat: Seat) -> Departure:
    return Departure(
        room=seat.room, participant=seat.participant.id, person=seat.participant.person
    )


async def opened(exchange: Exchange, room: UUID, name: str = "Ana") -> Page:
    return await Page(exchange, exchange.inside.let_in(room, name), room).open()


async def transports(exchange: Exchange, room: UUID) -> int:
    return len((await exchange.on_worker(room))["transports"])


class TestJoining:
    async def test_only_those_inside(self, exchange: Exchange, room: UUID) -> None:
        for standing in (WAITING, REMOVED):
            who = exchange.inside.let_in(room, "Ana", standing=standing)
            with pytest.raises(CallNotAdmitted):
                await exchange.call(who, "join", room=room)
        with pytest.raises(NotFound):
            await exchange.call(claims(ORGANISATION, "client"), "join", room=room)
        assert exchange.board.state(room).callers == ()
        assert exchange.published.last(room) == {}

    async def test_a_guest_has_one_room(self, exchange: Exchange, room: UUID) -> None:
        page = await opened(exchange, room)
        seat = exchange.inside.seats[room, page.who.person]
        guest = claims(ORGANISATION, "guest", person=page.who.person, room=uuid4())
        with pytest.raises(NotFound):
            await exchange.call(guest, "leave", room=room, session=page.session)
        assert exchange.board.state(room).callers[0].participant == seat.participant.id

    async def test_who_is_removed_while_he_joins_is_not_in(
        self, exchange: Exchange, room: UUID
    ) -> None:
        who = exchange.inside.let_in(room, "Ana")

        async def remove(asked: int) -> None:
            if asked == 2:  # after the first answer, before the second
                await exchange.board.departed(departure(exchange.inside.turn(room, who, REMOVED)))

        exchange.inside.before = remove
        with pytest.raises(CallNotAdmitted):
            await exchange.call(who, "join", room=room)
        assert exchange.board.state(room).callers == ()
        await exchange.callers(room)

    async def test_who_is_removed_between_the_answer_and_the_registration_is_not_in(
        self, exchange: Exchange, room: UUID
    ) -> None:
        """`departed` finds nobody to drop: the second question catches it."""
        who = exchange.inside.let_in(room, "Ana")

        async def remove(asked: int) -> None:
            if asked == 2:
                exchange.inside.turn(room, who, REMOVED)

        exchange.inside.before = remove
        with pytest.raises(CallNotAdmitted):
            await exchange.call(who, "join", room=room)
        assert exchange.board.state(room).callers == ()
        assert exchange.inside.asked == 2

    async def test_a_call_is_forgotten_with_its_last_peer(
        self, exchange: Exchange, room: UUID
    ) -> None:
        page = await opened(exchange, room)
        assert await page("leave") == {}
        await exchange.callers(room)
        assert not exchange.board._calls
        assert not exchange.board._clients
        assert await transports(exchange, room) == 0
        with pytest.raises(SessionUnknown):
            await page("leave")


class TestTakingOver:
    async def test_the_second_page_takes_over_and_the_first_is_told(
        self, exchange: Exchange, room: UUID
    ) -> None:
        first, ravi = await opened(exchange, room), await opened(exchange, room, "Ravi")
        producer = await first.produce()
        await ravi.consume(producer)
        second = Page(exchange, first.who, room)
        joined = await second.join(client="other page")
        assert joined["adopted"] is False
        assert joined["session"] != first.session
        sessions = {caller["session"] for caller in joined["state"]["callers"]}
        assert sessions == {second.session, ravi.session}
        await exchange.callers(
            room,
            {"session": ravi.session},
            {"session": second.session, "producers": []},
        )
        assert await transports(exchange, room) == 2
        for method, params in (
            ("transport", {"direction": "send"}),
            ("pause", {"producer": producer}),
            ("leave", {}),
        ):
            with pytest.raises(SessionReplaced):
                await first(method, **params)

    async def test_two_pages_at_the_same_moment_end_as_one(
        self, exchange: Exchange, room: UUID
    ) -> None:
        who = exchange.inside.let_in(room, "Ana")
        pages = [Page(exchange, who, room) for _ in range(5)]
        joins = (page.join(client=f"page {n}") for n, page in enumerate(pages))
        answers = await asyncio.gather(*joins, return_exceptions=True)
        joined = [answer for answer in answers if isinstance(answer, dict)]
        assert all(
            isinstance(answer, SessionReplaced) for answer in answers if answer not in joined
        )
        (caller,) = exchange.board.state(room).callers
        assert str(caller.session) in {answer["session"] for answer in joined}

    async def test_who_is_replaced_while_he_joins_is_told(
        self, exchange: Exchange, room: UUID
    ) -> None:
        first = Page(exchange, exchange.inside.let_in(room, "Ana"), room)
        second = Page(exchange, first.who, room)

        async def join_again(asked: int) -> None:
            if asked == 2:
                await second.join(client="other page")

        exchange.inside.before = join_again
        with pytest.raises(SessionReplaced):
            await first.join()
        (caller,) = exchange.board.state(room).callers
        assert str(caller.session) == second.session

    async def test_a_request_under_way_does_not_survive(
        self, exchange: Exchange, room: UUID
    ) -> None:
        first = await opened(exchange, room)
        second = Page(exchange, first.who, room)
        outcomes = await asyncio.gather(
            first("transport", direction="send"),
            first.produce(),
            second.join(client="other page"),
            return_exceptions=True,
        )
        assert any(isinstance(outcome, SessionReplaced) for outcome in outcomes)
        await until(lambda: exchange.board.errands.depth == 0)
        assert await transports(exchange, room) == 0


class TestLosingTheConnection:
    async def test_the_session_is_adopted_with_its_transports(
        self, exchange: Exchange, room: UUID, seconds: Seconds
    ) -> None:
        page = await opened(exchange, room)
        producer = await page.produce()
        before = exchange.board.state(room)
        exchange.board.gone(Identity(client="page"))
        seconds.now += 14
        joined = await page.join(client="page again", session=page.session)
        assert joined["adopted"] is True
        assert exchange.board.state(room) == before
        assert joined["state"]["callers"][0]["producers"][0]["id"] == producer
        seconds.now += 60
        await asyncio.sleep(0.05)
        assert await page("pause", producer=producer) == {}
        exchange.board.gone(Identity(client="page"))
        (peer,) = exchange.board._clients["page again"]
        assert peer.lost_at is None

    async def test_after_a_while_it_is_over(
        self, exchange: Exchange, room: UUID, seconds: Seconds
    ) -> None:
        page = await opened(exchange, room)
        exchange.board.gone(Identity(client="page"))
        exchange.board.gone(Identity(client="somebody"))
        seconds.now += 14.9
        await asyncio.sleep(0.05)
        assert len(exchange.board.state(room).callers) == 1
        seconds.now += 0.1
        await exchange.callers(room)
        await until(lambda: exchange.board.errands.depth == 0)
        assert await transports(exchange, room) == 0
        joined = await page.join(session=page.session, client="page again")
        assert joined["adopted"] is False

    async def test_another_persons_session_is_not_adopted(
        self, exchange: Exchange, room: UUID
    ) -> None:
        page, ravi = await opened(exchange, room), await opened(exchange, room, "Ravi")
        joined = await ravi.join(session=page.session)
        assert joined["adopted"] is False
        assert joined["session"] != page.session
        assert await page("restart", transport=page.send)

    async def test_a_join_that_outlives_its_connection_does_not_stay(
        self, exchange: Exchange, room: UUID, seconds: Seconds
    ) -> None:
        exchange.board.gone(Identity(client="page"))
        await opened(exchange, room)
        assert len(exchange.board.state(room).callers) == 1
        seconds.now += 15
        await exchange.callers(room)
        assert not exchange.board._clients


class TestDeparting:
    async def test_transports_close_at_once(self, exchange: Exchange, room: UUID) -> None:
        page, ravi = await opened(exchange, room), await opened(exchange, room, "Ravi")
        seat = exchange.inside.turn(room, page.who, REMOVED)
        await exchange.board.departed(departure(seat))
        left = await exchange.on_worker(room)
        seats = exchange.inside.seats
        assert {transport["participant"] for transport in left["transports"]} == {
            str(seats[room, ravi.who.person].participant.id)
        }
        await exchange.callers(room, {"name": "Ravi"})
        with pytest.raises(SessionUnknown):
            await page("transport", direction="send")

    async def test_who_is_in_no_call_departs_in_peace(self, exchange: Exchange, room: UUID) -> None:
        await opened(exchange, room)
        for where in (room, uuid4()):
            await exchange.board.departed(
                Departure(room=where, participant=uuid4(), person=uuid4())
            )
        assert len(exchange.board.state(room).callers) == 1


class TestTheWorkersEvents:
    async def test_a_transport_that_the_worker_closed_takes_its_tracks_along(
        self, exchange: Exchange, room: UUID
    ) -> None:
        page = await opened(exchange, room)
        await page.produce()
        seat = exchange.inside.seats[room, page.who.person]
        fields = {
            "transport": page.send,
            "room": str(room),
            "participant": str(seat.participant.id),
            "reason": "consent",
        }
        await exchange.callers(room, {"name": "Ana"})
        exchange.board.heard("transport-closed", {**fields, "transport": str(uuid4())})
        exchange.board.heard("transport-closed", {**fields, "room": str(uuid4())})
        exchange.board.heard("transport-closed", {**fields, "participant": str(uuid4())})
        exchange.board.heard("transport-state", {**fields, "state": "disconnected"})
        assert exchange.board.state(room).callers[0].producers
        exchange.board.heard("transport-closed", fields)
        await exchange.callers(room, {"producers": []})
        version = exchange.board.state(room).version
        exchange.board.heard("transport-closed", {**fields, "transport": page.receive})
        assert exchange.board.state(room).version == version, "nobody sees who receives"


async def test_stopping_in_the_moment_of_an_answer_stops(exchange: Exchange, room: UUID) -> None:
    """Otherwise a gateway that shuts down waits for ever."""
    control = exchange.board.placement.worker_of(room)
    asking = asyncio.ensure_future(control.capabilities())
    await asyncio.sleep(0)  # it has asked, and the answer cannot have come yet
    (answer,) = control._pending.values()
    answer.set_result({})
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


class TestLosingTheWorker:
    @pytest.fixture
    def mortal(self, tmp_path: Path) -> Worker:
        return Worker(tmp_path / "control")

    @pytest_asyncio.fixture
    async def exchange(self, mortal: Worker, seconds: Seconds) -> AsyncIterator[Exchange]:
        async with exchange_with(mortal.socket, seconds) as opened:
            yield opened
        mortal.stop()

    async def test_everybody_begins_anew_in_a_new_epoch(
        self, exchange: Exchange, mortal: Worker, room: UUID
    ) -> None:
        page, ravi = await opened(exchange, room), await opened(exchange, room, "Ravi")
        await page.produce()
        await exchange.callers(room, {"name": "Ana"}, {"name": "Ravi"})
        before = exchange.published.last(room)
        mortal.kill()
        await exchange.callers(room)
        lost = exchange.published.last(room)
        assert lost["epoch"] != before["epoch"]
        assert lost["version"] > before["version"]

        with pytest.raises(CallUnavailable) as refusal:
            await page.join(session=page.session)
        assert refusal.value.temporary
        with pytest.raises(SessionUnknown):
            await page("restart", transport=page.send)
        assert exchange.board.errands.depth == 4

        mortal.start()
        control = exchange.board.placement.worker_of(room)
        await until(lambda: control.connected)
        await until(lambda: exchange.board.errands.depth == 0)
        assert (await page.join(session=page.session))["adopted"] is False
        await page.open()
        await ravi.open()
        assert await ravi.consume(await page.produce())
        await exchange.callers(room, {"name": "Ana"}, {"name": "Ravi"})
        assert exchange.published.last(room)["epoch"] == lost["epoch"]

    async def test_a_worker_that_hangs_is_lost(
        self, exchange: Exchange, mortal: Worker, room: UUID
    ) -> None:
        page = await opened(exchange, room)
        await exchange.callers(room, {"name": "Ana"})
        before = exchange.published.last(room)
        mortal.process.send_signal(19)
        await exchange.callers(room)
        assert exchange.published.last(room)["epoch"] != before["epoch"]
        assert await asyncio.to_thread(mortal.process.wait, 10) == -9
        mortal.start()
        await until(lambda: exchange.board.placement.worker_of(room).connected)
        await page.open()
        await exchange.callers(room, {"name": "Ana"})

    async def test_what_a_living_worker_did_not_hear_is_said_again(
        self, exchange: Exchange, mortal: Worker, room: UUID
    ) -> None:
        page = await opened(exchange, room)
        control = exchange.board.placement.worker_of(room)
        await control.close()
        await exchange.board.departed(departure(exchange.inside.turn(room, page.who, REMOVED)))
        await until(lambda: exchange.board.errands.depth == 2)
        await control.open()
        await until(lambda: exchange.board.errands.depth == 0)
        assert await transports(exchange, room) == 0

    async def test_requests_that_get_no_answer_are_taken_back(
        self, exchange: Exchange, mortal: Worker, room: UUID
    ) -> None:
        page, ravi = await opened(exchange, room), await opened(exchange, room, "Ravi")
        producer = await page.produce()
        control = exchange.board.placement.worker_of(room)
        control._deadline = 0.2  # nobody wants to wait for five seconds here
        mortal.process.send_signal(19)
        outcomes = await asyncio.gather(
            page.produce(),
            ravi.consume(producer),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [CallUnavailable, CallUnavailable]
        with pytest.raises(CallUnavailable):
            await ravi("transport", direction="send")
        mortal.process.send_signal(18)
        await until(lambda: exchange.board.errands.depth == 0)
        control._deadline = 30
        on_worker = await exchange.on_worker(room)
        assert [made["id"] for made in on_worker["producers"]] == [producer]
        assert len(on_worker["transports"]) == 3
        assert on_worker["consumers"] == []
        assert await ravi.consume(producer)

    async def test_consumers_that_the_worker_did_not_hear_of_are_closed_later(
        self, exchange: Exchange, mortal: Worker, room: UUID
    ) -> None:
        page, ravi = await opened(exchange, room), await opened(exchange, room, "Ravi")
        sound, picture = await page.produce(), await page.produce("video", "camera")
        heard, seen = await ravi.consume(sound), await ravi.consume(picture)
        control = exchange.board.placement.worker_of(room)
        control._deadline = 0.2
        mortal.process.send_signal(19)
        assert await ravi("close", consumer=heard["id"]) == {}
        with pytest.raises(CallUnavailable):
            await ravi.consume(picture)  # anew: the one before is to be closed
        with pytest.raises(PartUnknown):
            await ravi("resume", consumer=seen["id"])
        mortal.process.send_signal(18)
        control._deadline = 30
        await until(lambda: exchange.board.errands.depth == 0)
        assert (await exchange.on_worker(room))["consumers"] == []
        assert await ravi.consume(picture)
        assert len((await exchange.on_worker(room))["consumers"]) == 1
