"""Pages of a list: an opaque cursor that says after which item, and a limit.

A cursor is base64url of a JSON list of strings: the last item's place in the list's order, its id last. It names no
offset, so nothing is skipped or doubled when items come and go. It grants nothing, and so is not signed.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Query

from api.errors import CursorInvalid

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
MAX_CURSOR = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which page: at most `limit` items after `cursor`; None is the first page."""

    cursor: str | None
    limit: int

    def after(self, *readers: Callable[[str], Any]) -> tuple[Any, ...] | None:
        """The cursor's parts, each through its reader (`datetime.fromisoformat`, `UUID`), or None on the first page.

        CursorInvalid for what is not a cursor of as many parts, or does not read.
        """
        return None if self.cursor is None else _decode(self.cursor, readers)


def encode(*parts: object) -> str:
    """The cursor after the item at `parts`: its sort key, then its id. Times go in by `isoformat`."""
    document = orjson.dumps([str(part) for part in parts])
    return base64.urlsafe_b64encode(document).rstrip(b"=").decode()


def page_request(
    cursor: Annotated[
        str | None, Query(max_length=MAX_CURSOR, description="`next_cursor` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items at most.")] = DEFAULT_LIMIT,
) -> PageRequest:
    """A dependency: the page that the query asks for."""
    return PageRequest(cursor=cursor, limit=limit)


Page = Annotated[PageRequest, Depends(page_request)]


def _decode(cursor: str, readers: Sequence[Callable[[str], Any]]) -> tuple[Any, ...]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            raise CursorInvalid
        return tuple(read(part) for read, part in zip(readers, parts, strict=True))
    except (ValueError, binascii.Error):
        raise CursorInvalid from None
