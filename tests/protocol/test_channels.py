from uuid import UUID

import pytest

from protocol import channels

ID = UUID(int=0xABC)


@pytest.mark.parametrize("name", channels.BUILT_IN)
def test_a_name_is_made_and_taken_apart(name: str) -> None:
    channel = getattr(channels, name)(ID)
    assert channel == f"{name}:00000000-0000-0000-0000-000000000abc"
    assert channels.split(channel) == (name, str(ID))
    assert channels.key_id(channel) == ID
    assert len(channel) <= channels.MAX_LENGTH


@pytest.mark.parametrize(
    "channel",
    ["", "room", "room:", "room:x", f"room:{ID.hex}", f"room:{str(ID).upper()}", f"room:{{{ID}}}"],
)
def test_a_key_that_is_not_canonical_is_none(channel: str) -> None:
    assert channels.key_id(channel) is None


def test_a_name_without_a_colon_has_no_namespace() -> None:
    assert channels.split("room") == ("", "room")
