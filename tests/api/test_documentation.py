import re

import httpx2
import pytest

from api.app import create_app
from api.components import Components
from api.security_headers import page_policy
from tests.api.conftest import Connect

pytestmark = pytest.mark.asyncio


@pytest.fixture
def client(components: Components, connect: Connect) -> httpx2.AsyncClient:
    return connect(create_app(components))


async def test_the_page_loads_nothing_of_others_and_nothing_inline(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.get("/api/v1/docs")
    assert answer.headers["Content-Security-Policy"] == page_policy("klear.example")
    links = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert links == [
        "data:,",
        "/docs/swagger-ui.css",
        "/docs/swagger-ui-bundle.js",
        "/api/v1/docs/start.js",
    ]
    assert re.findall(r"<script[^>]*>([^<]+)", answer.text) == []
    assert "<style" not in answer.text
    assert "style=" not in answer.text


async def test_it_is_started_by_a_script_of_ours(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/docs/start.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert 'url: "/api/v1/openapi.json"' in answer.text
    assert "validatorUrl: null" in answer.text


async def test_the_document_is_served(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/v1/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.1.")
    assert answer.json()["servers"] == [{"url": "/api/v1"}]
