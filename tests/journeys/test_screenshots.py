"""Pictures of every page for docs/, taken on the way through a session. Collected only where KLEAR_SCREENSHOTS is set:
it writes into the tree.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Playwright, async_playwright, expect

from tests.journeys.conftest import (
    CHROMIUM,
    CHROMIUM_PATH,
    Person,
    Server,
    new_context,
    watch_for_complaints,
)
from tests.journeys.portrait import Look, write
from tests.journeys.test_session import CLIENT, PRACTITIONER, choose_time, confirm, say, wake

PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"
ANA = Look(wall=0xE9E2D6, wall_below=0xCFC4B2, coat=0x7D94A6, skin=0xE2B597, hair=0x6B4630)
RAVI = Look(wall=0xDCE6E1, wall_below=0xA9C0B6, coat=0x2F4A45, skin=0xB07B57, hair=0x2B2320)

Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """Where the pictures of one width go."""

    folder: Path
    width: int

    async def keep(self, person: Person, name: str) -> None:
        """The page as it stands, once its fonts are there and nothing moves in."""
        await person.page.evaluate("document.fonts.ready")
        await person.page.wait_for_timeout(600)
        await person.page.screenshot(path=self.folder / f"{name}-{self.width}.png")


@asynccontextmanager
async def at_screen(
    playwright: Playwright, server: Server, portrait: Path, **options: Any
) -> AsyncIterator[Person]:
    """Somebody with a browser of their own, whose camera shows `portrait`."""
    camera = f"--use-file-for-fake-video-capture={portrait}"
    browser = await playwright.chromium.launch(
        executable_path=CHROMIUM_PATH, args=[*CHROMIUM, camera]
    )
    context = await new_context(browser, server, options, small_picture=False)
    person = Person(await context.new_page())
    watch_for_complaints(person)
    yield person
    await browser.close()
    assert person.complaints == []


@pytest.mark.journey
@pytest.mark.timeout(240)
@pytest.mark.asyncio
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pictures(server: Server, tmp_path: Path, scheme: Scheme, width: int) -> None:
    folder = PICTURES if scheme == "light" else Path("test-results") / "dark"
    folder.mkdir(parents=True, exist_ok=True)
    album = Album(folder=folder, width=width)
    for name, look in (("ana", ANA), ("ravi", RAVI)):
        write(tmp_path / f"{name}.y4m", look)
    size = {"width": width, "height": 844 if width < 768 else 800}
    options: dict[str, Any] = {"viewport": size, "color_scheme": scheme, "device_scale_factor": 2}
    async with async_playwright() as playwright, AsyncExitStack() as stack:
        client, practitioner = [
            await stack.enter_async_context(
                at_screen(playwright, server, tmp_path / f"{name}.y4m", timezone_id=zone, **options)
            )
            for name, zone in (("ana", "Europe/Stockholm"), ("ravi", "Europe/London"))
        ]
        room = await book(album, client)
        await look_at_the_calendar(album, practitioner)
        await meet(album, client, practitioner, room)


async def book(album: Album, client: Person) -> str:
    """From signing in to an appointment. Returns the room's path."""
    await client.page.goto("/sign-in")
    await expect(client.page.get_by_label("E-mail address")).to_be_visible()
    await album.keep(client, "sign-in")
    await client.sign_in(CLIENT)
    await client.page.goto("/practitioners")
    link = client.page.get_by_role("link", name="See times of Dr. Ravi Menon")
    await expect(link).to_be_visible()
    await album.keep(client, "practitioners")
    await link.click()
    await expect(
        client.page.get_by_role("button", name=re.compile(", choose$|^Go to")).first
    ).to_be_visible()
    await album.keep(client, "slots")
    await choose_time(client)
    await album.keep(client, "booking")
    room = await confirm(client)
    await album.keep(client, "booked")
    await client.page.goto("/appointments")
    await expect(client.page.get_by_text("Dr. Ravi Menon").first).to_be_visible()
    await album.keep(client, "appointments")
    return room


async def look_at_the_calendar(album: Album, practitioner: Person) -> None:
    await practitioner.sign_in(PRACTITIONER)
    await practitioner.page.goto("/calendar")
    await expect(practitioner.page.get_by_text("live", exact=True).first).to_be_visible()
    await go_to_the_week_of(practitioner, "Ana Lindqvist")
    await album.keep(practitioner, "calendar")


async def go_to_the_week_of(practitioner: Person, name: str) -> None:
    """Until the calendar itself shows somebody's appointment: the first open slot may be next week's."""
    queue = practitioner.page.get_by_role("complementary", name="Today")
    await expect(queue.get_by_text(name).first).to_be_visible()
    booked = practitioner.page.locator(".klear-calendar").get_by_text(name)
    later = practitioner.page.get_by_role("button", name="Later", exact=True)
    for _ in range(2):  # the queue looks two weeks ahead
        try:
            await expect(booked.first).to_be_visible(timeout=2000)
        except AssertionError:
            await later.click()
    await expect(booked.first).to_be_visible()


async def meet(album: Album, client: Person, practitioner: Person, room: str) -> None:
    """From the waiting room to the end."""
    await client.page.goto(room)
    await expect(client.page.get_by_text("You’ll be let in soon")).to_be_visible()
    await expect(client.page.locator("video")).to_be_visible()
    await album.keep(client, "waiting-room")
    await practitioner.page.goto(room)
    enter = practitioner.page.get_by_role("button", name="Enter the room")
    await expect(enter).to_be_visible()
    await expect(practitioner.page.locator("video")).to_be_visible()
    await album.keep(practitioner, "lobby")
    await enter.click()
    admit = practitioner.page.get_by_role("button", name="Let Ana in")
    await expect(admit).to_be_visible()
    await album.keep(practitioner, "knock")
    await admit.click()
    for person in (client, practitioner):
        await expect(person.page.get_by_label(re.compile("’s picture$"))).to_be_visible()
    await client.page.wait_for_timeout(8000)  # until the picture is sharp, and no news lies on it
    await wake(client)
    await album.keep(client, "room")
    await say(client, "Good morning! I slept better this week.")
    await say(practitioner, "Glad to hear it. Did you try the breathing before bed?")
    await say(client, "Yes, every evening. Ten minutes, as you said.")
    await expect(client.page.get_by_role("listitem")).to_have_count(3)
    await wake(client)
    await album.keep(client, "room-chat")
    await wake(practitioner)
    await practitioner.page.get_by_role("button", name="Close chat").click()
    await practitioner.page.get_by_role("button", name="Leave", exact=True).click()
    await album.keep(practitioner, "leave")
    await practitioner.page.get_by_role("button", name="End session").click()
    await expect(client.page.get_by_text("This session is over")).to_be_visible()
    await album.keep(client, "ended")
