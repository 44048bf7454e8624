from pathlib import Path

import httpx2
import pytest

from api.app import create_app
from api.components import Components
from api.security_headers import page_policy
from tests.api.conftest import Connect

pytestmark = pytest.mark.asyncio

INDEX = "<!doctype html><title>Klear Karma</title>"


@pytest.fixture
def built(components: Components) -> Path:
    """A built web app."""
    folder = components.web
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "assets" / "index-B1a2.js").write_text("let a;")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder.parent / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def client(components: Components, connect: Connect) -> httpx2.AsyncClient:
    return connect(create_app(components))


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/practitioners/1-2", "/rooms/x/", "/index.html"]
)
async def test_every_page_is_the_app(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Security-Policy"] == page_policy("klear.example")


@pytest.mark.usefixtures("built")
async def test_a_page_is_asked_for_again_by_its_tag(client: httpx2.AsyncClient) -> None:
    first = await client.get("/sign-in")
    again = await client.get("/sign-in", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    # A browser puts a 304's headers over the stored page's: another policy would lock the page out of its own parts.
    policy = again.headers.get("Content-Security-Policy", page_policy("klear.example"))
    assert policy == page_policy("klear.example")


@pytest.mark.usefixtures("built")
async def test_a_hashed_asset_never_changes(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/assets/index-B1a2.js")
    assert (answer.status_code, answer.text) == (200, "let a;")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/javascript")


@pytest.mark.usefixtures("built")
async def test_another_file_is_asked_for_again(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/favicon.svg")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path",
    [
        *("/assets/gone-1.js", "/assets/gone", "/assets/gone/deeper", "/assets", "/assets/"),
        *("/robots.txt", "/wp-login.php", "/.env", "/.git/config", "/rooms/.hidden/x"),
        *("/.well-known/security", "/health", "/health/", "/health/gone"),
    ],
)
async def test_what_is_not_there_is_no_page(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-path")
    assert "immutable" not in answer.headers.get("Cache-Control", "")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "//etc/passwd",
    ],
)
async def test_nothing_outside_the_folder_is_served(
    components: Components, connect: Connect, path: str
) -> None:
    client = connect(create_app(components))
    answer = await client.send(httpx2.Request("GET", f"https://klear.example{path}"))
    assert "secret" not in answer.text
    assert "root:" not in answer.text


@pytest.mark.usefixtures("built")
async def test_a_head_has_no_body_and_a_post_is_refused(client: httpx2.AsyncClient) -> None:
    head = await client.head("/sign-in")
    assert (head.status_code, head.content) == (200, b"")
    post = await client.post("/sign-in")
    assert (post.status_code, post.json()["code"]) == (405, "method-not-allowed")


async def test_before_it_is_built_it_says_how(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/sign-in")
    assert answer.status_code == 503
    assert "make run" in answer.text


async def test_a_build_while_the_server_runs_is_served(
    client: httpx2.AsyncClient, components: Components
) -> None:
    assert (await client.get("/")).status_code == 503
    components.web.mkdir()
    (components.web / "index.html").write_text(INDEX)
    assert (await client.get("/")).text == INDEX
