"""What each kind of channel can do: the built-in namespaces, and those of the configuration file.

    [namespaces.board]
    subscribe = "members"      # nobody, members, authenticated or anyone
    publish = "members"        # by clients; the server API may always
    presence = "members"
    history_size = 100         # publications
    history_ttl = 300          # seconds
    recovery = true

`members` of `subscribe` are those whose token lists the channel in its claim `channels`; `members` of `publish` and
`presence` are those subscribed at the moment. `authenticated` are people with a token; a guest by a join link is not
one of them. Who may not subscribe may do nothing: with `nobody` only the server API publishes, whatever `publish` says,
and no client reads. The built-in namespaces ask the Authorizer, and these options only bound what it may grant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from hub.authorizer import Grant, Identity
from hub.limits import KIB
from protocol import channels

Access = Literal["nobody", "members", "authenticated", "anyone"]

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
KEY = re.compile(r"[!-~]{1,255}")
DAY = 86_400.0
MAX_SIZE = 1_000
MAX_TTL = 30 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """Options of the channels `name:*`. `history_ttl` in seconds."""

    name: str
    subscribe: Access = "nobody"
    publish: Access = "nobody"
    presence: Access = "nobody"
    history_size: int = 0
    history_ttl: float = 0.0
    recovery: bool = False
    latest: bool = False
    """Each publication replaces the one before: recovery brings the last, whatever was missed."""
    join_leave: bool = False
    largest: int = 64 * KIB
    """Bytes of a client's publication. A whole message is not more either."""
    built_in: bool = False

    @property
    def has_history(self) -> bool:
        """Whether publications are kept."""
        return self.history_size > 0 and self.history_ttl > 0

    @property
    def fleeting(self) -> bool:
        """Whether clients publish what nobody keeps: a reader who is behind does without, instead of being cut off."""
        return self.publish != "nobody" and not self.has_history


_KEPT = Namespace(
    name="",
    subscribe="authenticated",
    history_size=300,
    history_ttl=DAY,
    recovery=True,
    built_in=True,
)

BUILT_IN: tuple[Namespace, ...] = (
    replace(_KEPT, name="user"),
    replace(_KEPT, name="slots", subscribe="anyone", history_size=100, history_ttl=300.0),
    replace(_KEPT, name="calendar"),
    replace(_KEPT, name="room", presence="members", join_leave=True),
    replace(_KEPT, name="participant"),
    Namespace(
        name="signals",
        subscribe="authenticated",
        publish="members",
        largest=4 * KIB,  # who is typing, and no more
        built_in=True,
    ),
    replace(_KEPT, name="call", history_size=1, latest=True),
)


class InvalidNamespaces(ValueError):
    """Every field of the configuration that cannot be used, in `problems`."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class Namespaces:
    """Finds a channel's options. `configured` is the configuration's table `namespaces`: name to fields.

    Raises InvalidNamespaces with all that is wrong at once.
    """

    def __init__(self, configured: Mapping[str, Any] | None = None) -> None:
        problems: list[str] = []
        parsed = [_parse(name, fields, problems) for name, fields in (configured or {}).items()]
        if problems:
            raise InvalidNamespaces(tuple(problems))
        self._by_name = {namespace.name: namespace for namespace in (*BUILT_IN, *parsed)}

    def find(self, channel: str) -> Namespace | None:
        """The namespace of a well-formed channel name, else None."""
        name, key = channels.split(channel)
        namespace = self._by_name.get(name)
        if namespace is None or len(channel) > channels.MAX_LENGTH or not KEY.fullmatch(key):
            return None
        if namespace.built_in and channels.key_id(channel) is None:
            return None
        return namespace


def admits(access: Access, identity: Identity, *, member: bool) -> bool:
    """Whether `identity` is among those that `access` names."""
    if access == "members":
        return member
    if access == "authenticated":
        return identity.claims is not None and not identity.claims.is_guest
    return access == "anyone"


def configured_grant(
    namespace: Namespace, identity: Identity, channel: str, *, subscribed: bool
) -> Grant | None:
    """What `identity` may do with a channel of the configuration file."""
    listed = identity.claims is not None and channel in identity.claims.channels
    if not admits(namespace.subscribe, identity, member=listed):
        return None
    return Grant(
        publish=admits(namespace.publish, identity, member=subscribed),
        presence=admits(namespace.presence, identity, member=subscribed),
        history=namespace.has_history,
    )


_FIELDS = ("subscribe", "publish", "presence", "history_size", "history_ttl", "recovery")


def _parse(name: str, fields: Any, problems: list[str]) -> Namespace:
    where = f"namespaces.{name}"
    if not NAME.fullmatch(name):
        problems.append(f"{where}: a name is {NAME.pattern}")
    elif name in channels.BUILT_IN:
        problems.append(f"{where}: this namespace is built in")
    if not isinstance(fields, Mapping):
        problems.append(f"{where}: must be a table")
        return Namespace(name=name)
    found = len(problems)
    problems.extend(f"{where}.{key}: no such field" for key in fields if key not in _FIELDS)
    problems.extend(f"{where}.{key}: {why}" for key, why in _wrong(fields))
    return Namespace(name=name) if len(problems) > found else Namespace(name=name, **fields)


def _wrong(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each field that cannot be used, and why."""
    wrong = [
        (key, f"must be one of {', '.join(get_args(Access))}")
        for key in ("subscribe", "publish", "presence")
        if key in fields and fields[key] not in get_args(Access)
    ]
    size, ttl = fields.get("history_size", 0), fields.get("history_ttl", 0)
    recovery = fields.get("recovery", False)
    if type(size) is not int or not 0 <= size <= MAX_SIZE:
        wrong.append(("history_size", f"must be a whole number from 0 to {MAX_SIZE}"))
    if type(ttl) not in (int, float) or not 0 <= ttl <= MAX_TTL:
        wrong.append(("history_ttl", f"must be seconds from 0 to {MAX_TTL:.0f}"))
    if type(recovery) is not bool:
        wrong.append(("recovery", "must be true or false"))
    elif recovery and not (size and ttl):
        wrong.append(("recovery", "needs history_size and history_ttl"))
    elif bool(size) != bool(ttl):
        wrong.append(("history_size", "and history_ttl go together"))
    return wrong
