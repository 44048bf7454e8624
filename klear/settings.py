"""The environment, read once and whole. The only file that touches os.environ.

KLEAR_ENV               development (default) or production: production refuses unsafe defaults
KLEAR_HOST, KLEAR_PORT  127.0.0.1 and 8000; port 0 takes a free one
KLEAR_DATA              .data: everything this installation keeps
KLEAR_DATABASE_URL      the owner's URL of a Postgres of your own, for migrations; unset: the embedded one
KLEAR_DATABASE_APP_URL  klear_app's URL, to serve with; in development it is derived
KLEAR_MEDIA_ADDRESS     addresses to announce for calls, with commas between; unset: the machine's own
KLEAR_MEDIA_PORT        the UDP port for calls; 0 (default) takes a free one
KLEAR_API_KEY           the key of the server API; unset: it is not served
KLEAR_CONFIG            a TOML file with [namespaces.NAME] tables
KLEAR_SIGNING_KEY       an Ed25519 private key in PEM; in development one is made and kept
KLEAR_PUBLIC_URL        where people reach the server, for links in mails and chats
KLEAR_TRUSTED_PROXIES   addresses or networks whose forwarded addresses are believed, with commas between; 127.0.0.1
KLEAR_LOG_LEVEL         debug, info (default), warning or error
"""

import ipaddress
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

from typing_extensions import override

from hub.namespaces import InvalidNamespaces, Namespaces
from services.accounts.tokens import Tokens

Environment = Literal["development", "production"]
LogLevel = Literal["debug", "info", "warning", "error"]
T = TypeVar("T")

NAMES = (
    *("KLEAR_ENV", "KLEAR_HOST", "KLEAR_PORT", "KLEAR_DATA"),
    *("KLEAR_DATABASE_URL", "KLEAR_DATABASE_APP_URL"),
    *("KLEAR_MEDIA_ADDRESS", "KLEAR_MEDIA_PORT"),
    *("KLEAR_API_KEY", "KLEAR_CONFIG", "KLEAR_SIGNING_KEY", "KLEAR_PUBLIC_URL", "KLEAR_LOG_LEVEL"),
    "KLEAR_TRUSTED_PROXIES",
)

SECRET = ("KLEAR_DATABASE_URL", "KLEAR_DATABASE_APP_URL", "KLEAR_API_KEY", "KLEAR_SIGNING_KEY")
"""What child processes have no need of."""

MIN_API_KEY = 16
"""Characters: a key that cannot be guessed."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that shows itself only when asked for by name."""

    value: str = field(repr=False)

    @override
    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment says. See the module for each."""

    environment: Environment = "development"
    host: str = "127.0.0.1"
    port: int = 8000
    data: Path = Path(".data")
    database_url: Secret | None = None
    database_app_url: Secret | None = None
    media_addresses: tuple[str, ...] = ()
    media_port: int = 0
    api_key: Secret | None = None
    namespaces: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    signing_key: Secret | None = None
    public_url: str | None = None
    trusted_proxies: tuple[str, ...] = ("127.0.0.1",)
    log_level: LogLevel = "info"
    unknown: tuple[str, ...] = ()
    """Variables that begin with KLEAR_ and mean nothing: a misspelling, most likely."""
    child_environment: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )
    """The environment for child processes: without secrets."""

    @property
    def is_production(self) -> bool:
        """Whether unsafe defaults are refused."""
        return self.environment == "production"


class InvalidSettings(Exception):
    """Every variable that cannot be used, in `problems`: `NAME: why`."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; an empty variable counts as unset. Raises InvalidSettings with all that is wrong at once."""
    given = os.environ if environ is None else environ
    reader = _Reader(given)
    settings = Settings(
        environment=reader.take("KLEAR_ENV", _one_of("development", "production"), "development"),
        host=reader.take("KLEAR_HOST", str, "127.0.0.1"),
        port=reader.take("KLEAR_PORT", _port, 8000),
        data=reader.take("KLEAR_DATA", Path, Path(".data")).expanduser().absolute(),
        database_url=reader.take("KLEAR_DATABASE_URL", _database_url, None),
        database_app_url=reader.take("KLEAR_DATABASE_APP_URL", _database_url, None),
        media_addresses=reader.take("KLEAR_MEDIA_ADDRESS", _addresses, ()),
        media_port=reader.take("KLEAR_MEDIA_PORT", _port, 0),
        api_key=reader.take("KLEAR_API_KEY", Secret, None),
        namespaces=reader.take("KLEAR_CONFIG", _namespaces, MappingProxyType({})),
        signing_key=reader.take("KLEAR_SIGNING_KEY", _signing_key, None),
        public_url=reader.take("KLEAR_PUBLIC_URL", _public_url, None),
        trusted_proxies=reader.take("KLEAR_TRUSTED_PROXIES", _networks, ("127.0.0.1",)),
        log_level=cast("LogLevel", reader.take("KLEAR_LOG_LEVEL", _one_of(*_LEVELS), "info")),
        unknown=tuple(sorted(name for name in given if _is_unknown(name))),
        child_environment={name: given[name] for name in given if name not in SECRET},
    )
    problems = (*reader.problems, *_unsafe(settings, reader))
    if problems:
        raise InvalidSettings(problems)
    return settings


_LEVELS = ("debug", "info", "warning", "error")


class _Reader:
    """Takes variables one by one and remembers what was wrong."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.problems: list[str] = []

    def take(self, name: str, parse: Callable[[str], Any], default: T) -> T:
        text = self._given.get(name, "").strip()
        if not text:
            return default
        try:
            return cast("T", parse(text))
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
            return default

    def is_bad(self, name: str) -> bool:
        return any(problem.startswith(f"{name}:") for problem in self.problems)


def _unsafe(settings: Settings, reader: _Reader) -> list[str]:
    """What development takes for granted and production must be told."""
    if not settings.is_production:
        return []
    needed = {
        "KLEAR_DATABASE_APP_URL": (settings.database_app_url, "klear_app's URL of your Postgres"),
        "KLEAR_SIGNING_KEY": (settings.signing_key, "an Ed25519 private key in PEM"),
        "KLEAR_PUBLIC_URL": (settings.public_url, "the https:// address that people use"),
    }
    problems = [
        f"{name}: production needs {what}"
        for name, (value, what) in needed.items()
        if value is None and not reader.is_bad(name)
    ]
    if settings.public_url and not settings.public_url.startswith("https://"):
        problems.append("KLEAR_PUBLIC_URL: production needs https://")
    if settings.api_key and len(settings.api_key.value) < MIN_API_KEY:
        problems.append(f"KLEAR_API_KEY: production needs {MIN_API_KEY} characters or more")
    return problems


def _is_unknown(name: str) -> bool:
    return name.startswith("KLEAR_") and name not in NAMES and not name.startswith("KLEAR_TEST_")


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return text

    return parse


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise ValueError("must be a port, 0 to 65535")
    return int(text)


def _addresses(text: str) -> tuple[str, ...]:
    bad = [part for part in _list(text) if not _is_address(part)]
    if bad:
        raise ValueError(f"must be IP addresses with commas between; not {', '.join(bad)}")
    return _list(text)


def _is_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not address.is_unspecified and not address.is_multicast


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _networks(text: str) -> tuple[str, ...]:
    for part in _list(text):
        ipaddress.ip_network(part)  # uvicorn would take anything, and believe nobody
    return _list(text)


def _database_url(text: str) -> Secret:
    if urlsplit(text).scheme not in ("postgresql", "postgres"):
        raise ValueError("must begin with postgresql://")
    return Secret(text)


def _signing_key(text: str) -> Secret:
    pem = text.replace("\\n", "\n")  # many tools cannot put a line's end into a variable
    Tokens(pem, clock=lambda: datetime.now(UTC))  # only to see whether it is a key
    return Secret(pem)


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be an address like https://klear.example")
    return text.rstrip("/")


def _namespaces(text: str) -> Mapping[str, Any]:
    try:
        table = tomllib.loads(Path(text).expanduser().read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"cannot read {text}: {error}") from None
    strangers = [name for name in table if name != "namespaces"]
    if strangers:
        raise ValueError(f"{text}: only [namespaces.NAME] is known, not {', '.join(strangers)}")
    configured = table.get("namespaces", {})
    if not isinstance(configured, dict):
        raise ValueError(f"{text}: namespaces must be tables")
    try:
        Namespaces(configured)
    except InvalidNamespaces as error:
        raise ValueError(f"{text}: {error}") from None
    return configured
