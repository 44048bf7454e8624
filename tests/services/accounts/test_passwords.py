import asyncio
import threading
from collections.abc import Iterator

import pytest

from services.accounts.errors import SignInBusy
from services.accounts.passwords import Passwords


class Gated(Passwords):
    """Its hashes wait for a gate, so that a test can look while they run."""

    def __init__(self, *, workers: int, waiting: int) -> None:
        super().__init__(memory_kib=64, time_cost=1, workers=workers, waiting=waiting)
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)

    def wait_at_gate(self) -> str:
        self.begun.release()
        self.gate.wait(10)
        return "done"


@pytest.fixture
def gated() -> Iterator[Gated]:
    made = Gated(workers=1, waiting=1)
    yield made
    made.gate.set()
    made.close()


@pytest.mark.asyncio
async def test_the_right_password_and_no_other(passwords: Passwords) -> None:
    stored = await passwords.hash("open sesame")
    assert stored.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert await passwords.verify(stored, "open sesame")
    assert not await passwords.verify(stored, "open barley")


@pytest.mark.asyncio
async def test_the_same_password_is_stored_differently_each_time(passwords: Passwords) -> None:
    assert await passwords.hash("twice") != await passwords.hash("twice")


@pytest.mark.asyncio
async def test_nobody_has_no_password(passwords: Passwords) -> None:
    assert not await passwords.verify(None, "")
    assert not await passwords.verify(None, "anything")


@pytest.mark.asyncio
@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$broken", "$2b$12$bcryptbcryptbcrypt"])
async def test_a_hash_that_is_none_is_never_right(passwords: Passwords, stored: str) -> None:
    assert not await passwords.verify(stored, "plain")


@pytest.mark.asyncio
async def test_yesterdays_parameters_are_hashed_anew(passwords: Passwords) -> None:
    stored = await passwords.hash("open sesame")
    assert not passwords.needs_rehash(stored)
    stronger = Passwords(memory_kib=128, time_cost=2)
    try:
        assert stronger.needs_rehash(stored)
        assert await stronger.verify(stored, "open sesame")
    finally:
        stronger.close()


@pytest.mark.asyncio
async def test_who_comes_when_the_queue_is_full_is_told_to_try_again(gated: Gated) -> None:
    async with asyncio.TaskGroup() as group:
        first = group.create_task(gated._run(gated.wait_at_gate))
        second = group.create_task(gated._run(gated.wait_at_gate))
        await asyncio.to_thread(gated.begun.acquire, True, 10)
        with pytest.raises(SignInBusy) as refused:
            await gated.hash("third")
        gated.gate.set()
    assert (first.result(), second.result()) == ("done", "done")
    assert refused.value.temporary
    assert refused.value.fields["retry_after"] == 1
    assert await gated.hash("now there is room")


@pytest.mark.asyncio
async def test_a_caller_who_gives_up_keeps_his_thread_until_it_is_done(gated: Gated) -> None:
    running = asyncio.ensure_future(gated._run(gated.wait_at_gate))
    await asyncio.to_thread(gated.begun.acquire, True, 10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    waiting = asyncio.ensure_future(gated.hash("second"))
    await asyncio.sleep(0)
    with pytest.raises(SignInBusy):
        await gated.hash("third")
    gated.gate.set()
    assert (await waiting).startswith("$argon2id$")
