"""Roles say which parts run, and refuse what could not work."""

import pytest

from klear.roles import ROLES, Role, RoleRefused, check


def test_all_runs_everything() -> None:
    assert check("all", embedded=True) == Role(gateway=True, relay=True, worker=True, media=True)
    assert set(ROLES) == {"all", "gateway", "relay", "worker", "media"}


@pytest.mark.parametrize("name", ["gateway", "worker"])
def test_the_embedded_database_is_for_one_program(name: str) -> None:
    with pytest.raises(RoleRefused, match="KLEAR_DATABASE_URL"):
        check(name, embedded=True)
    assert check(name, embedded=False) == ROLES[name]


def test_a_gateway_relays_for_itself_and_nobody_else_does() -> None:
    assert ROLES["gateway"].relay
    with pytest.raises(RoleRefused, match="Redis"):
        check("relay", embedded=False)


def test_media_needs_no_database() -> None:
    assert check("media", embedded=True) == Role(media=True)
