"""The roles of the program: which parts run in a process."""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Which parts. `media`: a media worker as a child process."""

    gateway: bool = False
    relay: bool = False
    worker: bool = False
    media: bool = False


ROLES = MappingProxyType(
    {
        "all": Role(gateway=True, relay=True, worker=True, media=True),
        # An in-process broker reaches only the sockets of its own process: its relay has to live there too.
        "gateway": Role(gateway=True, relay=True),
        "relay": Role(relay=True),
        "worker": Role(worker=True),
        "media": Role(media=True),
    }
)


class RoleRefused(Exception):
    """This role cannot run the way things are. The message says what to do."""


def check(name: str, *, embedded: bool) -> Role:
    """The role of that name. Raises RoleRefused where its parts could not reach each other."""
    role = ROLES[name]
    if role.relay and not role.gateway:
        raise RoleRefused(
            "a relay of its own needs a broker between processes (Redis), which this version does not have: "
            "gateways relay for themselves"
        )
    if embedded and name not in ("all", "media"):
        raise RoleRefused(
            f"--role {name} needs KLEAR_DATABASE_URL: the embedded Postgres belongs to one program, --role all"
        )
    return role
