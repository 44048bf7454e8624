import base64
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx2
import orjson
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from api.errors import CursorInvalid
from api.pagination import Page, PageRequest, encode
from api.problems import HANDLERS
from tests.api.conftest import Connect


def page(cursor: str | None) -> PageRequest:
    return PageRequest(cursor=cursor, limit=10)


def test_a_cursor_gives_back_its_parts() -> None:
    at, item = datetime(2026, 11, 23, 9, 0, 0, 1, UTC), uuid4()
    cursor = encode(at.isoformat(), item)
    assert page(cursor).after(datetime.fromisoformat, UUID) == (at, item)


@given(st.lists(st.text(), max_size=4))
def test_any_text_fits_a_cursor(parts: list[str]) -> None:
    cursor = encode(*parts)
    assert cursor.isascii()
    assert "=" not in cursor
    assert page(cursor).after(*[str] * len(parts)) == tuple(parts)


def test_the_first_page_is_after_nothing() -> None:
    assert page(None).after(UUID) is None


def raw(document: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(document)).rstrip(b"=").decode()


@pytest.mark.parametrize("readers", [(datetime.fromisoformat, UUID), (str, UUID), (str, str)])
@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "!!!!",
        encode(),
        encode("a"),
        encode(1, 2, 3),
        "e30",
        "WzEsMl0",
        "bnVsbA",
        raw([["x"], str(UUID(int=1))]),
        raw([{}, str(UUID(int=1))]),
        raw([1, str(UUID(int=1))]),
        raw({"a": 1, "b": 2}),
        raw("ab"),
    ],
)
def test_what_is_no_cursor_of_this_list_is_refused(
    cursor: str, readers: tuple[Callable[[str], object], ...]
) -> None:
    with pytest.raises(CursorInvalid):
        page(cursor).after(*readers)


@given(st.text(max_size=40) | st.from_regex(r"[\w-]{1,40}"))
def test_noise_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        page(cursor).after(datetime.fromisoformat, UUID)


@pytest.fixture
def client(connect: Connect) -> httpx2.AsyncClient:
    app = FastAPI(exception_handlers=dict(HANDLERS), openapi_url=None)

    @app.get("/")
    async def listed(page: Page) -> list[object]:
        return [page.cursor, page.limit]

    return connect(app)


@pytest.mark.asyncio
async def test_a_page_comes_from_the_query(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/")).json() == [None, 50]
    answer = await client.get("/", params={"cursor": "abc", "limit": 100})
    assert answer.json() == ["abc", 100]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"cursor": "x" * 513}]
)
async def test_a_page_is_bounded(client: httpx2.AsyncClient, query: dict[str, str]) -> None:
    assert (await client.get("/", params=query)).status_code == 422
