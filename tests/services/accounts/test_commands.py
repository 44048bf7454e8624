import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from typing_extensions import override

from persistence.errors import UniqueViolated
from persistence.postgres import SYSTEM, Database
from services.accounts import attempts, commands, repository, sessions
from services.accounts.commands import Accounts, SignedIn
from services.accounts.errors import (
    EmailTaken,
    InvalidCredentials,
    NoSession,
    SignInBusy,
    TooManyAttempts,
)
from services.accounts.passwords import Passwords
from services.accounts.tokens import Tokens
from tests.conftest import Clock
from tests.services.accounts.conftest import PASSWORD, Enrol

pytestmark = pytest.mark.integration

EMAIL = "ana@demo.example"
HOME = "192.0.2.1"


async def sign_in(
    accounts: Accounts,
    *,
    password: str = PASSWORD,
    network: str = HOME,
    device: str | None = None,
) -> SignedIn:
    return await accounts.sign_in(email=EMAIL, password=password, network=network, device=device)


async def fail(accounts: Accounts, times: int, *, network: str = HOME) -> None:
    for _ in range(times):
        with pytest.raises(InvalidCredentials):
            await sign_in(accounts, password="wrong", network=network)


# Enrolling


@pytest.mark.asyncio
async def test_one_address_is_one_account(enrol: Enrol) -> None:
    await enrol("Ana@Demo.example")
    with pytest.raises(EmailTaken):
        await enrol("ana@demo.EXAMPLE")


@pytest.mark.asyncio
async def test_an_id_that_is_taken_is_our_mistake(
    enrol: Enrol, database: Database, clock: Clock
) -> None:
    ana = await enrol()
    twin = replace(ana, email="other@demo.example")
    with pytest.raises(UniqueViolated):
        async with database.transaction(SYSTEM) as tx:
            await commands.enrol(tx, twin, password_hash=None, now=clock())


# Signing in


@pytest.mark.asyncio
async def test_the_right_password_opens_a_session(
    accounts: Accounts, enrol: Enrol, tokens: Tokens, clock: Clock
) -> None:
    ana = await enrol(role="practitioner")
    signed_in = await accounts.sign_in(email=" ANA@demo.example ", password=PASSWORD, network=HOME)
    assert signed_in.person == ana
    claims = tokens.verify(signed_in.access_token)
    assert (claims.person, claims.organisation, claims.roles) == (
        ana.id,
        ana.organisation,
        ana.roles,
    )
    assert claims.expires_at == signed_in.expires_at == clock() + timedelta(minutes=5)
    refresh = sessions.parse(signed_in.refresh_token)
    assert refresh is not None
    assert claims.session == refresh.session


@pytest.mark.asyncio
async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    accounts: Accounts, enrol: Enrol
) -> None:
    await enrol()
    with pytest.raises(InvalidCredentials) as wrong:
        await sign_in(accounts, password="wrong")
    with pytest.raises(InvalidCredentials) as unknown:
        await accounts.sign_in(email="nobody@demo.example", password=PASSWORD, network=HOME)
    assert (wrong.value.detail, wrong.value.fields) == (unknown.value.detail, unknown.value.fields)


@pytest.mark.asyncio
async def test_an_unknown_address_costs_a_hash_too(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str | None] = []
    verify = Passwords.verify

    async def watched(self: Passwords, stored: str | None, password: str) -> bool:
        looked_at.append(stored)
        return await verify(self, stored, password)

    monkeypatch.setattr(Passwords, "verify", watched)
    with pytest.raises(InvalidCredentials):
        await sign_in(accounts)
    assert looked_at == [None]


@pytest.mark.asyncio
async def test_a_person_without_a_password_cannot_sign_in(accounts: Accounts, enrol: Enrol) -> None:
    await enrol(password=None)
    await fail(accounts, 1)


@pytest.mark.asyncio
async def test_signing_in_hashes_an_old_password_anew(
    database: Database, tokens: Tokens, clock: Clock, enrol: Enrol, accounts: Accounts
) -> None:
    ana = await enrol()
    stronger = Passwords(memory_kib=128, time_cost=2)
    try:
        await sign_in(replace(accounts, passwords=stronger))
    finally:
        stronger.close()
    async with database.transaction(SYSTEM) as tx:
        stored = await repository.password_hash(tx, ana.id)
    assert stored is not None
    assert "m=128,t=2" in stored
    assert (await sign_in(accounts)).person == ana


@pytest.mark.asyncio
async def test_no_more_sessions_than_devices(
    accounts: Accounts, enrol: Enrol, database: Database, clock: Clock
) -> None:
    await enrol()
    opened = []
    for _ in range(sessions.MAX_SESSIONS + 2):
        clock.advance(minutes=1)
        opened.append(await sign_in(accounts))
    async with database.transaction(SYSTEM) as tx:
        kept = await tx.fetchval("SELECT count(*) FROM accounts.session")
    assert kept == sessions.MAX_SESSIONS
    for oldest in opened[:2]:
        with pytest.raises(NoSession):
            await accounts.refresh(oldest.refresh_token)
    await accounts.refresh(opened[2].refresh_token)


@pytest.mark.asyncio
async def test_the_session_that_the_browser_had_ends(accounts: Accounts, enrol: Enrol) -> None:
    await enrol()
    old = await sign_in(accounts)
    new = await accounts.sign_in(
        email=EMAIL, password=PASSWORD, network=HOME, replaces=old.refresh_token
    )
    with pytest.raises(NoSession):
        await accounts.refresh(old.refresh_token)
    await accounts.refresh(new.refresh_token)


# Failing


@pytest.mark.asyncio
async def test_after_some_failures_one_waits_and_the_wait_ends(
    accounts: Accounts, enrol: Enrol, clock: Clock
) -> None:
    await enrol()
    await fail(accounts, attempts.PAIR.free + 1)
    with pytest.raises(TooManyAttempts) as refused:
        await sign_in(accounts)
    assert refused.value.fields["retry_after"] == 1
    clock.advance(seconds=1)
    await sign_in(accounts)


@pytest.mark.asyncio
async def test_signing_in_forgets_the_failures_before(accounts: Accounts, enrol: Enrol) -> None:
    await enrol()
    for _ in range(3):
        await fail(accounts, attempts.PAIR.free)
        await sign_in(accounts)


@pytest.mark.asyncio
async def test_who_is_attacked_from_one_place_signs_in_from_another(
    accounts: Accounts, enrol: Enrol
) -> None:
    await enrol()
    await fail(accounts, attempts.PAIR.free + 1, network="198.51.100.7")
    with pytest.raises(TooManyAttempts):
        await sign_in(accounts, network="198.51.100.7")
    await sign_in(accounts)


@pytest.mark.asyncio
async def test_one_place_that_tries_many_accounts_is_slowed_and_nobody_else_is(
    accounts: Accounts, enrol: Enrol
) -> None:
    await enrol()
    for n in range(attempts.NETWORK.free + 1):
        with pytest.raises(InvalidCredentials):
            await accounts.sign_in(email=f"{n}@demo.example", password="x", network="198.51.100.7")
    with pytest.raises(TooManyAttempts):
        await sign_in(accounts, network="198.51.100.7")
    await sign_in(accounts)


@pytest.mark.asyncio
async def test_one_account_guessed_from_many_places_is_slowed(
    accounts: Accounts, enrol: Enrol, clock: Clock
) -> None:
    await enrol()
    for n in range(attempts.ACCOUNT.free + 1):
        await fail(accounts, 1, network=f"198.51.100.{n}")
    with pytest.raises(TooManyAttempts):
        await sign_in(accounts)
    clock.advance(seconds=attempts.ACCOUNT.longest.total_seconds())
    await sign_in(accounts)


@pytest.mark.asyncio
async def test_where_one_was_in_before_nobody_keeps_one_out(
    accounts: Accounts, enrol: Enrol, clock: Clock
) -> None:
    """Somebody goes on failing in her name, from everywhere and from her own network too."""
    await enrol()
    device = (await sign_in(accounts)).device_token
    for n in range(attempts.ACCOUNT.free + 1):
        await fail(accounts, 1, network=f"198.51.100.{n}")
    for n in range(attempts.NETWORK.free + 1):
        with pytest.raises(InvalidCredentials):
            await accounts.sign_in(email=f"{n}@demo.example", password="x", network=HOME)
    with pytest.raises(TooManyAttempts):
        await sign_in(accounts)
    again = await sign_in(accounts, device=device)
    assert again.device_token is not None
    await sign_in(accounts, device=again.device_token)
    with pytest.raises(TooManyAttempts):  # what was right there forgives nothing elsewhere
        await sign_in(accounts)


@pytest.mark.asyncio
async def test_a_known_device_guesses_as_little_as_others(
    accounts: Accounts, enrol: Enrol, clock: Clock
) -> None:
    await enrol()
    device = (await sign_in(accounts)).device_token
    for n in range(attempts.DEVICE.free + 1):
        with pytest.raises(InvalidCredentials):
            await sign_in(accounts, password="wrong", network=f"198.51.100.{n}", device=device)
    with pytest.raises(TooManyAttempts):
        await sign_in(accounts, device=device)
    await sign_in(accounts)  # its guesses close nothing but itself
    clock.advance(seconds=1)
    renewed = (await sign_in(accounts, device=device)).device_token
    assert accounts.tokens.verify_device(renewed or "").device == (
        accounts.tokens.verify_device(device or "").device
    )


@pytest.mark.asyncio
async def test_a_device_is_known_to_its_own_account_only(
    accounts: Accounts, enrol: Enrol, clock: Clock
) -> None:
    await enrol()
    await enrol("ben@demo.example")
    bens = await accounts.sign_in(email="ben@demo.example", password=PASSWORD, network=HOME)
    old = (await sign_in(accounts)).device_token
    clock.advance(days=180)
    await fail(accounts, attempts.PAIR.free + 1)
    for device in (bens.device_token, old, "noise"):
        with pytest.raises(TooManyAttempts):
            await sign_in(accounts, device=device)


@pytest.mark.asyncio
async def test_a_refresh_makes_no_device_known(accounts: Accounts, enrol: Enrol) -> None:
    await enrol()
    signed_in = await sign_in(accounts)
    assert (await accounts.refresh(signed_in.refresh_token)).device_token is None


@pytest.mark.asyncio
async def test_a_hundred_guesses_at_once_are_counted_as_a_hundred(
    accounts: Accounts, enrol: Enrol
) -> None:
    await enrol()
    guesses = [sign_in(accounts, password=f"guess {n}") for n in range(40)]
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    looked_at = [each for each in outcomes if isinstance(each, InvalidCredentials)]
    refused = [each for each in outcomes if isinstance(each, TooManyAttempts)]
    assert len(looked_at) == attempts.PAIR.free + 1
    assert len(looked_at) + len(refused) == 40


@pytest.mark.asyncio
async def test_a_crowd_behind_one_router_signs_in_at_once(accounts: Accounts, enrol: Enrol) -> None:
    emails = [f"{n}@demo.example" for n in range(attempts.NETWORK.free + 10)]
    here = (await enrol(emails[0])).organisation
    for email in emails[1:]:
        await enrol(email, organisation=here)

    async def come(email: str) -> bool:
        try:
            await accounts.sign_in(email=email, password=PASSWORD, network=HOME)
        except TooManyAttempts:
            return False
        return True

    came = await asyncio.gather(*map(come, emails))
    assert sum(came) > attempts.NETWORK.free
    late = [email for email, is_in in zip(emails, came, strict=True) if not is_in]
    assert all([await come(email) for email in late])  # those who were in took their block along


@pytest.mark.asyncio
async def test_what_nobody_looked_at_is_no_failure(
    accounts: Accounts, enrol: Enrol, database: Database, tokens: Tokens, clock: Clock
) -> None:
    await enrol()
    full = Passwords(memory_kib=64, time_cost=1, workers=1, waiting=0)
    busy = replace(accounts, passwords=full)
    assert full._room.acquire(blocking=False)
    for _ in range(2 * attempts.PAIR.free):
        with pytest.raises(SignInBusy):
            await sign_in(busy)
    full._room.release()
    full.close()
    async with database.transaction(SYSTEM) as tx:
        assert await tx.fetchval("SELECT max(failures) FROM accounts.sign_in_attempt") == 0


@pytest.mark.asyncio
async def test_a_right_password_that_cannot_be_hashed_anew_now_is_right(
    accounts: Accounts, enrol: Enrol, database: Database
) -> None:
    class Busy(Passwords):
        @override
        async def hash(self, password: str) -> str:
            raise SignInBusy

    await enrol()
    busy = Busy(memory_kib=128, time_cost=2)
    try:
        await sign_in(replace(accounts, passwords=busy))
    finally:
        busy.close()
    async with database.transaction(SYSTEM) as tx:
        assert await tx.fetchval("SELECT max(failures) FROM accounts.sign_in_attempt") == 0
    await sign_in(accounts)  # with the hash as it was


@pytest.mark.asyncio
async def test_counts_are_swept_when_they_are_old(
    accounts: Accounts, enrol: Enrol, database: Database, clock: Clock
) -> None:
    await enrol()
    for n in range(6):
        await fail(accounts, 1, network=f"198.51.100.{n}")
    clock.advance(hours=2)
    await fail(accounts, 1, network="203.0.113.1")
    async with database.transaction(SYSTEM) as tx:
        assert await tx.fetchval("SELECT count(*) FROM accounts.sign_in_attempt") == 3


# Refreshing


@pytest.mark.asyncio
async def test_a_refresh_gives_new_tokens(
    accounts: Accounts, enrol: Enrol, clock: Clock, tokens: Tokens
) -> None:
    ana = await enrol()
    first = await sign_in(accounts)
    clock.advance(minutes=5)
    second = await accounts.refresh(first.refresh_token)
    assert second.person == ana
    assert second.refresh_token != first.refresh_token
    assert tokens.verify(second.access_token).session is not None
    assert second.session_expires_at == clock() + sessions.IDLE_TTL


@pytest.mark.asyncio
async def test_many_tabs_refresh_at_once(accounts: Accounts, enrol: Enrol, clock: Clock) -> None:
    await enrol()
    first = await sign_in(accounts)
    clock.advance(minutes=5)
    tabs = await asyncio.gather(*(accounts.refresh(first.refresh_token) for _ in range(8)))
    assert len({tab.refresh_token for tab in tabs}) == 1
    clock.advance(minutes=5)
    await accounts.refresh(tabs[0].refresh_token)


@pytest.mark.asyncio
async def test_a_lost_answer_signs_nobody_out(
    accounts: Accounts, enrol: Enrol, clock: Clock
) -> None:
    await enrol()
    first = await sign_in(accounts)
    for _ in range(3):
        clock.advance(minutes=5)
        await accounts.refresh(first.refresh_token)
    clock.advance(minutes=5)
    await accounts.refresh(first.refresh_token)


@pytest.mark.asyncio
async def test_a_replaced_token_ends_the_session_for_both(
    accounts: Accounts, enrol: Enrol, clock: Clock
) -> None:
    await enrol()
    first = await sign_in(accounts)
    clock.advance(minutes=5)
    second = await accounts.refresh(first.refresh_token)
    clock.advance(minutes=5)
    third = await accounts.refresh(second.refresh_token)
    with pytest.raises(NoSession):
        await accounts.refresh(first.refresh_token)
    with pytest.raises(NoSession):
        await accounts.refresh(third.refresh_token)


@pytest.mark.asyncio
async def test_what_is_no_token_has_no_session(accounts: Accounts) -> None:
    stranger = sessions.begin(
        uuid4(), organisation=uuid4(), person=uuid4(), key=b"x" * 32, now=accounts.clock()
    )
    for token in ("", "noise", sessions.token_of(stranger)):
        with pytest.raises(NoSession):
            await accounts.refresh(token)


@pytest.mark.asyncio
async def test_a_forged_token_ends_nothing(accounts: Accounts, enrol: Enrol) -> None:
    await enrol()
    signed_in = await sign_in(accounts)
    parsed = sessions.parse(signed_in.refresh_token)
    assert parsed is not None
    forged = sessions.begin(
        parsed.session, organisation=uuid4(), person=uuid4(), key=b"x" * 32, now=accounts.clock()
    )
    with pytest.raises(NoSession):
        await accounts.refresh(sessions.token_of(forged))
    await accounts.sign_out(sessions.token_of(forged))
    await accounts.refresh(signed_in.refresh_token)


@pytest.mark.asyncio
async def test_an_idle_session_is_over(accounts: Accounts, enrol: Enrol, clock: Clock) -> None:
    await enrol()
    signed_in = await sign_in(accounts)
    clock.now += sessions.IDLE_TTL
    with pytest.raises(NoSession):
        await accounts.refresh(signed_in.refresh_token)


# Signing out


@pytest.mark.asyncio
async def test_signing_out_ends_the_session(accounts: Accounts, enrol: Enrol) -> None:
    await enrol()
    here, there = await sign_in(accounts), await sign_in(accounts)
    ended = await accounts.sign_out(here.refresh_token)
    assert ended is not None
    assert ended.person == here.person.id
    assert ended.id == accounts.tokens.verify(here.access_token).session
    with pytest.raises(NoSession):
        await accounts.refresh(here.refresh_token)
    await accounts.refresh(there.refresh_token)


@pytest.mark.asyncio
async def test_signing_out_twice_is_no_error(accounts: Accounts, enrol: Enrol) -> None:
    await enrol()
    signed_in = await sign_in(accounts)
    assert await accounts.sign_out(signed_in.refresh_token) is not None
    assert await accounts.sign_out(signed_in.refresh_token) is None
    assert await accounts.sign_out("noise") is None
