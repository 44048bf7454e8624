"""JSON as it travels: by orjson, which writes dataclasses, UUIDs and aware datetimes (RFC 3339) as they are."""

from typing import Any

import orjson


class InvalidJSON(ValueError):
    """Not one JSON document in UTF-8, or nested too deep to be written again."""


def encode(value: object) -> bytes:
    """One JSON document without a line feed. Raises InvalidJSON for what JSON cannot say."""
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise InvalidJSON(str(error)) from error


def decode(text: bytes | str) -> Any:
    """The value of one JSON document. Raises InvalidJSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidJSON(str(error)) from error


def one_line(document: bytes) -> bytes:
    """The same document without line breaks, which part the messages of a frame. Raises InvalidJSON."""
    value = decode(document)
    return encode(value) if b"\n" in document or b"\r" in document else document


def embed(document: bytes) -> orjson.Fragment:
    """A document that is already JSON, to stand as it is in a greater one."""
    return orjson.Fragment(document)
