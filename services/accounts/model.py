"""What a person is."""

from dataclasses import dataclass
from uuid import UUID

from protocol.claims import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone of one organisation. `locale` is a BCP 47 tag, `time_zone` an IANA name; `roles` has one at least.

    A practitioner's id is his person's id.
    """

    id: UUID
    organisation: UUID
    email: str
    name: str
    locale: str
    time_zone: str
    roles: frozenset[Role]


def normalised(email: str) -> str:
    """The address as it is stored and looked up: mailboxes that differ by case only are one account."""
    return email.strip().lower()
