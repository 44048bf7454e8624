"""What a participant is to a room, as a table. Pure: no clock, no database.

A client waits until he is admitted. Whoever was admitted is `welcome`: he may leave and come straight back in, and
read what was said, until he is removed. A practitioner is welcome in his own room from the start.

A client comes signed in, or by the join link, which may have been passed on. Who was admitted signed in vouches for
nobody who comes by the link: that one waits for an admission of his own. Who is signed in has the stronger proof, and
goes in on either's admission.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from protocol.pushes import ParticipantState
from rooms.errors import IllegalStep, NotAdmitted, Removed

ParticipantRole = Literal["practitioner", "client"]
ParticipantStep = Literal["enter", "admit", "leave", "remove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where someone is, and whether he may be in without being admitted (again)."""

    state: ParticipantState
    welcome: bool


WAITING = Standing(state="waiting", welcome=False)
ADMITTED = Standing(state="admitted", welcome=True)
LEFT = Standing(state="left", welcome=False)
AWAY = Standing(state="left", welcome=True)
REMOVED = Standing(state="removed", welcome=False)

NEWCOMER: Mapping[ParticipantRole, Standing] = {"practitioner": AWAY, "client": LEFT}
"""What someone is before he enters for the first time."""

TRANSITIONS: Mapping[tuple[Standing, ParticipantStep], Standing] = {
    (WAITING, "enter"): WAITING,
    (WAITING, "admit"): ADMITTED,
    (WAITING, "leave"): LEFT,
    (WAITING, "remove"): REMOVED,
    (ADMITTED, "enter"): ADMITTED,
    (ADMITTED, "admit"): ADMITTED,
    (ADMITTED, "leave"): AWAY,
    (ADMITTED, "remove"): REMOVED,
    (LEFT, "enter"): WAITING,
    (LEFT, "leave"): LEFT,
    (LEFT, "remove"): REMOVED,
    (AWAY, "enter"): ADMITTED,
    (AWAY, "leave"): AWAY,
    (AWAY, "remove"): REMOVED,
    (REMOVED, "admit"): ADMITTED,
    (REMOVED, "leave"): REMOVED,
    (REMOVED, "remove"): REMOVED,
}


def step(standing: Standing, event: ParticipantStep, *, role: ParticipantRole) -> Standing:
    """The next standing. Raises Removed for one who comes back uninvited, IllegalStep for what the table lacks."""
    if role == "practitioner" and event in ("admit", "remove"):
        raise IllegalStep(
            "The practitioner lets himself in and out.", state=standing.state, step=event
        )
    following = TRANSITIONS.get((standing, event))
    if following is None:
        if standing == REMOVED:
            raise Removed
        raise IllegalStep(state=standing.state, step=event)
    return following


def comes_in(standing: Standing, *, by_link: bool, guest: bool) -> tuple[Standing, bool]:
    """Where someone enters from, and whether by the link: `by_link` is how he came before, `guest` how he comes now."""
    if guest and standing.welcome and not by_link:
        return LEFT, True
    if standing == LEFT:
        return LEFT, guest
    return standing, by_link or guest


def may_speak(standing: Standing) -> None:
    """Chat, signals and the call are for those inside. Raises NotAdmitted or Removed."""
    if standing != ADMITTED:
        raise Removed if standing == REMOVED else NotAdmitted


def may_read(standing: Standing) -> None:
    """What was said is for those who were let in, also after they left. Raises NotAdmitted or Removed."""
    if not standing.welcome:
        raise Removed if standing == REMOVED else NotAdmitted
