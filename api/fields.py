"""Types of the fields that clients send. Postgres' text takes every character but NUL; so do we, and say so."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not contain a NUL character")
    return value


Text = Annotated[str, AfterValidator(_without_nul)]
"""Any text. Bound its length beside it: `Annotated[Text, StringConstraints(max_length=...)]`."""

Line = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A short text that is not empty: a name, a reason."""


class Body(BaseModel):
    """A request body. A member that we do not know is refused: it is a misspelt one more often than a newer one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
