"""A real server (`klear demo` on a fresh data folder), a real Chromium with fake devices, and people to drive it.

Whatever a page logs as an error, and whatever its Content-Security-Policy refuses, fails the journey it happened in.
"""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

collect_ignore = [] if os.environ.get("KLEAR_SCREENSHOTS") else ["test_screenshots.py"]

PASSWORD = "klear-demo"
READY_SECONDS = 90
PATIENCE_MS = 20_000
"""For anything a page is to show: the machine may be busy."""

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}

CHROMIUM_PATH = os.environ.get("CHROMIUM", "/usr/bin/chromium")

CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream=fps=15",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

# The pages keep their connections to themselves: note each one as it is made, so that its statistics can be read.
KEEP_CONNECTIONS = """
(() => {
  const Native = window.RTCPeerConnection;
  window.__connections = [];
  window.RTCPeerConnection = new Proxy(Native, {
    construct(target, args) {
      const made = Reflect.construct(target, args);
      window.__connections.push(made);
      return made;
    },
  });
})();
"""

# What somebody on a slow connection chooses: 320 x 240 pixels, 15 a second. Two browsers encode on this machine.
CHOOSE_SMALL_PICTURE = "localStorage.setItem('klear.video', 'low')"

READ_STATISTICS = """
async () => {
  const sum = {encoded: 0, decoded: 0, concealed: 0, silent: 0, samples: 0, live: 0, made: 0};
  for (const connection of window.__connections) {
    sum.made += 1;
    if (connection.connectionState !== 'connected') continue;
    sum.live += 1;
    (await connection.getStats()).forEach((s) => {
      if (s.type === 'outbound-rtp' && s.kind === 'video') sum.encoded += s.framesEncoded ?? 0;
      if (s.type === 'inbound-rtp' && s.kind === 'video') sum.decoded += s.framesDecoded ?? 0;
      if (s.type === 'inbound-rtp' && s.kind === 'audio') {
        sum.concealed += s.concealedSamples ?? 0;
        sum.silent += s.silentConcealedSamples ?? 0;
        sum.samples += s.totalSamplesReceived ?? 0;
      }
    });
  }
  return sum;
}
"""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a page sent and received so far, summed over the connections that stand. Frames of video, samples of audio.

    `live` of the connections `made` since the page was loaded stand.
    """

    encoded: int
    decoded: int
    concealed: int
    silent: int
    samples: int
    live: int
    made: int

    def __sub__(self, earlier: "Statistics") -> "Statistics":
        pairs = {name: getattr(self, name) - getattr(earlier, name) for name in self.__slots__}
        return Statistics(**pairs)

    @property
    def audible_gaps(self) -> float:
        """The share of samples that were made up while somebody spoke."""
        return (self.concealed - self.silent) / self.samples if self.samples else 1.0


@dataclass(slots=True)
class Person:
    """Somebody at a screen of their own."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    async def statistics(self) -> Statistics:
        return Statistics(**await self.page.evaluate(READ_STATISTICS))

    async def sign_in(self, email: str) -> None:
        await self.page.goto("/sign-in")
        await self.page.get_by_label("E-mail address").fill(email)
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        await self.page.get_by_role("button", name="Sign in", exact=True).click()
        await self.page.wait_for_url(lambda url: "/sign-in" not in url, wait_until="commit")


class Server:
    """`klear demo` in a process of its own. The same folder and port over stops and starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._process: asyncio.subprocess.Process | None = None
        self._log = folder.with_suffix(".log")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        environment = {
            # Unmeasured: under coverage the server would be too slow for what the journeys measure.
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("KLEAR_", "COVERAGE_"))
            },
            "KLEAR_PORT": str(self.port),
            "KLEAR_DATA": str(self.folder),
            "PYTHONUNBUFFERED": "1",
        }
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "klear", "demo", env=environment, stdout=log, stderr=log
            )
        await self._until_ready()

    async def stop(self) -> None:
        """SIGTERM, and wait until all of it is gone."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self._process.wait(), 30)

    @property
    def log(self) -> str:
        """Everything it wrote so far."""
        return self._log.read_text(errors="replace")

    async def _until_ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + READY_SECONDS
        while not await self._answers():
            assert self._process is not None
            assert self._process.returncode is None, self.log[-4000:]
            assert asyncio.get_running_loop().time() < deadline, self.log[-4000:]
            await asyncio.sleep(0.2)

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(
                b"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            )
            status = await reader.readline()
            writer.close()
        except OSError:
            return False
        return b" 200 " in status


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A running demo server of this test's own."""
    running = Server(tmp_path / "data")
    try:
        await running.start()
        yield running
    finally:
        await running.stop()


expect.set_options(timeout=PATIENCE_MS)


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=CHROMIUM_PATH, args=list(CHROMIUM)
        )
        yield launched
        await launched.close()


Somebody = Callable[..., Awaitable[Person]]


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures know that the journey failed, while its pages are still open."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest_asyncio.fixture
async def somebody(
    request: pytest.FixtureRequest, server: Server, browser: Browser
) -> AsyncIterator[Somebody]:
    """Makes people: `await somebody(viewport=PHONE)`. Checks at the end that no page of theirs complained."""
    contexts: list[BrowserContext] = []
    people: list[Person] = []

    async def make(*, like: Person | None = None, **options: Any) -> Person:
        context = like.page.context if like else await new_context(browser, server, options)
        if not like:
            contexts.append(context)
        person = Person(await context.new_page())
        watch_for_complaints(person)
        people.append(person)
        return person

    yield make
    if request.node.stash.get(FAILED, False):
        await _keep_pictures(request.node.name, people)
        print(server.log[-8000:])
    for context in contexts:
        await context.close()
    assert [complaint for person in people for complaint in person.complaints] == []


async def _keep_pictures(name: str, people: list[Person]) -> None:
    """What the pages showed when it failed, in test-results/."""
    folder = Path("test-results")
    folder.mkdir(exist_ok=True)
    for number, person in enumerate(people, start=1):
        print(f"{name}, person {number}: {person.page.url}", person.complaints)
        await person.page.screenshot(path=folder / f"{name}-{number}.png")


async def new_context(
    browser: Browser, server: Server, options: dict[str, Any], *, small_picture: bool = True
) -> BrowserContext:
    """A browser profile of somebody's own, whose connections can be read."""
    context = await browser.new_context(
        base_url=server.address,
        permissions=["camera", "microphone", "clipboard-read", "clipboard-write"],
        **{"viewport": DESK, "locale": "en-GB", "timezone_id": "Europe/Stockholm", **options},
    )
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(KEEP_CONNECTIONS)
    if small_picture:
        await context.add_init_script(CHOOSE_SMALL_PICTURE)
    return context


# The browser itself logs each answer of 4xx or 5xx and each refused connection: a stopped server is not a page's fault.
_EXPECTED = re.compile(r"Failed to load resource|WebSocket connection to .* failed|ERR_CONNECTION")


def watch_for_complaints(person: Person) -> None:
    """Note every error that the page logs from now on."""

    def console(message: ConsoleMessage) -> None:
        if message.type == "error" and not _EXPECTED.search(message.text):
            person.complaints.append(message.text)

    person.page.on("console", console)
    person.page.on("pageerror", lambda error: person.complaints.append(str(error)))
