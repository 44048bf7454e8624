"""KLEAR_DATA: one private folder with all that this installation keeps.

lock                  held by the one running program
*.secret              generated passwords and keys, 0600
postgres/             the embedded server's data (its files belong to an unprivileged user when we run as root)
postgres.log          what it said
*.path                where a private temporary folder lies, so that the next start can clear it away
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

SOCKET_PATH_MAX = 100
"""Bytes: the kernel takes 107 on Linux and 103 on macOS, and some room is left for suffixes."""


KNOWN = (
    *("lock", "*.secret", "*.path", "media.sock", "lost+found"),
    *("postgres", "postgres.new", "postgres.log", "postgres.password"),
    *(".*.secret.*", ".*.path.*", ".postgres.password.*"),  # half written
)
"""What a folder of ours may hold, and no more; one with a secret of ours may hold anything beside it."""

OWN = ("signing.secret", "postgres-owner.secret", "postgres-app.secret")
"""Nobody else's folder has these."""


class DataFolderBusy(Exception):
    """Another program holds the folder."""


class DataFolderRefused(Exception):
    """The folder cannot be ours. The message says why."""


class DataFolder:
    """The folder at `path`, made with 0700 where it is missing. Nothing outside of it is changed."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock = -1

    def prepare(self) -> None:
        """Make the folder; an existing one is closed to others, if it is empty or ours. Raises DataFolderRefused."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._refuse_strange()
            self.path.chmod(0o700)
        except OSError as error:
            raise DataFolderRefused(
                f"{self.path} cannot be used ({error.strerror}): set KLEAR_DATA to a folder of its own"
            ) from None

    def _refuse_strange(self) -> None:
        """To close somebody's home or /srv would be worse than not to start."""
        names = [path.name for path in self.path.iterdir()]
        strange = [name for name in names if not any(fnmatchcase(name, known) for known in KNOWN)]
        if strange and not set(OWN) & set(names):
            raise DataFolderRefused(
                f"{self.path} holds other things ({min(strange)}): set KLEAR_DATA to a folder of its own"
            )

    def lock(self) -> None:
        """Hold the folder until `unlock` or the end of this process. Raises DataFolderBusy with the holder's id."""
        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 32, 0).decode(errors="replace").strip()
            self.unlock()
            raise DataFolderBusy(
                f"another klear runs on {self.path} (process {holder or 'unknown'}): stop it, or set KLEAR_DATA"
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def unlock(self) -> None:
        """Let others have it."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def secret(self, name: str, make: Callable[[], str]) -> str:
        """The secret kept as `<name>.secret`; made by `make` the first time."""
        path = self.path / f"{name}.secret"
        if path.exists():
            return path.read_text().strip()
        made = self._written(path.name, make().strip())
        with contextlib.suppress(FileExistsError):  # who made it first has given it away already
            path.hardlink_to(made)
        made.unlink()
        return path.read_text().strip()

    def write_private(self, name: str, text: str) -> Path:
        """Write a file of 0600, whole or not at all."""
        return self._written(name, text).replace(self.path / name)

    def _written(self, name: str, text: str) -> Path:
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=f".{name}.")  # 0600
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return Path(temporary)

    def socket_folder(self, name: str, folder: Path, *, longest: int) -> Path:
        """`folder`, where a socket's name of `longest` bytes still fits behind its path; else a short link to it."""
        if len(os.fsencode(folder)) + 1 + longest <= SOCKET_PATH_MAX and "," not in str(folder):
            return folder
        link = self.scratch(name) / "s"
        link.symlink_to(folder)
        return link

    def scratch(self, name: str) -> Path:
        """A private folder (0700) with a short path in the system's temporary folder; `drop_scratch` removes it."""
        self.drop_scratch(name)  # what a killed predecessor left
        made = Path(tempfile.mkdtemp(prefix=f"klear-{name}-"))
        self.write_private(f"{name}.path", str(made))
        return made

    def drop_scratch(self, name: str) -> None:
        """Remove that folder, if there is one and it is ours."""
        record = self.path / f"{name}.path"
        if not record.exists():
            return
        left = Path(record.read_text())
        if left.name.startswith(f"klear-{name}-") and _is_our_folder(left):
            shutil.rmtree(left, ignore_errors=True)
        record.unlink()


def _is_our_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.geteuid()
