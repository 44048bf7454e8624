"""What every presence must do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.presence import Presence, PresenceStatistics, count
from hub.presence_memory import MemoryPresence
from protocol.envelope import ClientInfo

ANN = ClientInfo(user="ann", client="1")
ANN_TOO = ClientInfo(user="ann", client="2")
NOBODY = ClientInfo(user="", client="3")
NOBODY_ELSE = ClientInfo(user="", client="4")


@pytest.fixture(params=["memory"])
def presence(request: pytest.FixtureRequest) -> Presence:
    return {"memory": MemoryPresence}[request.param]()


@pytest.mark.asyncio
async def test_who_was_added_is_there_until_removed(presence: Presence) -> None:
    await presence.add("a", ANN)
    await presence.add("a", NOBODY)
    await presence.add("b", ANN_TOO)
    assert await presence.members("a") == {"1": ANN, "3": NOBODY}
    await presence.remove("a", ANN)
    assert await presence.members("a") == {"3": NOBODY}
    assert await presence.members("b") == {"2": ANN_TOO}


@pytest.mark.asyncio
async def test_adding_again_and_removing_what_is_not_there_change_nothing(
    presence: Presence,
) -> None:
    await presence.add("a", ANN)
    await presence.add("a", ANN)
    await presence.remove("a", NOBODY)
    await presence.remove("b", NOBODY)
    assert await presence.members("a") == {"1": ANN}
    await presence.remove("a", ANN)
    assert await presence.members("a") == {}


@pytest.mark.asyncio
async def test_people_are_counted_once_and_nobodies_each(presence: Presence) -> None:
    for info in (ANN, ANN_TOO, NOBODY, NOBODY_ELSE):
        await presence.add("a", info)
    assert await presence.statistics("a") == PresenceStatistics(clients=4, users=3)
    assert await presence.statistics("b") == PresenceStatistics(clients=0, users=0)


@pytest.mark.asyncio
async def test_what_was_read_does_not_change(presence: Presence) -> None:
    await presence.add("a", ANN)
    members = await presence.members("a")
    await presence.remove("a", ANN)
    assert members == {"1": ANN}


@pytest.mark.asyncio
async def test_depth_is_told(presence: Presence) -> None:
    await presence.add("a", ANN)
    await presence.add("b", ANN)
    assert presence.depth() == 2
    await presence.remove("a", ANN)
    await presence.remove("b", ANN)
    assert presence.depth() == 0


@given(st.lists(st.sampled_from(["", "ann", "bob"]), max_size=8))
def test_users_are_at_most_clients(users: list[str]) -> None:
    members = {str(n): ClientInfo(user=user, client=str(n)) for n, user in enumerate(users)}
    counted = count(members)
    assert counted.clients == len(users)
    assert counted.users == len(set(users) - {""}) + users.count("")
