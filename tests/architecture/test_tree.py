"""The tree is what docs/architecture.md says: nothing shadowed, nothing too long, nothing untested, nothing private."""

import importlib.util
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from persistence import migrate

ROOT = Path(__file__).parents[2]
LONGEST = 400
"""Lines of a source file: what is longer is two things. A test file is as long as what it tests has cases."""

DRAWERS = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "core",
    "base",
    "manager",
    "misc",
    "tools",
}
"""Names that say nothing about what is inside."""

DECLARED = ("errors.py", "repository.py")
"""Refusals without a line of logic, and SQL: the tests of whoever raises and calls them are theirs."""

ELSEWHERE: dict[str, str] = {
    "api/components.py": "api/test_app.py",
    "api/fields.py": "api/test_booking.py",
    "api/instants.py": "api/test_booking.py",
    "api/routes.py": "api/test_app.py",
    "api/views.py": "api/test_booking.py",
    "hub/authorizer.py": "hub/test_hub.py",
    "hub/broker.py": "hub/test_brokers.py",
    "hub/broker_memory.py": "hub/test_brokers.py",
    "hub/permission.py": "hub/test_subscribing.py",
    "hub/presence.py": "hub/test_presences.py",
    "hub/presence_memory.py": "hub/test_presences.py",
    "hub/subscription.py": "hub/test_fanout.py",
    "klear/__main__.py": "klear/test_main.py",
    "klear/demonstration.py": "klear/test_seed.py",
    "loadtests/watchers.py": "loadtests/test_client.py",
    "media/dtls.py": "media/test_canary.py",
    "media/handshakes.py": "media/test_connectivity.py",
    "media/operations.py": "media/test_control.py",
    "media/options.py": "media/test_control.py",
    "media/producer.py": "media/test_forwarding.py",
    "media/router.py": "media/test_forwarding.py",
    "media/server.py": "media/test_control.py",
    "media/srtp.py": "media/test_canary.py",
    "media/stats.py": "media/test_forwarding.py",
    "media/worker.py": "media/test_connectivity.py",
    "protocol/claims.py": "services/accounts/test_tokens.py",
    "protocol/pushes.py": "persistence/test_outbox.py",
    "protocol/shapes.py": "protocol/test_calls.py",
    "rooms/queries.py": "rooms/test_admission.py",
    "rooms/steps.py": "rooms/test_admission.py",
    "services/accounts/attempts_repository.py": "services/accounts/test_commands.py",
    "services/accounts/model.py": "services/accounts/test_commands.py",
    "services/booking/events.py": "services/booking/test_commands.py",
    "services/organisations/model.py": "services/organisations/test_commands.py",
    "services/organisations/queries.py": "services/organisations/test_commands.py",
    "services/practitioners/commands.py": "services/practitioners/test_practitioners.py",
    "services/practitioners/model.py": "services/practitioners/test_practitioners.py",
    "services/practitioners/queries.py": "services/practitioners/test_practitioners.py",
    "signalling/call.py": "signalling/test_switchboard.py",
    "signalling/handlers.py": "integration/test_session.py",
    "signalling/peer.py": "signalling/test_sessions.py",
    "signalling/placement.py": "signalling/test_switchboard.py",
}
"""Interfaces with their conformance suite, parts that are only ever seen through their whole: where they are tested."""


@cache
def configuration() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@cache
def tracked() -> tuple[str, ...]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return tuple(name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


def packages() -> list[str]:
    return list(configuration()["tool"]["importlinter"]["root_packages"])


def modules() -> list[str]:
    """Every Python module of ours but the packages' own docstrings."""
    roots = tuple(f"{package}/" for package in packages())
    return [
        name
        for name in tracked()
        if name.startswith(roots) and name.endswith(".py") and not name.endswith("__init__.py")
    ]


@pytest.mark.parametrize("package", packages())
def test_each_package_is_the_one_of_this_checkout(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin == str(ROOT / package / "__init__.py")


def test_each_package_is_known_to_every_tool() -> None:
    found = {
        name.partition("/")[0] for name in tracked() if re.fullmatch(r"\w+/__init__\.py", name)
    }
    settings = configuration()["tool"]
    assert found == set(packages())
    layers = settings["importlinter"]["contracts"][0]["layers"]
    layered = {name for layer in layers for name in re.split(r"\s*\|\s*", layer)}
    clients = {"loadtests"}  # a black-box client: its own contract
    assert layered == found - clients
    assert set(settings["mypy"]["files"]) == found | {"tests"}
    assert set(settings["coverage"]["run"]["source"]) >= layered
    assert set(settings["hatch"]["build"]["targets"]["wheel"]["packages"]) == layered


def test_no_test_folder_is_a_package() -> None:
    assert [name for name in tracked() if re.match(r"tests/.*__init__\.py", name)] == []


def test_a_package_says_what_it_is_and_exports_nothing() -> None:
    for package in packages():
        text = (ROOT / package / "__init__.py").read_text()
        assert re.fullmatch(r'"""[^"]+"""\n', text), package


def test_no_file_is_too_long() -> None:
    source = re.compile(r".*\.(py|ts|tsx|css)")
    tests = re.compile(r"tests/.*|.*\.test\.tsx?")
    long = {
        name: lines
        for name in tracked()
        if source.fullmatch(name)
        and not tests.fullmatch(name)
        and (lines := (ROOT / name).read_text().count("\n")) > LONGEST
    }
    assert long == {}


def test_no_name_says_nothing() -> None:
    named = [name for name in tracked() if DRAWERS & set(re.split(r"[/._]", name.lower()))]
    assert named == []


def test_each_module_has_its_test() -> None:
    missing = [
        name
        for name in modules()
        if name not in ELSEWHERE
        and not name.endswith(DECLARED)
        and not (ROOT / "tests" / Path(name).with_name(f"test_{Path(name).name}")).is_file()
    ]
    assert missing == []


def test_what_is_tested_elsewhere_is_tested_there() -> None:
    for name, test in ELSEWHERE.items():
        assert name in modules(), name
        assert (ROOT / "tests" / test).is_file(), test
        mirror = ROOT / "tests" / Path(name).with_name(f"test_{Path(name).name}")
        assert not mirror.exists(), f"{name} has a test of its own now"


def test_migrations_are_whole() -> None:
    names = [migration.name for migration in migrate.load()]
    assert names[0] == "foundation"
    assert len(list(migrate.FOLDER.iterdir())) == 2 * len(names)


def test_locks_have_hashes_and_name_no_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert not re.search(r"^\s*--(extra-)?index-url|://", text, re.MULTILINE), name
        assert "--hash=sha256:" in text
    for name in (each for each in tracked() if each.endswith("package-lock.json")):
        packages = orjson.loads((ROOT / name).read_bytes())["packages"]
        assert [path for path, each in packages.items() if "resolved" in each] == [], name
        locked = {path: each for path, each in packages.items() if path and "inBundle" not in each}
        assert [path for path, each in locked.items() if "integrity" not in each] == [], name
