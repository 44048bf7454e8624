from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts import sessions
from services.accounts.sessions import (
    ABSOLUTE_TTL,
    IDLE_TTL,
    REUSE_WINDOW,
    Session,
    Stolen,
    parse,
    refresh,
    token_of,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LATER = timedelta(minutes=5)


def new_session() -> Session:
    return sessions.begin(uuid4(), organisation=uuid4(), person=uuid4(), key=b"k" * 32, now=NOW)


def test_a_token_says_its_session_and_its_counter() -> None:
    session = replace(new_session(), current=2**40)
    token = parse(token_of(session))
    assert token is not None
    assert (token.session, token.counter) == (session.id, 2**40)
    assert token.is_of(session)


def test_a_token_fits_a_cookie_as_it_is() -> None:
    token = token_of(new_session())
    assert len(token) == 76
    assert token.replace("-", "").replace("_", "").isalnum()


def test_another_sessions_key_signs_nothing_of_ours() -> None:
    session = new_session()
    token = parse(token_of(replace(session, key=b"x" * 32)))
    assert token is not None
    assert not token.is_of(session)


@given(position=st.integers(0, 75), letter=st.sampled_from("AZaz09-_"))
def test_a_token_that_was_changed_is_not_the_sessions(position: int, letter: str) -> None:
    session = new_session()
    whole = token_of(session)
    changed = parse(whole[:position] + letter + whole[position + 1 :])
    same = letter == whole[position]
    assert (changed is not None and changed.is_of(session)) == same


@given(text=st.text(max_size=100) | st.from_regex(r"[\w-]{76}"))
def test_noise_is_no_token(text: str) -> None:
    token = parse(text)
    assert token is None or not token.is_of(new_session())


def test_a_token_of_another_version_is_no_token() -> None:
    assert parse("A" * 76) is None


def test_the_current_token_moves_the_counter_on() -> None:
    session = new_session()
    after = refresh(session, 0, now=NOW + LATER)
    assert (after.previous, after.current) == (0, 1)
    assert after.refreshed_at == NOW + LATER
    assert after.created_at == NOW


def test_tabs_that_come_together_get_the_same_token() -> None:
    first = refresh(new_session(), 0, now=NOW + LATER)
    second = refresh(first, 0, now=NOW + LATER + REUSE_WINDOW)
    third = refresh(second, 1, now=NOW + LATER + REUSE_WINDOW)
    assert first == second == third


def test_the_previous_token_comes_back_late_because_its_answer_was_lost() -> None:
    lost = refresh(new_session(), 0, now=NOW + LATER)
    again = refresh(lost, 0, now=NOW + 2 * LATER)
    assert again.current == 2
    assert refresh(again, 2, now=NOW + 3 * LATER).current == 3


def test_the_token_that_was_skipped_ends_the_session() -> None:
    lost = refresh(new_session(), 0, now=NOW + LATER)
    again = refresh(lost, 0, now=NOW + 2 * LATER)
    with pytest.raises(Stolen):
        refresh(again, 1, now=NOW + 3 * LATER)


def test_a_token_that_was_replaced_ends_the_session_even_within_the_window() -> None:
    once = refresh(new_session(), 0, now=NOW + LATER)
    twice = refresh(once, 1, now=NOW + 2 * LATER)
    with pytest.raises(Stolen):
        refresh(twice, 0, now=NOW + 2 * LATER)


@given(
    st.lists(
        st.tuples(st.integers(0, 3600), st.booleans(), st.integers(1, 5)), min_size=1, max_size=40
    )
)
def test_an_honest_browser_stays_signed_in(
    steps: list[tuple[int, bool, int]],
) -> None:
    # Any pauses, any tabs at once, any answers lost.
    session, now, jar = new_session(), NOW, 0
    for pause, arrives, tabs in steps:
        now += timedelta(seconds=pause)
        sent = jar
        for _ in range(tabs):
            session = refresh(session, sent, now=now)
            if arrives:
                jar = session.current


@given(st.lists(st.booleans(), min_size=4, max_size=12), st.integers(0, 5))
def test_two_who_hold_a_session_lose_it(turns: list[bool], before: int) -> None:
    session, now = new_session(), NOW
    for _ in range(before):
        now += LATER
        session = refresh(session, session.current, now=now)
    jars = {True: session.current, False: session.current}  # copied at this moment
    used = {True: 0, False: 0}
    ended = False
    for who in turns:
        now += LATER
        try:
            session = refresh(session, jars[who], now=now)
        except Stolen:
            ended = True
            break
        jars[who] = session.current
        used[who] += 1
    # It is over before both have come back twice.
    assert ended or min(used.values()) <= 1


def test_a_session_ends_when_it_is_idle() -> None:
    assert new_session().expires_at == NOW + IDLE_TTL


def test_a_session_ends_however_busy_it_is() -> None:
    busy = replace(new_session(), refreshed_at=NOW + ABSOLUTE_TTL - LATER)
    assert busy.expires_at == NOW + ABSOLUTE_TTL
