"""The `klear` command as it is typed: output, exit codes, signals, and nothing left behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from klear import __main__ as command
from klear import telemetry

KLEAR = [sys.executable, "-m", "klear"]


def environment(**more: str) -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith("KLEAR_")
    } | more


def klear(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*KLEAR, *arguments],
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """main() in this process: on a folder of the test's own, and leaving the logs alone."""
    monkeypatch.setenv("KLEAR_DATA", str(tmp_path))
    monkeypatch.setattr(telemetry, "configure", lambda level: None)
    return tmp_path


def test_a_token_is_all_that_is_printed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["token", "--user", "alice"]) == 0
    captured = capsys.readouterr()
    assert captured.out.count(".") == 2
    assert captured.err == ""


def test_bad_settings_are_listed(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KLEAR_PORT", "eighty")
    monkeypatch.setenv("KLEAR_ENV", "moon")
    assert command.main(["demo"]) == 2
    assert capsys.readouterr().err == (
        "klear: these settings cannot be used:\n"
        "  KLEAR_ENV: must be one of development, production\n"
        "  KLEAR_PORT: must be a port, 0 to 65535\n"
    )


@pytest.mark.parametrize("arguments", [["serve", "--role", "relay"], ["serve", "--role", "worker"]])
def test_what_the_user_can_mend_is_told_in_a_line(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert command.main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("klear: ")
    assert "Traceback" not in error


def test_the_demonstration_is_refused_in_a_line(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KLEAR_HOST", "192.0.2.1")
    assert command.main(["demo"]) == 1
    assert "cannot listen on 192.0.2.1" in capsys.readouterr().err


def test_an_unknown_argument(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["token", "--user", "a", "--colour", "red"])
    assert caught.value.code == 2
    assert "unrecognized arguments: --colour red" in capsys.readouterr().err


def test_help_lists_commands_and_settings(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for word in (
        "demo",
        "serve",
        "migrate",
        "token",
        "media",
        "KLEAR_DATABASE_URL",
        "KLEAR_MEDIA_ADDRESS",
    ):
        assert word in text


def test_media_reads_its_own_arguments(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["media", "--help"])
    assert caught.value.code == 0
    assert "--control" in capsys.readouterr().out


@pytest.mark.integration
def test_migrate(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["migrate"]) == 0
    assert command.main(["migrate", "--to", "0"]) == 1
    assert "say --yes" in capsys.readouterr().err
    assert command.main(["migrate", "--to", "1", "--yes"]) == 0
    assert "Took back" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["migrate", "--to", "-1"],
        ["migrate", "--to", "x"],
        ["token", "--user", "a", "--ttl", "0"],
        ["token", "--user", "a", "--ttl", "99999999999"],
        ["token", "--user", "a", "--ttl", "9" * 100],
        ["token", "--user", "a", "--ttl", str(30 * 86400 + 1)],
    ],
)
def test_numbers_are_bounded(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
    assert "must be " in capsys.readouterr().err


def test_a_token_may_live_for_a_month(here: Path) -> None:
    assert command.main(["token", "--user", "a", "--ttl", str(30 * 86400)]) == 0


def test_a_data_folder_that_cannot_be_is_told_in_a_line() -> None:
    done = klear("demo", KLEAR_DATA="/dev/null/x")
    assert done.returncode == 1
    assert done.stderr.startswith("klear: /dev/null/x cannot be used (Not a directory)")


@pytest.mark.integration
@pytest.mark.parametrize("after", ["postgres.new", "postgres"])
def test_a_signal_during_the_start_is_heard(tmp_path: Path, after: str) -> None:
    with subprocess.Popen(
        [*KLEAR, "demo"],
        env=environment(KLEAR_DATA=str(tmp_path / "data"), KLEAR_PORT="0"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            deadline = time.monotonic() + 30
            while not (tmp_path / "data" / after).exists():
                assert time.monotonic() < deadline
                time.sleep(0.005)
            process.terminate()
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 0
    assert out == ""
    assert "Traceback" not in err
    assert '"serving"' not in err


# --- as a process of its own -----------------------------------------------------------------------


@contextlib.contextmanager
def demo(folder: Path, *, port: str = "0") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`klear demo` with its output in a pipe; yields the process and its address once it is ready."""
    with subprocess.Popen(
        [*KLEAR, "demo"],
        env=environment(KLEAR_DATA=str(folder), KLEAR_PORT=port),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout.readline, "")
            address = next(line.split()[-1] for line in lines if "is ready" in line)
            next(line for line in lines if "Ctrl-C" in line)
            yield process, address
        finally:
            process.kill()


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def wait_for_ends(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while any(_is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, [pid for pid in pids if _is_running(pid)]
        time.sleep(0.02)


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until_ready(address: str, status: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            answer = ask(f"{address}/health/ready")
        except HTTPError as error:
            answer = error.code
        if answer == status:
            return
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ask(url: str) -> Any:
    with urlopen(url, timeout=10) as response:
        return response.status


@pytest.mark.integration
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_every_process(tmp_path: Path, signum: signal.Signals) -> None:
    with demo(tmp_path / "data") as (process, address):
        wait_until_ready(address, 200)
        for pid in descendants(process.pid):
            if "media" in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGKILL)
        wait_until_ready(address, 503)
        wait_until_ready(address, 200)
        below = descendants(process.pid)
        assert len(below) > 2
        process.send_signal(signum)
        assert process.wait(30) == 0
        assert not any(_is_running(pid) for pid in below)


@pytest.mark.integration
def test_killed_it_leaves_nothing_and_starts_again(tmp_path: Path) -> None:
    with demo(tmp_path / "data") as (process, _):
        below = descendants(process.pid)
        process.kill()
        wait_for_ends(below)
    with demo(tmp_path / "data") as (process, address):
        assert ask(f"{address}/health/live") == 200


@pytest.mark.integration
def test_a_second_one_on_the_same_folder_says_so(tmp_path: Path) -> None:
    with demo(tmp_path / "data") as (process, address):
        second = klear("demo", KLEAR_DATA=str(tmp_path / "data"), KLEAR_PORT="0")
        assert second.returncode == 1
        assert f"(process {process.pid})" in second.stderr
        port = address.rpartition(":")[2]
        elsewhere = klear("demo", KLEAR_DATA=str(tmp_path / "other"), KLEAR_PORT=port)
        assert elsewhere.returncode == 1
        assert "set KLEAR_PORT" in elsewhere.stderr
