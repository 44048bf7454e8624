from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from persistence.postgres import Database, Transaction
from protocol.pushes import Appointment, Person
from services.accounts.errors import JoinLinkExpired, JoinLinkInvalid
from services.accounts.join import Joined, join
from services.accounts.tokens import Tokens
from tests.conftest import Clock

pytestmark = pytest.mark.integration

ORGANISATION = uuid4()


@dataclass
class Diary:
    """Booking's answer to joining: the one appointment it has, and as whom it was asked."""

    appointment: Appointment
    asked_as: tuple[UUID | None, UUID | None] | None = None

    async def __call__(self, tx: Transaction, appointment: UUID, /) -> Appointment | None:
        row = await tx.fetchrow(
            "SELECT klear.current_organisation() AS o, klear.current_person() AS p"
        )
        assert row is not None
        self.asked_as = row["o"], row["p"]
        return self.appointment if appointment == self.appointment.id else None


@pytest.fixture
def diary(clock: Clock) -> Diary:
    return Diary(
        Appointment(
            id=uuid4(),
            status="booked",
            start=clock() + timedelta(hours=1),
            end=clock() + timedelta(hours=2),
            service_id=uuid4(),
            service_name="Breathwork",
            practitioner=Person(id=uuid4(), name="Dr. Ravi Menon"),
            client=Person(id=uuid4(), name="Ana Lindqvist"),
            time_zone="Europe/London",
        )
    )


def link(tokens: Tokens, diary: Diary, clock: Clock, *, client: UUID | None = None) -> str:
    return tokens.issue_join(
        diary.appointment.id,
        client=client or diary.appointment.client.id,
        organisation=ORGANISATION,
        expires_at=clock() + timedelta(hours=4),
    )


async def joined(
    database: Database, tokens: Tokens, diary: Diary, clock: Clock, token: str
) -> Joined:
    return await join(database, token=token, tokens=tokens, links=diary, clock=clock)


@pytest.mark.asyncio
async def test_a_link_makes_a_guest_of_one_room(
    database: Database, tokens: Tokens, diary: Diary, clock: Clock
) -> None:
    answer = await joined(database, tokens, diary, clock, link(tokens, diary, clock))
    claims = tokens.verify(answer.access_token)
    assert claims.is_guest
    assert (claims.room, claims.person) == (diary.appointment.id, diary.appointment.client.id)
    assert claims.organisation == ORGANISATION
    assert claims.roles == frozenset({"guest"})
    assert claims.session is None
    assert answer.expires_at == claims.expires_at == clock() + timedelta(minutes=5)
    assert answer.appointment == diary.appointment


@pytest.mark.asyncio
async def test_booking_is_asked_as_the_client_himself(
    database: Database, tokens: Tokens, diary: Diary, clock: Clock
) -> None:
    await joined(database, tokens, diary, clock, link(tokens, diary, clock))
    assert diary.asked_as == (ORGANISATION, diary.appointment.client.id)


@pytest.mark.asyncio
async def test_a_guest_token_never_outlives_its_link(
    database: Database, tokens: Tokens, diary: Diary, clock: Clock
) -> None:
    token = link(tokens, diary, clock)
    clock.advance(hours=3, minutes=58)
    answer = await joined(database, tokens, diary, clock, token)
    assert answer.expires_at == clock() + timedelta(minutes=2)


@pytest.mark.asyncio
async def test_a_link_expires(
    database: Database, tokens: Tokens, diary: Diary, clock: Clock
) -> None:
    token = link(tokens, diary, clock)
    clock.advance(hours=4)
    with pytest.raises(JoinLinkExpired):
        await joined(database, tokens, diary, clock, token)


@pytest.mark.asyncio
async def test_the_link_of_a_cancelled_appointment_is_over(
    database: Database, tokens: Tokens, diary: Diary, clock: Clock
) -> None:
    token = link(tokens, diary, clock)
    diary.appointment = replace(diary.appointment, status="cancelled")
    with pytest.raises(JoinLinkExpired):
        await joined(database, tokens, diary, clock, token)


@pytest.mark.asyncio
async def test_noise_and_other_tokens_are_no_links(
    database: Database, tokens: Tokens, diary: Diary, clock: Clock
) -> None:
    guest = await joined(database, tokens, diary, clock, link(tokens, diary, clock))
    for token in ("", "noise", guest.access_token):
        with pytest.raises(JoinLinkInvalid):
            await joined(database, tokens, diary, clock, token)


@pytest.mark.asyncio
async def test_a_link_to_another_client_or_appointment_is_invalid(
    database: Database, tokens: Tokens, diary: Diary, clock: Clock
) -> None:
    with pytest.raises(JoinLinkInvalid):
        await joined(database, tokens, diary, clock, link(tokens, diary, clock, client=uuid4()))
    token = link(tokens, diary, clock)
    diary.appointment = replace(diary.appointment, id=uuid4())
    with pytest.raises(JoinLinkInvalid):
        await joined(database, tokens, diary, clock, token)
