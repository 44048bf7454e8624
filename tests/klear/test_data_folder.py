"""One private folder: closed to others, held by one program, with secrets that stay."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from klear.data_folder import DataFolder, DataFolderBusy, DataFolderRefused


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "deep" / "data")
    made.prepare()
    return made


def test_it_is_made_private_and_made_private_again(folder: DataFolder) -> None:
    assert mode(folder.path) == 0o700
    folder.path.chmod(0o755)
    folder.prepare()
    assert mode(folder.path) == 0o700


@pytest.mark.parametrize("name", ["precious", ".bashrc"])
def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path, name: str) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / name).touch()
    (tmp_path / "lock").touch()
    with pytest.raises(DataFolderRefused, match=rf"holds other things \({re.escape(name)}\)"):
        DataFolder(tmp_path).prepare()
    assert mode(tmp_path) == 0o755


def test_ours_may_hold_more(folder: DataFolder) -> None:
    folder.secret("signing", lambda: "x")
    (folder.path / "backup").mkdir()
    folder.prepare()


def test_what_a_program_leaves_behind_is_known(folder: DataFolder) -> None:
    for name in ("lock", "socket.path", ".signing.secret.x1", "postgres.new", "media.sock"):
        (folder.path / name).touch()
    folder.prepare()


@pytest.mark.parametrize("path", ["/dev/null/x", "/dev/null", "/proc/x"])
def test_a_folder_that_cannot_be_is_told(path: str) -> None:
    with pytest.raises(DataFolderRefused, match=r"cannot be used \(.+\): set KLEAR_DATA"):
        DataFolder(Path(path)).prepare()


def test_one_program_holds_it(folder: DataFolder) -> None:
    folder.lock()
    with pytest.raises(
        DataFolderBusy, match=rf"another klear runs on .* \(process {os.getpid()}\)"
    ):
        DataFolder(folder.path).lock()
    folder.unlock()
    folder.unlock()
    again = DataFolder(folder.path)
    again.lock()
    again.unlock()


def test_the_death_of_the_holder_lets_it_go(folder: DataFolder) -> None:
    holder = (
        "import os, sys; from pathlib import Path; from klear.data_folder import DataFolder;"
        " DataFolder(Path(sys.argv[1])).lock(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", holder, folder.path], check=False).returncode == -9
    folder.lock()
    folder.unlock()


def test_a_secret_is_made_once_and_kept_private(folder: DataFolder) -> None:
    assert folder.secret("key", lambda: "one") == "one"
    assert folder.secret("key", lambda: "two") == "one"

    def late() -> str:
        folder.write_private("other.secret", "first")
        return "second"

    assert folder.secret("other", late) == "first"
    (folder.path / "other.secret").unlink()
    assert mode(folder.path / "key.secret") == 0o600
    assert sorted(path.name for path in folder.path.iterdir()) == ["key.secret"]


def test_a_scratch_folder_is_private_recorded_and_removed(folder: DataFolder) -> None:
    made = folder.scratch("socket")
    assert mode(made) == 0o700
    assert (folder.path / "socket.path").read_text() == str(made)
    folder.drop_scratch("socket")
    assert not made.exists()
    assert not (folder.path / "socket.path").exists()
    folder.drop_scratch("socket")


def test_what_a_killed_predecessor_left_is_cleared_away(folder: DataFolder) -> None:
    left = folder.scratch("socket")
    made = DataFolder(folder.path).scratch("socket")
    assert not left.exists()
    assert made.exists()
    folder.drop_scratch("socket")


def test_a_forged_record_removes_nothing(folder: DataFolder, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    link = Path(tempfile.mkdtemp()) / "klear-socket-x"
    link.symlink_to(precious)
    for forged in (precious, link):
        folder.write_private("socket.path", str(forged))
        folder.drop_scratch("socket")
        assert precious.is_dir()
    shutil.rmtree(link.parent)


def test_a_short_path_is_used_as_it_is(folder: DataFolder) -> None:
    assert folder.socket_folder("socket", Path("/a"), longest=14) == Path("/a")


@pytest.mark.parametrize("name", ["d" * 120, "a,b"])
def test_a_path_too_long_or_odd_for_a_socket_gets_a_link(tmp_path: Path, name: str) -> None:
    folder = DataFolder(tmp_path / name)
    folder.prepare()
    link = folder.socket_folder("socket", folder.path, longest=14)
    assert len(str(link)) < 80
    assert link.samefile(folder.path)
    folder.drop_scratch("socket")
    assert not link.exists()
    assert folder.path.exists()
