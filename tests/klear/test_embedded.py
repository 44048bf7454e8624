"""The embedded Postgres starts, stops, survives what happens to it, and is private."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from klear import embedded, unprivileged
from klear.data_folder import DataFolder
from klear.embedded import EmbeddedPostgres, PostgresFailed

pytestmark = pytest.mark.integration

QUICK = {"fsync": "off"}


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.prepare()
    return made


@pytest.fixture
def server(folder: DataFolder) -> Iterator[EmbeddedPostgres]:
    """A server that runs."""
    running = EmbeddedPostgres(folder, password="p@ss/word", settings=QUICK)
    running.start()
    yield running
    running.stop()


def ask(url: str, sql: str) -> object:
    async def query() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(query())


def postmaster(folder: DataFolder) -> int:
    return int((folder.path / "postgres" / "postmaster.pid").read_text().split()[0])


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_serves_over_its_socket_and_nothing_else(
    server: EmbeddedPostgres, folder: DataFolder
) -> None:
    assert server.alive
    assert ask(server.url, "SHOW listen_addresses") == ""
    assert ask(server.url, "SELECT current_user") == "klear_owner"
    data = folder.path / "postgres"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / ".s.PGSQL.5432").stat().st_mode) == 0o700
    assert (data / "pg_hba.conf").read_text() == "local all all scram-sha-256\n"


def test_nobody_gets_in_without_the_password(server: EmbeddedPostgres, folder: DataFolder) -> None:
    other = EmbeddedPostgres(folder, password="guess")
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(other.url, "SELECT 1")


def test_data_are_still_there_after_a_stop_and_a_start(folder: DataFolder) -> None:
    server = EmbeddedPostgres(folder, password="p")
    server.start()
    assert ask(server.url, "SHOW fsync") == "on"
    ask(server.url, "CREATE TABLE kept (id int)")
    server.stop()
    assert not server.alive
    server.stop()
    again = EmbeddedPostgres(folder, password="p")
    again.start()
    assert ask(again.url, "SELECT count(*) FROM kept") == 0
    again.stop()


def test_a_crash_is_recovered_from(server: EmbeddedPostgres, folder: DataFolder) -> None:
    ask(server.url, "CREATE TABLE kept (id int)")
    pid = postmaster(folder)
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while server.alive:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    again = EmbeddedPostgres(folder, password="p@ss/word", settings=QUICK)
    again.start()
    assert ask(again.url, "SELECT count(*) FROM kept") == 0
    again.stop()


def test_it_dies_with_a_parent_that_is_killed_and_starts_again(folder: DataFolder) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path;"
        " from klear.data_folder import DataFolder; from klear.embedded import EmbeddedPostgres;"
        " server = EmbeddedPostgres(DataFolder(Path(sys.argv[1])), password='p'); server.start();"
        " os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script, folder.path], check=False)
    assert killed.returncode == -signal.SIGKILL
    again = EmbeddedPostgres(folder, password="p", settings=QUICK)
    again.start()  # whether the old one has gone already or not
    assert ask(again.url, "SELECT 1") == 1
    pid = postmaster(folder)
    again.stop()
    wait_for_end(pid)


def test_a_server_that_outlived_its_parent_is_ended_first(
    server: EmbeddedPostgres, folder: DataFolder
) -> None:
    old = postmaster(folder)
    again = EmbeddedPostgres(folder, password="p@ss/word", settings=QUICK)
    again.start()
    assert postmaster(folder) != old
    assert not server.alive
    assert ask(again.url, "SELECT 1") == 1
    again.stop()


def test_a_process_id_that_belongs_to_a_stranger_now_is_forgotten(folder: DataFolder) -> None:
    first = EmbeddedPostgres(folder, password="p", settings=QUICK)
    first.start()
    pid_file = folder.path / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    first.stop()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]))
    first.start()
    assert ask(first.url, "SELECT 1") == 1
    first.stop()


@pytest.mark.parametrize("left", ["", "nonsense\n"])
def test_a_damaged_process_id_file_is_postgres_business(folder: DataFolder, left: str) -> None:
    first = EmbeddedPostgres(folder, password="p", settings=QUICK)
    first.start()
    first.stop()
    (folder.path / "postgres" / "postmaster.pid").write_text(left)
    with pytest.raises(PostgresFailed, match=r"lock file|bogus"):
        first.start()


def test_a_half_made_folder_is_made_anew(folder: DataFolder) -> None:
    half = folder.path / "postgres.new"
    half.mkdir()
    (half / "rubbish").touch()
    server = EmbeddedPostgres(folder, password="p", settings=QUICK)
    server.start()
    server.stop()
    assert not half.exists()
    assert not (folder.path / "postgres" / "rubbish").exists()
    assert not (folder.path / "postgres.password").exists()


def test_a_setting_that_postgres_refuses_is_told(folder: DataFolder) -> None:
    server = EmbeddedPostgres(folder, password="p", settings={"no_such_setting": "1"})
    with pytest.raises(PostgresFailed, match="no_such_setting"):
        server.start()
    assert not server.alive


def test_a_failing_initdb_is_told(folder: DataFolder, tmp_path: Path) -> None:
    broken = tmp_path / "pginstall"
    (broken / "bin").mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = broken / "bin" / name
        program.write_text("#!/bin/sh\n[ $1 = --version ] || { echo no space left; exit 1; }\n")
        program.chmod(0o755)
    server = EmbeddedPostgres(folder, password="p", installation=broken)
    with pytest.raises(PostgresFailed, match="no space left"):
        server.start()
    server.stop()


def test_a_user_without_an_account_is_told_so(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "stand_in", lambda path: None)
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    with pytest.raises(PostgresFailed, match="user id 4000000 has no account"):
        EmbeddedPostgres(folder, password="p").start()


def test_a_start_that_takes_too_long_is_given_up(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "RECOVERY", -1)
    server = EmbeddedPostgres(folder, password="p", settings=QUICK)
    with pytest.raises(PostgresFailed, match="did not start"):
        server.start()
    assert not server.alive


def test_a_long_log_begins_anew(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_LOG_MAX", 10)
    log = folder.path / "postgres.log"
    log.write_text("long ago\n" * 10)
    server = EmbeddedPostgres(folder, password="p", settings=QUICK)
    server.start()
    server.stop()
    assert "long ago" not in log.read_text()


def test_the_log_holds_no_values(server: EmbeddedPostgres, folder: DataFolder) -> None:
    ask(server.url, "CREATE TABLE people (email text PRIMARY KEY)")
    ask(server.url, "INSERT INTO people VALUES ('ana@secret.example')")
    with pytest.raises(asyncpg.UniqueViolationError):
        ask(server.url, "INSERT INTO people VALUES ('ana@secret.example')")
    text = (folder.path / "postgres.log").read_text()
    assert "duplicate key" in text
    assert "ana@secret" not in text


def test_a_long_path_is_no_obstacle(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / ("d" * 120) / "with space, and comma")
    folder.prepare()
    server = EmbeddedPostgres(folder, password="p", settings=QUICK)
    server.start()
    try:
        assert ask(server.url, "SELECT 1") == 1
    finally:
        server.stop()
    assert sorted(path.name for path in folder.path.iterdir()) == ["postgres", "postgres.log"]


def test_a_stubborn_server_is_made_to_stop(
    server: EmbeddedPostgres, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "STOPPING", ((signal.SIGCONT, 0.01), (signal.SIGCONT, 0.01)))
    pid = postmaster(folder)
    server.stop()
    wait_for_end(pid)


def test_without_the_package_it_says_so(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PostgresFailed, match="not installed"):
        EmbeddedPostgres(folder, password="p")


def test_an_old_server_that_does_not_end_is_reported(tmp_path: Path) -> None:
    stubborn = ["sh", "-c", "trap '' INT; echo x; exec sleep 60"]
    with subprocess.Popen(stubborn, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        with pytest.raises(PostgresFailed, match=f"process {process.pid}"):
            embedded.end(process.pid, tmp_path, patience=0.05)
        process.kill()


# --- as root: whose folders others may not enter ---------------------------------------------------


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder of root's alone, with a checkout's programs and its data in it."""
    top = Path(tempfile.mkdtemp())
    top.chmod(0o700)
    yield top
    shutil.rmtree(top)


@pytest.mark.root
def test_root_serves_from_behind_a_closed_door(closed: Path) -> None:
    """Neither the programs nor the data can be reached by the user that runs Postgres: 0700 above both."""
    package = EmbeddedPostgres(DataFolder(closed), password="p")._installation.parent
    site = closed / "venv" / "site-packages"
    shutil.copytree(package, site / package.name)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, site / libraries.name)
    folder = DataFolder(closed / "home" / "data")
    folder.prepare()
    before = {path: path.stat() for path in (closed, closed / "home", site)}
    server = EmbeddedPostgres(
        folder, password="p", settings=QUICK, installation=site / package.name / "pginstall"
    )
    server.start()
    try:
        assert ask(server.url, "SELECT 1") == 1
        assert Path(f"/proc/{postmaster(folder)}").stat().st_uid != 0
        programs = Path((folder.path / "programs.path").read_text())
        assert programs.is_dir()
    finally:
        server.stop()
    assert not programs.exists()
    for path, then in before.items():
        assert (path.stat().st_mode, path.stat().st_uid) == (then.st_mode, then.st_uid)
    again = EmbeddedPostgres(
        folder, password="p", settings=QUICK, installation=site / package.name / "pginstall"
    )
    again.start()
    again.stop()


@pytest.mark.root
def test_root_keeps_the_owner_of_existing_data(folder: DataFolder) -> None:
    data = folder.path / "postgres"
    assert unprivileged.stand_in(data) is not None
    data.mkdir()
    os.chown(data, 12345, 54321)
    assert unprivileged.stand_in(data) == unprivileged.User(uid=12345, gid=54321)


@pytest.mark.root
def test_nobody_follows_a_link_that_was_planted(folder: DataFolder, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep")
    link = folder.path / "pg_hba.conf"
    link.symlink_to(precious)
    with pytest.raises(OSError, match="symbolic"):
        embedded.overwrite(link, "x")
    assert precious.read_text() == "keep"
