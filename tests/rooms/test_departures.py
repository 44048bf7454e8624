from uuid import uuid4

import pytest

from rooms.departures import Departure, Departures, closing_channels

pytestmark = pytest.mark.asyncio

GONE = Departure(room=uuid4(), participant=uuid4(), person=uuid4())


async def test_channels_of_those_inside_are_taken_away() -> None:
    taken: list[tuple[str, str]] = []

    async def unsubscribe(user: str, channel: str) -> None:
        taken.append((user, channel))

    departures = Departures()
    departures.listen(closing_channels(unsubscribe))
    await departures.tell([GONE])
    assert taken == [
        (str(GONE.person), f"{namespace}:{GONE.room}") for namespace in ("room", "signals", "call")
    ]


async def test_a_listener_that_fails_does_not_deafen_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[Departure] = []

    async def fails(departure: Departure) -> None:
        raise RuntimeError("no")

    async def hears(departure: Departure) -> None:
        heard.append(departure)

    departures = Departures()
    departures.listen(fails)
    departures.listen(hears)
    await departures.tell([GONE, GONE])
    assert heard == [GONE, GONE]
    assert len(caplog.records) == 2
