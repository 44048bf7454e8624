"""What a practitioner shows of himself. Pure."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Practitioner:
    """A public profile. `id` is the person's; `languages` are BCP 47 tags. Zone and hours belong to booking."""

    id: UUID
    organisation_id: UUID
    name: str
    title: str
    bio: str
    specialities: tuple[str, ...]
    languages: tuple[str, ...]
