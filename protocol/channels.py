"""The channel grammar: `namespace:key`, at most 255 ASCII bytes.

Built-in namespaces, each keyed by one UUID:

user         a person's own events, subscribed by the server when he connects
slots        what is open at a practitioner's; public, without a word about who
calendar     a practitioner's calendar, with names; he and his organisation's staff
room         a session's chat, people and state; admitted participants
participant  one participant's own events (admitted, removed); that participant
signals      what the next one replaces (typing); client publications, admitted participants
call         the state of a room's call; admitted participants
"""

from uuid import UUID

MAX_LENGTH = 255
"""Bytes: the limit of the Centrifuge client protocol's servers."""

BUILT_IN = ("user", "slots", "calendar", "room", "participant", "signals", "call")


def user(person_id: UUID) -> str:
    """The channel of a person's own events."""
    return f"user:{person_id}"


def slots(practitioner_id: UUID) -> str:
    """The public channel of a practitioner's open slots."""
    return f"slots:{practitioner_id}"


def calendar(practitioner_id: UUID) -> str:
    """The channel of a practitioner's calendar."""
    return f"calendar:{practitioner_id}"


def room(room_id: UUID) -> str:
    """The channel of a room's chat, people and state."""
    return f"room:{room_id}"


def participant(participant_id: UUID) -> str:
    """The channel of one participant's own events."""
    return f"participant:{participant_id}"


def signals(room_id: UUID) -> str:
    """The channel of a room's ephemeral signals."""
    return f"signals:{room_id}"


def call(room_id: UUID) -> str:
    """The channel of a room's call."""
    return f"call:{room_id}"


def split(channel: str) -> tuple[str, str]:
    """The namespace and the key: `("room", "<uuid>")`. A name without a colon has no namespace."""
    namespace, colon, key = channel.partition(":")
    return (namespace, key) if colon else ("", channel)


def key_id(channel: str) -> UUID | None:
    """The UUID of a built-in channel, or None where the key is not a canonical UUID."""
    _, key = split(channel)
    try:
        parsed = UUID(key)
    except ValueError:
        return None
    return parsed if str(parsed) == key else None
