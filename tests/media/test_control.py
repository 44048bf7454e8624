import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from media import frames
from media.control import MediaControl
from media.errors import MediaRefused, MediaUnavailable
from media.options import Limits, Timing, WorkerOptions
from media.server import MAX_UNREAD, ControlServer
from media.worker import Worker

Soon = Callable[..., Awaitable[None]]
ROOT = Path(__file__).parents[2]


def server_at(path: Path, answer: Callable[[object, object], object], **more: Any) -> ControlServer:
    given: dict[str, Any] = {"worker": "one", "on_gateways": lambda _: None, "limit": 8, **more}
    return ControlServer(str(path), answer=answer, **given)


class Events(list[tuple[str, Mapping[str, Any]]]):
    def __call__(self, name: str, fields: Mapping[str, Any]) -> None:
        self.append((name, fields))


def test_the_client_loads_no_packet_code() -> None:
    code = "import sys, media.control; print({'aiortc', 'pylibsrtp', 'OpenSSL'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.asyncio
async def test_without_a_worker_everything_is_unavailable(tmp_path: Path) -> None:
    control = MediaControl(str(tmp_path / "none"), on_event=Events(), deadline=0.1)
    await control.open()
    assert not control.connected
    with pytest.raises(MediaUnavailable):
        await control.capabilities()
    await control.close()
    await control.close()


@pytest.mark.asyncio
async def test_a_lost_worker_is_noticed_and_found_again(tmp_path: Path, soon: Soon) -> None:
    path, events = tmp_path / "c", Events()
    first = server_at(path, lambda *_: {"codecs": []})
    await first.open()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    control = MediaControl(str(path), on_event=events)
    await control.open()
    assert control.connected
    assert events == []
    assert await control.capabilities() == {"codecs": []}
    await first.close()
    await soon(lambda: not control.connected)
    same = server_at(path, lambda *_: {})
    await same.open()
    await soon(lambda: control.connected)
    await same.close()
    await soon(lambda: not control.connected)
    other = server_at(path, lambda *_: {}, worker="two")
    await other.open()
    await soon(lambda: control.connected)
    await control.close()
    assert events == [
        ("worker-lost", {}),
        ("worker-back", {"restarted": False}),
        ("worker-lost", {}),
        ("worker-back", {"restarted": True}),
    ]
    await other.close()


@pytest.mark.asyncio
async def test_a_listener_that_raises_does_not_end_the_connection(
    tmp_path: Path, soon: Soon, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []

    def listener(name: str, fields: Mapping[str, Any]) -> None:
        heard.append(name)
        raise KeyError(name)

    server = server_at(tmp_path / "c", lambda *_: {})
    await server.open()
    control = MediaControl(str(tmp_path / "c"), on_event=listener)
    await control.open()
    server.tell("news", {"a": 1})
    await soon(lambda: heard)
    assert await control.capabilities() == {}
    assert "KeyError" in caplog.text
    await control.close()
    await server.close()


@pytest.mark.asyncio
async def test_a_worker_that_does_not_answer_is_unavailable(tmp_path: Path, soon: Soon) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frames.encode([0, "hello", {"worker": "w"}]))
        first = await frames.read(reader)
        assert first is not None
        second = await frames.read(reader)
        assert second is not None
        writer.write(frames.encode([first[0], {}, None]))  # after its deadline
        writer.write(frames.encode([second[0], {"late": False}, None]))
        await frames.read(reader)
        writer.close()

    server = await asyncio.start_unix_server(silent, tmp_path / "c")
    control = MediaControl(str(tmp_path / "c"), on_event=Events(), deadline=0.2)
    await control.open()
    with pytest.raises(MediaUnavailable, match="did not answer"):
        await control.capabilities()
    assert await control.capabilities() == {"late": False}
    asked = asyncio.ensure_future(control.stats("r"))
    with pytest.raises(MediaUnavailable, match="was lost"):
        await asked
    await control.close()
    server.close()


@pytest.mark.asyncio
async def test_a_worker_that_breaks_the_framing_is_left(tmp_path: Path, soon: Soon) -> None:
    connections: list[int] = []

    async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        writer.write(b"\xff\xff\xff\xff")
        writer.close()

    server = await asyncio.start_unix_server(broken, tmp_path / "c")
    control = MediaControl(str(tmp_path / "c"), on_event=Events(), deadline=0.1)
    await control.open()
    assert not control.connected
    await soon(lambda: len(connections) > 2)
    await control.close()
    server.close()


@pytest.mark.asyncio
async def test_what_cannot_be_sent_is_refused_here(stage: Any) -> None:
    for wrong in ({"role": object()}, {"role": "x" * 300_000}, {"role": 1 << 80}):
        with pytest.raises(MediaRefused, match="invalid"):
            await stage.control.connect_transport("t", wrong)
    assert stage.control.connected


@pytest.mark.asyncio
async def test_refusals_come_back_as_they_are(stage: Any) -> None:
    with pytest.raises(MediaRefused) as refused:
        await stage.control.pause_consumer("none")
    assert (refused.value.slug, refused.value.temporary) == ("not-found", False)
    with pytest.raises(MediaRefused, match="invalid"):
        await stage.control._ask("no such method")
    with pytest.raises(MediaRefused, match="invalid"):
        await stage.control.grant("t", send=1, receive=True)


@pytest.mark.asyncio
async def test_a_bug_in_the_worker_is_an_internal_refusal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(method: object, parameters: object) -> object:
        raise ZeroDivisionError

    server = server_at(tmp_path / "c", answer)
    await server.open()
    control = MediaControl(str(tmp_path / "c"), on_event=Events())
    await control.open()
    with pytest.raises(MediaRefused, match="internal"):
        await control.capabilities()
    assert "ZeroDivisionError" in caplog.text
    await control.close()
    await server.close()


@pytest.mark.asyncio
async def test_gateways_are_counted_and_limited_and_dropped_when_they_do_not_read(
    tmp_path: Path, soon: Soon
) -> None:
    counts: list[int] = []
    (tmp_path / "c").touch()
    with pytest.raises(OSError, match="in use"):
        await server_at(tmp_path / "c", lambda *_: {}).open()  # no socket: not ours to remove
    (tmp_path / "c").unlink()
    server = server_at(tmp_path / "c", lambda *_: {}, on_gateways=counts.append, limit=1)
    await server.open()
    _, writer = await asyncio.open_unix_connection(tmp_path / "c")
    await soon(lambda: counts == [1])
    second, second_writer = await asyncio.open_unix_connection(tmp_path / "c")
    assert await second.read() == b""
    second_writer.close()
    for _ in range(2 * MAX_UNREAD // 200_000 + 2):
        server.tell("news", {"text": "x" * 200_000})
    await soon(lambda: counts == [1, 0])
    writer.close()
    await server.close()


@pytest.mark.asyncio
async def test_a_gateway_that_breaks_the_framing_is_dropped(tmp_path: Path) -> None:
    server = server_at(tmp_path / "c", lambda *_: {})
    await server.open()
    reader, writer = await asyncio.open_unix_connection(tmp_path / "c")
    writer.write(b"\x00\x00\x00\x01\xc1")
    hello = await asyncio.wait_for(reader.read(), 5)
    assert b"hello" in hello
    writer.close()
    await server.close()


@pytest.mark.asyncio
async def test_rooms_outlive_a_gateway_by_a_while(make_stage: Any, soon: Soon) -> None:
    stage = await make_stage(Timing(gateway=1.5))
    peer = await stage.peer(send=True)
    await stage.control.close()
    await asyncio.sleep(0.1)
    await stage.control.open()
    assert (await stage.control.stats("room"))["transports"][0]["id"] == peer.id
    await asyncio.sleep(1.7)
    assert stage.worker.router.transports
    await stage.control.close()
    await soon(lambda: not stage.worker.router.transports)


@pytest.mark.asyncio
async def test_every_method_over_the_socket(make_stage: Any, soon: Soon) -> None:
    stage = await make_stage(limits=Limits(transports=2, producers=1, consumers=1))
    control, publisher = stage.control, await stage.peer("p", send=True)
    subscriber = await stage.peer("s", receive=True)
    track = await stage.publish(publisher, "audio")
    made = await stage.subscribe(subscriber, track)
    assert made["producerId"] == track.id
    assert made["kind"] == "audio"
    capabilities = await control.capabilities()

    async def refused(slug: str, asked: Awaitable[object]) -> None:
        with pytest.raises(MediaRefused) as error:
            await asked
        assert error.value.slug == slug

    again: dict[str, Any] = {"room": "room", "participant": "p", "send": True, "receive": True}
    await refused("exists", control.create_transport(transport=publisher.id, **again))
    await refused("limit", control.create_transport(transport="third", **again))
    consume: dict[str, Any] = {"transport": subscriber.id, "rtp_capabilities": capabilities}
    await refused("exists", control.consume(consumer=made["id"], producer=track.id, **consume))
    await refused("limit", control.consume(consumer="x", producer=track.id, **consume))
    await refused("not-found", control.consume(consumer="x", producer="x", **consume))
    await refused("limit", stage.publish(publisher))
    produce: dict[str, Any] = {"transport": publisher.id, "kind": "audio", "paused": False}
    await refused(
        "exists",
        control.produce(producer=track.id, rtp_parameters={"codecs": [codec()]}, **produce),
    )
    await refused("invalid", control.produce(producer="x", rtp_parameters={}, **produce))
    for name, gone in (
        ("close_consumer", made["id"]),
        ("close_producer", track.id),
        ("close_transport", publisher.id),
    ):
        await getattr(control, name)(gone)
        await getattr(control, name)(gone)
    await control.close_room("room")
    await control.close_room("room")
    stats = await control.stats("room")
    assert stats.pop("worker")["received"] > 0
    assert stats == {"transports": [], "producers": [], "consumers": []}
    assert stage.events_of("transport-closed") == []


def codec() -> dict[str, Any]:
    return {"mimeType": "audio/opus", "payloadType": 9, "clockRate": 48000, "channels": 2}


@pytest.mark.asyncio
async def test_tracks_that_could_not_be_told_apart_are_refused(stage: Any) -> None:
    publisher, elsewhere = await stage.stranger(), await stage.stranger(room="elsewhere")
    track = await stage.publish(publisher)
    for encodings in (
        [{"ssrc": track.ssrc}],
        [{"ssrc": 77, "rtx": {"ssrc": track.ssrc}}],
        [{"ssrc": 77, "rtx": {"ssrc": 77}}],
    ):
        with pytest.raises(MediaRefused, match="exists"):
            await stage.publish(publisher, encodings=encodings)
    with pytest.raises(MediaRefused, match="exists"):
        await stage.publish(publisher, mid=str(track.ssrc))
    with pytest.raises(MediaRefused, match="not-found"):
        await stage.subscribe(elsewhere, track)
    await stage.control.close_producer(track.id)
    await stage.publish(publisher, mid=str(track.ssrc), encodings=[{"ssrc": track.ssrc}])


@pytest.mark.asyncio
async def test_closing_a_publisher_closes_what_others_received_of_him(
    stage: Any, soon: Soon
) -> None:
    publisher, subscriber = await stage.peer("p", send=True), await stage.peer("s", receive=True)
    tracks = [await stage.publish(publisher, "audio"), await stage.publish(publisher)]
    consumed = [await stage.subscribe(subscriber, track) for track in tracks]
    assert [item["rtpParameters"]["mid"] for item in consumed] == ["0", "1"]
    assert len({item["rtpParameters"]["msid"] for item in consumed}) == 1
    for track in tracks:
        await track.send(1, payload=b"\x10\x00")
    await soon(lambda: len(subscriber.rtp) == 2)
    await stage.control.close_producer(tracks[0].id)
    await tracks[0].send(2)
    await soon(lambda: stage.worker.around.counters.unrouted == 1)
    await stage.control.close_transport(publisher.id)
    assert stage.worker.router.producers == stage.worker.router.consumers == {}
    await soon(lambda: publisher.dtls.state == "closed")  # it was told
    third = await stage.peer("t", send=True)
    again = await stage.subscribe(subscriber, await stage.publish(third))
    assert again["rtpParameters"]["mid"] == "2"


@pytest.mark.asyncio
async def test_a_worker_process_serves_and_ends_with_its_parent(tmp_path: Path, soon: Soon) -> None:
    path, events = str(tmp_path / "c"), Events()
    command = [sys.executable, "-m", "media.worker", "--control", path, "--address", "127.0.0.1"]
    worker = await asyncio.create_subprocess_exec(*command, "--parent", str(os.getpid()), cwd=ROOT)
    control = MediaControl(path, on_event=events, deadline=20)
    await control.open()
    made = await control.create_transport(
        transport=str(uuid.uuid4()), room="r", participant="p", send=True, receive=True
    )
    assert [item["ip"] for item in made["iceCandidates"]] == ["127.0.0.1"]
    await control.close()
    worker.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(worker.wait(), 20) == 0
    assert not Path(path).exists()
    orphan = await asyncio.create_subprocess_exec(
        *command, "--parent", "1", cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(orphan.communicate(), 20)
    assert orphan.returncode == 1
    assert b"parent" in said


@pytest.mark.asyncio
async def test_a_worker_dies_with_a_killed_parent(tmp_path: Path, soon: Soon) -> None:
    path = str(tmp_path / "c")
    code = (
        "import os, subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-m', 'media.worker', '--control', {path!r},"
        " '--address', '127.0.0.1', '--parent', str(os.getpid())])\n"
        "time.sleep(60)"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT)
    await soon(lambda: Path(path).exists(), seconds=20)
    parent.kill()
    await parent.wait()
    await soon(lambda: not Path(path).exists(), seconds=20)


@pytest.mark.asyncio
async def test_a_socket_that_a_dead_worker_left_is_taken_over(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "c"))
    left.close()
    server = server_at(tmp_path / "c", lambda *_: {})
    await server.close()  # not open yet
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "c"))
    left.close()
    await server.open()
    control = MediaControl(str(tmp_path / "c"), on_event=Events())
    await control.open()
    assert control.connected
    await control.close()
    await server.close()


@pytest.mark.asyncio
async def test_a_worker_that_cannot_bind_says_so(tmp_path: Path) -> None:
    worker = Worker(WorkerOptions(control=str(tmp_path / "c"), addresses=("192.0.2.300",)))
    with pytest.raises(ValueError, match=r"192\.0\.2\.300"):
        await worker.start()
    await worker.stop()
