"""A session from booking to goodbye, between two browsers, through the real server and the real forwarding unit."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

import pytest
from playwright.async_api import expect

from tests.journeys.conftest import PHONE, Person, Server, Somebody

CLIENT, PRACTITIONER = "ana@demo.example", "ravi@demo.example"
SETTLE, WATCH = 3, 10
"""Seconds: after the first picture, and of the measurement."""


async def book(client: Person) -> str:
    """Book the first open slot. Returns the room's path."""
    await choose_time(client)
    return await confirm(client)


async def choose_time(client: Person) -> date:
    """Take the first open slot and hold it. Returns its day."""
    page = client.page
    await page.goto("/practitioners")
    await page.get_by_role("link", name="See times of Dr. Ravi Menon").click()
    slot = page.get_by_role("button", name=re.compile(r", choose$")).first
    forward = page.get_by_role("button", name=re.compile(r"^Go to the next open time"))
    await expect(slot.or_(forward).first).to_be_visible()
    if await forward.is_visible():
        await forward.click()
    await slot.click()
    await expect(page.get_by_role("button", name=re.compile(r"^Book \d"))).to_be_visible()
    start = await page.locator("time[datetime]").first.get_attribute("datetime")
    assert start is not None
    return datetime.fromisoformat(start).date()


async def confirm(client: Person) -> str:
    """Book what is held. Returns the room's path."""
    page = client.page
    await page.get_by_role("button", name=re.compile(r"^Book \d")).click()
    await expect(page.get_by_text("You’re booked", exact=True)).to_be_visible()
    path = await page.get_by_role("link", name="Open the room").get_attribute("href")
    assert path is not None
    return path


async def meet(practitioner: Person, client: Person, room: str) -> None:
    """Both open the room; the client waits until she is let in."""
    await practitioner.page.goto(room)
    await practitioner.page.get_by_role("button", name="Enter the room").click()
    await client.page.goto(room)
    await wait_and_be_admitted(practitioner, client)


async def wait_and_be_admitted(practitioner: Person, client: Person) -> None:
    """The client waits on the page she is on (it asks for her, the first time), and is let in."""
    await expect(client.page.get_by_text("You’ll be let in soon").first).to_be_visible()
    await practitioner.page.get_by_role("button", name=re.compile(r"^Let .+ in$")).click()
    await expect(client.page.get_by_role("button", name="Leave", exact=True)).to_be_visible()


async def come_back(person: Person, room: str) -> None:
    """Open the room once more, as somebody who was let in before."""
    await person.page.goto(room)
    enter = person.page.get_by_role("button", name="Join now")
    leave = person.page.get_by_role("button", name="Leave", exact=True)
    await expect(enter.or_(leave)).to_be_visible()
    if await enter.is_visible():
        await enter.click()
    await expect(leave).to_be_visible()


async def wake(person: Person) -> None:
    """Move the mouse: the bar hides when nobody moves."""
    await person.page.mouse.move(200, 200)
    await person.page.mouse.move(300, 300)


async def open_chat(person: Person) -> None:
    """See the messages."""
    if not await person.page.get_by_role("log", name="Messages").is_visible():
        await wake(person)
        await person.page.get_by_role("button", name=re.compile(r"^Chat")).click()


async def say(person: Person, text: str) -> None:
    """Write into the chat."""
    await open_chat(person)
    field = person.page.get_by_role("textbox", name="Message")
    await field.fill(text)
    await person.page.get_by_role("button", name="Send", exact=True).click()


async def reads(person: Person, *texts: str) -> None:
    """The chat shows these messages, each once, in this order."""
    await open_chat(person)
    log = person.page.get_by_role("log", name="Messages")
    for text in texts:
        await expect(log.get_by_text(text, exact=True)).to_have_count(1, timeout=45_000)
    shown = await log.inner_text()
    places = [shown.index(text) for text in texts]
    assert places == sorted(places)


async def until(condition: Callable[[], Awaitable[bool]], *, within: float = 30) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.2)


async def sees_video(person: Person) -> None:
    """A picture arrives."""

    async def moving() -> bool:
        return (await person.statistics()).decoded > 0

    await until(moving)


async def listens(person: Person) -> None:
    """After a reload the browser may want a touch before it lets anything sound: the page then asks for one."""
    tap = person.page.get_by_role("button", name="Tap to hear")
    if await tap.is_visible():
        await tap.click()
        await expect(tap).to_be_hidden()


async def video_flows(one: Person, other: Person) -> None:
    """Both ways most of what is encoded is decoded, and nearly no sound had to be made up."""
    await asyncio.gather(sees_video(one), sees_video(other))
    await asyncio.gather(listens(one), listens(other))
    await asyncio.sleep(SETTLE)
    before = [await person.statistics() for person in (one, other)]
    await asyncio.sleep(WATCH)
    first, second = [
        await person.statistics() - earlier
        for person, earlier in zip((one, other), before, strict=True)
    ]
    print(first, second)
    assert first.encoded > 5 * WATCH  # the fake camera makes fifteen a second
    assert second.encoded > 5 * WATCH
    assert second.decoded >= 0.8 * first.encoded
    assert first.decoded >= 0.8 * second.encoded
    assert first.audible_gaps < 0.01
    assert second.audible_gaps < 0.01


@pytest.mark.journey
@pytest.mark.timeout(180)
@pytest.mark.asyncio
async def test_book_meet_talk_and_come_back(somebody: Somebody) -> None:
    client = await somebody()
    practitioner = await somebody(timezone_id="Europe/London")
    await asyncio.gather(client.sign_in(CLIENT), practitioner.sign_in(PRACTITIONER))
    await practitioner.page.goto("/calendar")
    await expect(practitioner.page.get_by_text("live", exact=True).first).to_be_visible()
    await practitioner.page.evaluate("window.__notReloaded = true")

    day = await choose_time(client)
    if day.isocalendar().week != datetime.now(UTC).isocalendar().week:
        await practitioner.page.get_by_role("button", name="Later", exact=True).click()
    await expect(practitioner.page.get_by_text("Ana Lindqvist")).to_have_count(0)
    room = await confirm(client)

    await expect(practitioner.page.get_by_text("Ana Lindqvist").first).to_be_attached()
    assert await practitioner.page.evaluate("window.__notReloaded") is True

    await meet(practitioner, client, room)
    await video_flows(practitioner, client)

    await say(client, "Good morning")
    await reads(practitioner, "Good morning")
    await say(practitioner, "How did you sleep?")
    await reads(client, "Good morning", "How did you sleep?")

    await client.page.reload()
    await expect(client.page.get_by_role("button", name="Leave", exact=True)).to_be_visible()
    await reads(client, "Good morning", "How did you sleep?")
    await video_flows(practitioner, client)

    await wake(practitioner)
    await practitioner.page.get_by_role("button", name="Leave", exact=True).click()
    await practitioner.page.get_by_role("button", name="End session").click()
    await expect(client.page.get_by_text("This session is over")).to_be_visible()


@pytest.mark.journey
@pytest.mark.timeout(180)
@pytest.mark.asyncio
async def test_a_restart_of_the_server_loses_nothing(server: Server, somebody: Somebody) -> None:
    client, practitioner = await somebody(), await somebody()
    await asyncio.gather(client.sign_in(CLIENT), practitioner.sign_in(PRACTITIONER))
    await meet(practitioner, client, await book(client))
    await asyncio.gather(sees_video(client), sees_video(practitioner))
    await say(client, "Before the restart")
    await reads(practitioner, "Before the restart")
    for person in (client, practitioner):
        await person.page.evaluate("window.__notReloaded = true")

    await server.stop()
    await say(practitioner, "Written while it was away")
    await server.start()

    await say(client, "After the restart")
    await reads(client, "Before the restart", "Written while it was away")
    await reads(client, "Before the restart", "After the restart")
    await reads(practitioner, "Before the restart", "Written while it was away")
    await reads(practitioner, "Before the restart", "After the restart")
    await video_flows(practitioner, client)
    for person in (client, practitioner):
        statistics = await person.statistics()
        assert (statistics.live, statistics.made) >= (2, 4)  # one each way, and those of before
        assert await person.page.evaluate("window.__notReloaded") is True


@pytest.mark.journey
@pytest.mark.timeout(180)
@pytest.mark.asyncio
async def test_a_guest_comes_by_the_join_link_on_a_phone(
    server: Server, somebody: Somebody
) -> None:
    client, practitioner = await somebody(), await somebody()
    await asyncio.gather(client.sign_in(CLIENT), practitioner.sign_in(PRACTITIONER))
    room = await book(client)
    await client.page.get_by_role("button", name="Copy join link").click()
    await expect(client.page.get_by_text("Join link copied").first).to_be_visible()
    link = await client.page.evaluate("navigator.clipboard.readText()")
    await practitioner.page.goto(room)
    await practitioner.page.get_by_role("button", name="Enter the room").click()

    guest = await somebody(viewport=PHONE, has_touch=True, is_mobile=True)
    await guest.page.goto(link)
    await wait_and_be_admitted(practitioner, guest)
    await asyncio.gather(sees_video(guest), sees_video(practitioner))
    await guest.page.goto("/appointments")
    await expect(guest.page).to_have_url(re.compile("/sign-in"))

    assert link.partition("#")[2]
    assert link.partition("#")[2] not in server.log


@pytest.mark.journey
@pytest.mark.timeout(180)
@pytest.mark.asyncio
async def test_a_second_tab_takes_the_call_over(somebody: Somebody) -> None:
    client, practitioner = await somebody(), await somebody()
    await asyncio.gather(client.sign_in(CLIENT), practitioner.sign_in(PRACTITIONER))
    room = await book(client)
    await meet(practitioner, client, room)
    await asyncio.gather(sees_video(client), sees_video(practitioner))

    tab = await somebody(like=client)
    await come_back(tab, room)
    await sees_video(tab)
    await expect(client.page.get_by_text("You continued on another device")).to_be_visible()

    await client.page.get_by_role("button", name="Continue here").click()
    await expect(tab.page.get_by_text("You continued on another device")).to_be_visible()


@pytest.mark.journey
@pytest.mark.timeout(180)
@pytest.mark.asyncio
async def test_what_is_turned_off_is_seen_to_be_off_and_comes_back(somebody: Somebody) -> None:
    client, practitioner = await somebody(), await somebody()
    await asyncio.gather(client.sign_in(CLIENT), practitioner.sign_in(PRACTITIONER))
    await meet(practitioner, client, await book(client))
    await asyncio.gather(sees_video(client), sees_video(practitioner))

    await press(practitioner, "Stop camera")
    await expect(client.page.get_by_text("Dr. Ravi Menon’s camera is off")).to_be_visible()
    await press(practitioner, "Mute")
    await press(practitioner, "Start camera")
    await expect(client.page.get_by_label("Dr. Ravi Menon’s picture")).to_be_visible()
    await expect(client.page.get_by_text("Dr. Ravi Menon is muted")).to_be_visible()
    await press(practitioner, "Unmute")
    await expect(client.page.get_by_text("Dr. Ravi Menon is muted")).to_be_hidden()
    await video_flows(practitioner, client)


async def press(person: Person, name: str) -> None:
    """Press a button of the bar."""
    await wake(person)
    await person.page.get_by_role("button", name=name, exact=True).click()
