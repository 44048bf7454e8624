"""Demonstration data: two organisations, their people, and what can be booked. The data alone; seed.py lays it down."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from protocol.claims import Role
from services.booking.availability import Rule
from services.booking.commands import Offer

PASSWORD = "klear-demo"  # noqa: S105 - printed at every start: it protects nothing
"""Everybody's. Demonstration data exist only where `klear demo` runs."""


def demo_id(name: str) -> UUID:
    """The id of something in the demonstration: the same on every machine."""
    return uuid5(NAMESPACE_URL, f"klear:demo:{name}")


def _hours(weekdays: Sequence[int], *, start: int, end: int) -> tuple[Rule, ...]:
    return tuple(Rule(weekday=day, start=start * 60, end=end * 60) for day in weekdays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What a practitioner shows and offers."""

    title: str
    bio: str
    specialities: tuple[str, ...]
    languages: tuple[str, ...]
    hours: tuple[Rule, ...]
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """One person of the demonstration."""

    email: str
    name: str
    role: Role
    time_zone: str
    locale: str = "en-GB"
    practice: Practice | None = None

    @property
    def id(self) -> UUID:
        """The same on every machine."""
        return demo_id(self.email)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """An organisation with its people."""

    slug: str
    name: str
    time_zone: str
    people: tuple[Somebody, ...]

    @property
    def id(self) -> UUID:
        """The same on every machine."""
        return demo_id(self.slug)


ANA = Somebody(
    email="ana@demo.example", name="Ana Lindqvist", role="client", time_zone="Europe/Stockholm"
)
RAVI = Somebody(
    email="ravi@demo.example",
    name="Dr. Ravi Menon",
    role="practitioner",
    time_zone="Europe/London",
    practice=Practice(
        title="Clinical psychologist",
        bio="Twelve years with people who sleep badly and worry well. Sessions are calm, practical and unhurried.",
        specialities=("Sleep", "Anxiety", "Burnout"),
        languages=("en", "ml"),
        hours=_hours(range(1, 7), start=8, end=20),
        offers=(
            Offer(
                name="First conversation",
                description="We get to know each other and find out what would help.",
                duration_minutes=30,
                price_amount=0,
                currency="GBP",
                min_notice_minutes=5,
            ),
            Offer(
                name="Therapy session",
                description="Fifty minutes, with ten to breathe after.",
                duration_minutes=50,
                price_amount=8500,
                currency="GBP",
                buffer_after_minutes=10,
                min_notice_minutes=5,
                position=1,
            ),
        ),
    ),
)
MEI = Somebody(
    email="mei@demo.example",
    name="Mei Tanaka",
    role="practitioner",
    time_zone="America/Vancouver",
    practice=Practice(
        title="Yoga therapist",
        bio="Gentle movement and breath for backs that sit all day. No experience needed, no mat either.",
        specialities=("Back pain", "Breath", "Movement"),
        languages=("en", "ja"),
        hours=_hours(range(2, 8), start=7, end=15),
        offers=(
            Offer(
                name="Breath and movement",
                description="Half an hour, seated or standing.",
                duration_minutes=30,
                price_amount=4500,
                currency="CAD",
                min_notice_minutes=5,
            ),
        ),
    ),
)
OLGA = Somebody(
    email="olga@demo.example", name="Olga Castellanos", role="owner", time_zone="Europe/London"
)
NOOR = Somebody(
    email="noor@demo.example",
    name="Noor Haddad",
    role="practitioner",
    time_zone="Europe/Berlin",
    practice=Practice(
        title="Nutritionist",
        bio="Eating that fits your life, not the other way round.",
        specialities=("Nutrition",),
        languages=("en", "de", "ar"),
        hours=_hours(range(1, 6), start=9, end=17),
        offers=(
            Offer(
                name="Consultation",
                description="Three quarters of an hour.",
                duration_minutes=45,
                price_amount=6000,
                currency="EUR",
                min_notice_minutes=5,
            ),
        ),
    ),
)
BEN = Somebody(
    email="ben@demo.example", name="Ben Okafor", role="client", time_zone="Europe/Berlin"
)

STILLWATER = House(
    slug="stillwater",
    name="Stillwater Wellness",
    time_zone="Europe/London",
    people=(ANA, RAVI, MEI, OLGA),
)
NORTHLIGHT = House(
    slug="northlight",
    name="Northlight Practice",
    time_zone="Europe/Berlin",
    people=(NOOR, BEN),
)
HOUSES = (STILLWATER, NORTHLIGHT)


def house_of(person: UUID) -> House | None:
    """The organisation of one of these people; None for anybody else."""
    found = (house for house in HOUSES for each in house.people if each.id == person)
    return next(found, None)
