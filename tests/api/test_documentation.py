import re
from pathlib import Path

import httpx2
import pytest

from api.app import create_app
from api.components import Components
from api.security_headers import page_policy
from tests.api.conftest import Connect

SOURCE = Path(__file__).parents[2] / "web" / "api-docs"
"""The page as the web build takes it."""


@pytest.fixture
def client(components: Components, connect: Connect) -> httpx2.AsyncClient:
    return connect(create_app(components))


@pytest.mark.asyncio
async def test_the_page_comes_from_our_own_build(
    client: httpx2.AsyncClient, components: Components
) -> None:
    folder = components.web / "docs"
    folder.mkdir(parents=True)
    (folder / "index.html").write_bytes((SOURCE / "index.html").read_bytes())
    answer = await client.get("/api/v1/docs")
    assert (answer.status_code, answer.content) == (200, (SOURCE / "index.html").read_bytes())
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Security-Policy"] == page_policy("klear.example")


@pytest.mark.asyncio
async def test_before_it_is_built_it_says_how(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/docs")
    assert answer.status_code == 503
    assert "make run" in answer.text


@pytest.mark.asyncio
async def test_the_document_is_served(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1.")
    assert answer.json()["servers"] == [{"url": "/api/v1"}]


def test_the_page_loads_nothing_of_others_and_nothing_inline() -> None:
    page = (SOURCE / "index.html").read_text()
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert links
    assert all(link.startswith("/") and not link.startswith("//") for link in links)
    assert re.findall(r"<script[^>]*>([^<]+)", page) == []
    assert "<style" not in page
    assert "style=" not in page


def test_it_shows_our_document_and_tells_nobody() -> None:
    started = (SOURCE / "initializer.js").read_text()
    assert 'url: "/api/v1/openapi.json"' in started
    assert "validatorUrl: null" in started  # else the page sends the document to swagger.io
