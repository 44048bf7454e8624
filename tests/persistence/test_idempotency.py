"""A key answers once."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from typing_extensions import override

from persistence import idempotency
from persistence.idempotency import KeyInProgress, KeyReused, Stored
from persistence.postgres import SYSTEM, Actor, Database, Transaction

pytestmark = pytest.mark.integration

PRINT = hashlib.sha256(b"POST /x {}").digest()


class Effect:
    """Counts how often it happened."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self) -> Stored:
        self.count += 1
        return Stored(status=201, body={"nth": self.count})


def somebody() -> Actor:
    return Actor(organisation=uuid4(), person=uuid4())


async def _once(database: Database, actor: Actor, effect: Effect, key: str = "k") -> Stored:
    async with database.transaction(actor) as tx:
        return await idempotency.once(tx, key=key, fingerprint=PRINT, effect=effect)


@pytest.mark.asyncio
async def test_the_same_key_replays(database: Database) -> None:
    effect, actor = Effect(), somebody()
    first = await _once(database, actor, effect)
    again = await _once(database, actor, effect)
    assert first == Stored(status=201, body={"nth": 1})
    assert again == Stored(status=201, body={"nth": 1}, replayed=True)


@pytest.mark.asyncio
async def test_keys_belong_to_a_person(database: Database) -> None:
    effect = Effect()
    await _once(database, somebody(), effect)
    await _once(database, somebody(), effect)
    assert effect.count == 2


@pytest.mark.asyncio
async def test_another_request_with_the_key_is_refused(database: Database) -> None:
    effect, actor = Effect(), somebody()
    await _once(database, actor, effect)
    with pytest.raises(KeyReused):
        async with database.transaction(actor) as tx:
            await idempotency.once(tx, key="k", fingerprint=bytes(32), effect=effect)


@pytest.mark.asyncio
async def test_a_refused_effect_is_not_stored(database: Database) -> None:
    actor = somebody()

    async def refuse() -> Stored:
        raise LookupError

    with pytest.raises(LookupError):
        async with database.transaction(actor) as tx:
            await idempotency.once(tx, key="k", fingerprint=PRINT, effect=refuse)
    assert not (await _once(database, actor, Effect())).replayed


@pytest.mark.asyncio
async def test_a_second_request_meanwhile_is_told_to_wait(database: Database) -> None:
    actor, effect = somebody(), Effect()

    async def ask_again() -> Stored:
        with pytest.raises(KeyInProgress):
            await _once(database, actor, effect)
        return await effect()

    async with database.transaction(actor) as tx:
        await idempotency.once(tx, key="k", fingerprint=PRINT, effect=ask_again)
    assert effect.count == 1


@pytest.mark.asyncio
async def test_any_number_at_once_are_answered_what_was_answered(database: Database) -> None:
    actor, effect = somebody(), Effect()
    first = await _once(database, actor, effect)
    async with database.transaction(actor) as tx:
        # A replay that has not ended yet keeps no other waiting.
        await idempotency.once(tx, key="k", fingerprint=PRINT, effect=effect)
        again = await asyncio.gather(*(_once(database, actor, effect) for _ in range(5)))
    assert again == [replace(first, replayed=True)] * 5
    assert effect.count == 1


@pytest.mark.asyncio
async def test_who_comes_between_the_look_and_the_lock_is_answered_too(database: Database) -> None:
    """The second looks before the first has committed, and gets the lock after."""
    actor, effect = somebody(), Effect()

    class Late(Transaction):
        @override
        async def fetchval(self, sql: str, *args: object) -> object:
            if "lock" in sql:
                await _once(database, actor, effect)
            return await super().fetchval(sql, *args)

    async with database.transaction(actor) as tx:
        late = Late(tx._connection, actor)
        stored = await idempotency.once(late, key="k", fingerprint=PRINT, effect=effect)
    assert stored == Stored(status=201, body={"nth": 1}, replayed=True)


@pytest.mark.asyncio
async def test_keys_are_forgotten_after_a_day(database: Database) -> None:
    actor, effect = somebody(), Effect()
    await _once(database, actor, effect)
    now = datetime.now(UTC)
    await idempotency.prune(database, now=now)
    assert (await _once(database, actor, effect)).replayed
    await idempotency.prune(database, now=now + timedelta(days=1, minutes=1))
    assert not (await _once(database, actor, effect)).replayed


@pytest.mark.asyncio
async def test_nobody_sees_the_keys_of_others(database: Database) -> None:
    await _once(database, somebody(), Effect())
    async with database.transaction(somebody()) as tx:
        assert await tx.fetchval("SELECT count(*) FROM persistence.idempotency") == 0
    async with database.transaction(SYSTEM) as tx:
        assert await tx.fetchval("SELECT count(*) FROM persistence.idempotency") == 1
