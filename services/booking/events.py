"""What booking tells the world: pushes, their audience and their order. Pure.

Slots are public, so their pushes carry stretches of time and nothing else. A stretch covers the buffers
around an appointment: every slot that overlaps it changed. Names go to the two sides and the calendar.
"""

from datetime import datetime
from typing import Literal

from protocol import channels
from protocol.pushes import AppointmentChanged, CalendarChanged, Push, SlotsChanged
from services.booking.model import Appointment, Calendar, Released

Entry = tuple[tuple[str, ...], Push]
"""The channels, and what they are told."""


class Journal:
    """Collects what one transaction changes in a locked calendar, and numbers it.

    `version` is what the calendar's row must say at commit; `entries` are for the outbox, in order.
    """

    __slots__ = ("_calendar", "entries", "version")

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self.version = calendar.version
        self.entries: list[Entry] = []

    def held(self, hold: Appointment) -> None:
        """A slot is kept for somebody until the hold's `expires_at`."""
        self._stretch("held", hold, until=hold.expires_at)
        self._calendar_changed("held", hold, until=hold.expires_at)

    def released(self, hold: Appointment | Released) -> None:
        """A hold was let go or expired."""
        self._stretch("open", hold)
        self._calendar_changed("open", hold)

    def booked(self, appointment: Appointment) -> None:
        """A slot or a hold became an appointment."""
        self._stretch("booked", appointment)
        self._appointment_changed(appointment)

    def cancelled(self, appointment: Appointment) -> None:
        """An appointment was called off, and its time is open again."""
        self._stretch("open", appointment)
        self._appointment_changed(appointment)

    def completed(self, appointment: Appointment) -> None:
        """An appointment is over. No time was opened or taken, so the version stands still."""
        self._appointment_changed(appointment)

    def availability_changed(self) -> None:
        """The weekly hours are others: everybody fetches anew."""
        self.version += 1
        slots = SlotsChanged(version=self.version, state="open", start=None, end=None)
        calendar = CalendarChanged(version=self.version, state="availability")
        self.entries.append(((self._slots,), slots))
        self.entries.append(((self._channel,), calendar))

    @property
    def _slots(self) -> str:
        return channels.slots(self._calendar.practitioner_id)

    @property
    def _channel(self) -> str:
        return channels.calendar(self._calendar.practitioner_id)

    def _stretch(
        self,
        state: Literal["held", "booked", "open"],
        appointment: Appointment | Released,
        *,
        until: datetime | None = None,
    ) -> None:
        self.version += 1
        push = SlotsChanged(
            version=self.version,
            state=state,
            start=appointment.busy_start,
            end=appointment.busy_end,
            until=until,
        )
        self.entries.append(((self._slots,), push))

    def _calendar_changed(
        self,
        state: Literal["held", "open"],
        hold: Appointment | Released,
        *,
        until: datetime | None = None,
    ) -> None:
        push = CalendarChanged(
            version=self.version, state=state, start=hold.start, end=hold.end, until=until
        )
        self.entries.append(((self._channel,), push))

    def _appointment_changed(self, appointment: Appointment) -> None:
        people = (appointment.client_id, appointment.practitioner_id)
        audience = (self._channel, *(channels.user(person) for person in people))
        push = AppointmentChanged(version=self.version, appointment=appointment.push())
        self.entries.append((audience, push))
