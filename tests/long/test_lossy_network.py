"""Video through a real worker while the network loses one packet in twenty, each way, on both sides of it."""

import asyncio
import os
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtpPacket

from media import rtcp
from media.control import MediaControl
from media.errors import MediaUnavailable
from tests.long.conftest import Account
from tests.long.lossy import Relay, Weather
from tests.media.conftest import RTX_IN, Peer, Stage, Track, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

SEED, SECONDS = 20261122, 60
FRAMES_A_SECOND, PACKETS_A_FRAME, SIZE = 30, 4, 1_000
"""About a megabit a second, as a camera sends it."""

MOST_MISSING = 0.005
ROOT = Path(__file__).parents[2]


class Publisher:
    """A camera: sends frames, and again what is asked for, as RFC 4588 has it."""

    def __init__(self, track: Track) -> None:
        self.track, self.peer = track, track.peer
        self.sent: list[tuple[int, bytes, int]] = []
        """Timestamp, payload and marker by number."""
        self.asked = self.repaired = self.key_frames = 0
        self._key_wanted = True
        self.peer.dtls._handle_rtcp_data = self._told  # type: ignore[method-assign]

    async def frame(self) -> None:
        """The next one: a key frame if somebody wants it."""
        key, self._key_wanted = self._key_wanted, False
        self.key_frames += key
        timestamp = len(self.sent) // PACKETS_A_FRAME * 90_000 // FRAMES_A_SECOND
        for part in range(PACKETS_A_FRAME):
            begin = (b"\x10\x00" if key else b"\x10\x01") if part == 0 else b"\x00\x00"
            marker = int(part == PACKETS_A_FRAME - 1)
            payload = begin + struct.pack("!I", len(self.sent)) + bytes(SIZE)
            self.sent.append((timestamp, payload, marker))
            number = len(self.sent) - 1
            await self.track.send(number, payload=payload, timestamp=timestamp, marker=marker)

    async def _told(self, data: bytes) -> None:
        for item in rtcp.parse(data):
            if isinstance(item, rtcp.Nack):
                for number in item.sequences:
                    await self._repair(number)
            elif isinstance(item, rtcp.KeyFrameRequest):
                self._key_wanted = True

    async def _repair(self, number: int) -> None:
        self.asked += 1
        if number >= len(self.sent):
            return
        timestamp, payload, marker = self.sent[number]
        again = self.track.packet(
            self.repaired,
            struct.pack("!H", number) + payload,
            timestamp=timestamp,
            marker=marker,
            payload_type=RTX_IN,
            ssrc=self.track.ssrc + 1,
        )
        self.repaired += 1
        await self.peer.send(again)


class Subscriber:
    """A screen: asks for what is missing when aiortc's receiver would, and puts in what it is sent again."""

    def __init__(self, peer: Peer, encoding: dict[str, Any]) -> None:
        self.peer, self.ssrc, self.rtx = peer, encoding["ssrc"], encoding["rtx"]["ssrc"]
        self.got: dict[int, tuple[bytes, int]] = {}
        self.doubled = self.repaired = 0
        self._missing = NackGenerator()
        peer.dtls._handle_rtp_data = self._came  # type: ignore[method-assign]

    async def _came(self, data: bytes, arrival_time_ms: int) -> None:
        packet = RtpPacket.parse(data)
        number, payload = packet.sequence_number, packet.payload
        if packet.ssrc == self.rtx:
            number, payload = struct.unpack("!H", payload[:2])[0], payload[2:]
            packet.sequence_number = number
        if number in self.got:
            self.doubled += 1
        else:
            self.repaired += packet.ssrc == self.rtx
            self.got[number] = payload, packet.timestamp
        if self._missing.add(packet):
            await self.peer.send(rtcp.nack(1, self.ssrc, sorted(self._missing.missing)))


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A worker in a process of its own."""
    path = str(tmp_path / "control")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "media.worker", "--control", path, "--address", "127.0.0.1"),
        *("--parent", str(os.getpid())),
        cwd=ROOT,
    )
    control = MediaControl(path, on_event=lambda name, fields: None)
    async with asyncio.timeout(30):
        while not control.connected:
            with suppress(MediaUnavailable):
                await control.open()
            await asyncio.sleep(0.1)
    stage = Stage(cast("Any", process), control, [])
    yield stage
    for peer in stage.peers:
        await peer.dtls.stop()
        peer.close()
    await control.close()
    process.terminate()
    await process.wait()


async def behind(stage: Stage, relays: list[Relay], *, send: bool) -> Peer:
    """A connected client behind a network of its own."""
    peer = await stage.stranger(send=send, receive=not send)
    seed = SEED + 10 * len(relays)
    relay = await Relay(peer.server, weather=Weather(), seed=seed).open()
    relays.append(relay)
    peer.server = relay.address
    return await peer.connect()


async def consent(peer: Peer) -> None:
    """Browsers check every few seconds, and again where no answer came."""
    while True:
        await asyncio.sleep(2.5)
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await peer.check()


@pytest.mark.asyncio
async def test_what_a_bad_network_loses_is_repaired(stage: Stage, account: Account) -> None:
    relays: list[Relay] = []
    peers = [await behind(stage, relays, send=True), await behind(stage, relays, send=False)]
    track = await stage.publish(peers[0])
    made = await stage.subscribe(peers[1], track)
    publisher = Publisher(track)
    subscriber = Subscriber(peers[1], made["rtpParameters"]["encodings"][0])
    await publisher.frame()
    await until(lambda: len(subscriber.got) == PACKETS_A_FRAME)
    checks = [asyncio.ensure_future(consent(peer)) for peer in peers]
    for relay in relays:
        relay.begin()
    await play(publisher)
    for relay in relays:  # and it clears up, so that the last ones are not the lost ones
        relay.up.rough = relay.down.rough = False
    await publisher.frame()
    await asyncio.sleep(2)
    for check in checks:
        check.cancel()
    await asyncio.gather(*checks, return_exceptions=True)
    missing = compare(publisher, subscriber)
    for relay in relays:
        relay.close()
        for way in (relay.up, relay.down):
            assert 0.02 < way.lost / (way.lost + way.passed) < 0.08
    account.cases = len(publisher.sent)
    account.note(
        lost_on_the_way=relays[0].up.lost + relays[1].down.lost,
        repaired_by_the_publisher=publisher.repaired,
        repaired_for_the_subscriber=subscriber.repaired,
        doubled=subscriber.doubled,
        key_frames=publisher.key_frames,
        missing=f"{missing} ({missing / len(publisher.sent):.2%})",
    )
    assert missing / len(publisher.sent) <= MOST_MISSING


async def play(publisher: Publisher) -> None:
    """Frames for a minute, at their times."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(SECONDS * FRAMES_A_SECOND):
        await publisher.frame()
        await asyncio.sleep(max(0.0, began + (number + 1) / FRAMES_A_SECOND - loop.time()))


def compare(publisher: Publisher, subscriber: Subscriber) -> int:
    """How many packets never came; those that did are the ones that were sent."""
    first = min(subscriber.got)
    _, start = subscriber.got[first]
    missing = 0
    for number, (timestamp, payload, _) in enumerate(publisher.sent):
        if (came := subscriber.got.pop(first + number, None)) is None:
            missing += 1
        else:
            assert came[0] == payload
            assert (came[1] - start) & 0xFFFFFFFF == timestamp
    assert subscriber.got == {}, "packets that nobody sent"
    return missing
