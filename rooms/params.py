"""Parameters of an RPC, read from the object a client sent. Each raises BadRequest that names the parameter."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from protocol.errors import BadRequest

Params = Mapping[str, Any]


def identifier(params: Params, name: str) -> UUID:
    """A UUID in its canonical form."""
    value = params.get(name)
    try:
        parsed = UUID(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or str(parsed) != value:
        raise BadRequest(f"{name}: a UUID is needed.")
    return parsed


def integer(params: Params, name: str, *, low: int, high: int, default: int) -> int:
    """A whole number from `low` to `high`; `default` where it is absent."""
    value = params.get(name, default)
    if type(value) is not int or not low <= value <= high:
        raise BadRequest(f"{name}: a whole number from {low} to {high} is needed.")
    return value


def text(params: Params, name: str, *, longest: int) -> str:
    """A string of 1 to `longest` printable characters."""
    value = params.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
        raise BadRequest(f"{name}: a string of 1 to {longest} printable characters is needed.")
    return value


def flag(params: Params, name: str) -> bool:
    """A boolean; false where it is absent."""
    value = params.get(name, False)
    if not isinstance(value, bool):
        raise BadRequest(f"{name}: true or false is needed.")
    return value
