"""Run a command against a Postgres of its own: `python tests/with_postgres.py /usr/lib/postgresql/15 pytest ...`.

The server is started from the given installation as the program starts its embedded one: in a private folder, on a Unix
socket, as an unprivileged user. The command finds it in KLEAR_TEST_DATABASE_URL.
"""

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from klear.data_folder import DataFolder
from klear.embedded import EmbeddedPostgres


def main() -> int:
    """The exit code of the command."""
    installation, *command = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="klear-postgres-") as path:
        folder = DataFolder(Path(path))
        folder.prepare()
        server = EmbeddedPostgres(
            folder,
            password=secrets.token_urlsafe(),
            settings={"fsync": "off"},
            installation=Path(installation),
        )
        server.start()
        try:
            environment = os.environ | {"KLEAR_TEST_DATABASE_URL": server.url}
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
