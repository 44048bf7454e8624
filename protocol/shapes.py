"""Readers of plain JSON values, each with the value's place for the refusal: `encodings[0].ssrc`."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from protocol.errors import BadRequest

Scalar = str | int | float
T = TypeVar("T")

MAX_ITEMS = 64
"""Codecs, extensions or encodings in one list: a browser offers about 40 codecs."""
MAX_TEXT = 256
"""Characters of any text in these objects: a SHA-512 fingerprint has 191."""


class InvalidCallParameters(BadRequest):
    """The parameters of a call are malformed; `detail` names the place."""

    code, slug = 1299, "call-parameters-invalid"
    title = "The parameters of this call are not valid."


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """An object, as a mapping."""
    if not isinstance(value, Mapping):
        raise InvalidCallParameters(f"{where} is not an object")
    return value


def text(value: object, where: str, *, least: int = 1, most: int = MAX_TEXT) -> str:
    """A printable text of `least` to `most` characters."""
    if not isinstance(value, str) or not least <= len(value) <= most or not value.isprintable():
        raise InvalidCallParameters(f"{where} is not a text of {least} to {most} characters")
    return value


def number(value: object, where: str, least: int, most: int) -> int:
    """A whole number: no float, no bool."""
    if type(value) is not int or not least <= value <= most:
        raise InvalidCallParameters(f"{where} is not a whole number from {least} to {most}")
    return value


def ssrc(value: object, where: str) -> int:
    """An SSRC (RFC 3550): 0 is not used."""
    return number(value, where, 1, 0xFFFFFFFF)


def scalars(value: object, where: str) -> dict[str, Scalar]:
    """An object of texts and numbers, such as a codec's parameters; null is an empty one."""
    scalars: dict[str, Scalar] = {}
    for key, item in mapping(value or {}, where).items():
        if not isinstance(item, str | int | float) or len(scalars) >= MAX_ITEMS:
            raise InvalidCallParameters(f"{where} holds something else than texts and numbers")
        scalars[text(key, where)] = (
            item if not isinstance(item, str) else text(item, where, least=0)
        )
    return scalars


def listed(
    value: object, where: str, read: Callable[[object, str], T], *, least: int = 0
) -> tuple[T, ...]:
    """A list whose items `read` reads; null is an empty one."""
    items = [] if value is None else value
    if not isinstance(items, list | tuple) or not least <= len(items) <= MAX_ITEMS:
        raise InvalidCallParameters(f"{where} is not a list of {least} to {MAX_ITEMS} items")
    return tuple(read(item, f"{where}[{index}]") for index, item in enumerate(items))
