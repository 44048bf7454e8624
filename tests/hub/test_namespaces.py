import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.authorizer import Grant, Identity
from hub.namespaces import (
    DAY,
    InvalidNamespaces,
    Namespaces,
    admits,
    configured_grant,
)
from protocol import channels
from protocol.claims import Claims

ID = uuid.UUID(int=7)
GOOD: dict[str, Any] = {
    "subscribe": "members",
    "publish": "authenticated",
    "presence": "anyone",
    "history_size": 10,
    "history_ttl": 60.5,
    "recovery": True,
}


def identity(*, room: uuid.UUID | None = None, listed: tuple[str, ...] = ()) -> Identity:
    claims = Claims(
        person=ID,
        organisation=ID,
        roles=frozenset({"client"}),
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
        room=room,
        channels=listed,
    )
    return Identity(client="c", user=str(ID), claims=claims)


NOBODY = Identity(client="c")


@pytest.mark.parametrize("name", channels.BUILT_IN)
def test_each_built_in_namespace_is_keyed_by_an_id(name: str) -> None:
    namespaces = Namespaces()
    found = namespaces.find(f"{name}:{ID}")
    assert found is not None
    assert found.built_in
    assert namespaces.find(f"{name}:{str(ID).upper().replace('0', 'A')}") is None
    assert namespaces.find(f"{name}:42") is None
    assert namespaces.find(f"{name}:") is None
    assert namespaces.find(name) is None


def test_the_built_in_options() -> None:
    found = {name: Namespaces().find(f"{name}:{ID}") for name in channels.BUILT_IN}
    kept = {
        name: (space.history_size, space.history_ttl, space.recovery)
        for name, space in found.items()
        if space
    }
    assert kept == {
        "user": (300, DAY, True),
        "slots": (100, 300.0, True),
        "calendar": (300, DAY, True),
        "room": (300, DAY, True),
        "participant": (300, DAY, True),
        "signals": (0, 0.0, False),
        "call": (1, DAY, True),
    }
    publishable = [name for name, space in found.items() if space and space.publish != "nobody"]
    assert publishable == ["signals"]
    assert [name for name, space in found.items() if space and space.join_leave] == ["room"]
    assert [name for name, space in found.items() if space and space.latest] == ["call"]


def test_a_table_makes_a_namespace() -> None:
    found = Namespaces({"board": GOOD, "bare": {}}).find("board:any-key/at.all")
    assert found is not None
    assert not found.built_in
    assert {field: getattr(found, field) for field in GOOD} == GOOD


@pytest.mark.parametrize(
    "channel",
    [
        "",
        ":",
        "board",
        "board:",
        "board: x",
        "board:ü",
        "board:" + "x" * 250,
        "bored:x",
        "board:\n",
    ],
)
def test_a_malformed_or_unknown_name_is_not_found(channel: str) -> None:
    assert Namespaces({"board": GOOD}).find(channel) is None


def test_every_bad_field_is_named_at_once() -> None:
    bad = {
        "Board": {},
        "room": {},
        "list": [],
        "one": {"subscribe": "some", "publish": 1, "presence": None, "history": 1},
        "two": {"history_size": -1, "history_ttl": "x", "recovery": 1},
        "three": {"history_size": True, "history_ttl": 1e9},
        "four": {"recovery": True},
        "five": {"history_size": 5},
    }
    with pytest.raises(InvalidNamespaces) as caught:
        Namespaces(bad)
    named = [problem.split(": ")[0] for problem in caught.value.problems]
    assert named == [
        "namespaces.Board",
        "namespaces.room",
        "namespaces.list",
        "namespaces.one.history",
        "namespaces.one.subscribe",
        "namespaces.one.publish",
        "namespaces.one.presence",
        "namespaces.two.history_size",
        "namespaces.two.history_ttl",
        "namespaces.two.recovery",
        "namespaces.three.history_size",
        "namespaces.three.history_ttl",
        "namespaces.four.recovery",
        "namespaces.five.history_size",
    ]


@pytest.mark.parametrize(
    ("access", "who", "member", "admitted"),
    [
        ("nobody", identity(), True, False),
        ("members", identity(), True, True),
        ("members", identity(), False, False),
        ("authenticated", identity(), False, True),
        ("authenticated", identity(room=ID), True, False),
        ("authenticated", NOBODY, True, False),
        ("anyone", NOBODY, False, True),
    ],
)
def test_access(access: Any, who: Identity, member: bool, admitted: bool) -> None:
    assert admits(access, who, member=member) is admitted


def test_members_are_those_whose_token_lists_the_channel() -> None:
    board = Namespaces({"board": GOOD}).find("board:1")
    assert board is not None
    member = identity(listed=("board:1",))
    assert configured_grant(board, member, "board:1", subscribed=False) == Grant(
        publish=True, presence=True
    )
    assert configured_grant(board, member, "board:2", subscribed=False) is None
    assert configured_grant(board, identity(), "board:1", subscribed=True) is None
    assert configured_grant(board, NOBODY, "board:1", subscribed=True) is None


def test_members_who_publish_are_those_subscribed() -> None:
    fields = {"subscribe": "anyone", "publish": "members", "presence": "nobody"}
    board = Namespaces({"board": fields}).find("board:1")
    assert board is not None
    here = configured_grant(board, NOBODY, "board:1", subscribed=True)
    gone = configured_grant(board, NOBODY, "board:1", subscribed=False)
    assert here == Grant(publish=True, presence=False, history=False)
    assert gone == Grant(publish=False, presence=False, history=False)


def test_who_may_not_subscribe_may_do_nothing() -> None:
    fields = {**GOOD, "subscribe": "nobody", "publish": "anyone"}
    board = Namespaces({"board": fields}).find("board:1")
    assert board is not None
    for who in (identity(listed=("board:1",)), NOBODY):
        assert configured_grant(board, who, "board:1", subscribed=True) is None


def test_what_clients_publish_and_nobody_keeps_is_fleeting() -> None:
    configured = {
        "said": {"publish": "members"},
        "kept": {"publish": "members", "history_size": 1, "history_ttl": 1},
        "told": {"publish": "nobody"},
    }
    spaces = Namespaces(configured)
    signals = spaces.find(channels.signals(ID))
    found = {name: spaces.find(f"{name}:1") for name in configured}
    assert signals is not None
    assert signals.fleeting
    assert {name: space and space.fleeting for name, space in found.items()} == {
        "said": True,
        "kept": False,
        "told": False,
    }
