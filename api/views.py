"""Shapes that more than one file answers with."""

from dataclasses import dataclass, fields
from datetime import datetime

from protocol import pushes
from protocol.claims import Claims
from services.booking.model import JOIN_OPENS_BEFORE, Appointment


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentView(pushes.Appointment):
    """An appointment. `note` is shown to its two sides only; the room can be entered from `join_opens_at` on."""

    note: str
    join_opens_at: datetime


def appointment_view(appointment: Appointment, claims: Claims, *, demo: bool) -> AppointmentView:
    """The appointment as this person may see it. In demo mode rooms open at once."""
    shown = appointment.push()
    sides = (appointment.client_id, appointment.practitioner_id)
    opens = appointment.start - JOIN_OPENS_BEFORE
    if demo and appointment.booked_at is not None:
        opens = min(opens, appointment.booked_at)
    return AppointmentView(
        **{field.name: getattr(shown, field.name) for field in fields(shown)},
        note=appointment.note if claims.person in sides else "",
        join_opens_at=opens,
    )
