"""What an organisation is: whom everything belongs to. A solo practitioner is one of one."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """`time_zone` is an IANA name; `slug` is unique, for addresses."""

    id: UUID
    slug: str
    name: str
    time_zone: str
