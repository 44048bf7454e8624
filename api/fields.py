"""Types of the fields that clients send.

JSON can write what Postgres' text cannot hold: NUL, and half of a surrogate pair. It is refused here, by name.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


def _storable(value: str) -> str:
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("must not contain NUL or half of a character")
    return value


Text = Annotated[str, AfterValidator(_storable)]
"""Any text that UTF-8 and Postgres can hold. Bound its length: `Annotated[Text, StringConstraints(max_length=...)]`."""

Line = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A short text that is not empty: a name, a reason."""


class Body(BaseModel):
    """A request body. A member that we do not know is refused: it is a misspelt one more often than a newer one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
