"""Practitioners: who they are, what they offer, when they are open, and their calendars for those who run them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints
from starlette.responses import Response

from api import pagination
from api.authentication import Anyone, Signed
from api.components import Parts
from api.fields import Body
from api.instants import Day, Instant
from api.openapi import problems
from api.pagination import Page
from api.responses import Json
from api.views import AppointmentView, appointment_view
from persistence.postgres import Actor, Transaction
from protocol.claims import Claims
from protocol.errors import Forbidden, NotFound
from services.booking import commands as booking
from services.booking import queries as bookings
from services.booking.availability import MAX_RULES, Rule, Slot, day_start, zone_of
from services.booking.errors import (
    InvalidRules,
    UnknownTimeZone,
    VersionConflict,
    WindowTooWide,
)
from services.booking.model import Service
from services.practitioners import queries
from services.practitioners.model import Practitioner

router = APIRouter(tags=["practitioners"])

ClockTime = Annotated[str, StringConstraints(pattern=r"^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$")]
"""A time of the local day, `HH:MM`; `24:00` is its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceView:
    """Money: `amount` in minor units of `currency` (ISO 4217)."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """Something that can be booked."""

    id: UUID
    name: str
    description: str
    duration_minutes: int
    price: PriceView


@dataclass(frozen=True, slots=True, kw_only=True)
class PractitionerView:
    """A public profile. `languages` are BCP 47 tags; `next_open` is the next open slot of any service."""

    id: UUID
    name: str
    title: str
    bio: str
    specialities: tuple[str, ...]
    languages: tuple[str, ...]
    time_zone: str
    next_open: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PractitionerPage:
    """Some practitioners, by name."""

    items: list[PractitionerView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PractitionerWithServices(PractitionerView):
    """A public profile, with what can be booked."""

    services: tuple[ServiceView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotsView:
    """Slots in order, `time_zone` as asked. Follow `slots:<practitioner>` from `version` on."""

    practitioner_id: UUID
    service_id: UUID
    time_zone: str
    version: int
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarHoldView:
    """A slot that somebody may book until `expires_at`."""

    id: UUID
    start: datetime
    end: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarViewBody:
    """A stretch of a calendar. Follow `calendar:<practitioner>` from `version` on."""

    version: int
    appointments: list[AppointmentView]
    holds: list[CalendarHoldView]


class WeeklyRule(Body):
    """Open every `weekday` (ISO: 1 is Monday) from `start` to `end`, local time."""

    weekday: Annotated[int, Field(ge=1, le=7)]
    start: ClockTime
    end: ClockTime


class AvailabilityBody(Body):
    """Weekly hours. `version` is the one that was read: another save since then is a conflict."""

    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    version: Annotated[int, Field(ge=0)]
    rules: Annotated[tuple[WeeklyRule, ...], Field(max_length=MAX_RULES)]


@router.get("/practitioners", response_model=PractitionerPage)
async def list_practitioners(claims: Signed, components: Parts, page: Page) -> Response:
    """The practitioners of my organisation, by name."""
    after = page.after(_name, UUID)
    async with components.database.transaction(Actor.of(claims), read_only=True) as tx:
        found = await queries.practitioners(
            tx, claims.organisation, after=after and (after[0], after[1]), limit=page.limit + 1
        )
        items = await _views(tx, found[: page.limit], now=components.clock())
    last = found[page.limit - 1] if len(found) > page.limit else None
    cursor = pagination.encode(last.name, last.id) if last else None
    return Json(PractitionerPage(items=items, next_cursor=cursor))


@router.get(
    "/practitioners/{practitioner_id}",
    response_model=PractitionerWithServices,
    responses=problems(NotFound),
)
async def read_practitioner(practitioner_id: UUID, claims: Anyone, components: Parts) -> Response:
    """A practitioner's public profile, and what can be booked."""
    async with components.database.transaction(_actor(claims), read_only=True) as tx:
        found = await queries.practitioner(tx, practitioner_id)
        await bookings.calendar_of(tx, practitioner_id)
        (view,) = await _views(tx, [found], now=components.clock())
        services = await bookings.services_of(tx, practitioner_id)
    whole = {name: getattr(view, name) for name in PractitionerView.__dataclass_fields__}
    offered = tuple(_service_view(service) for service in services)
    return Json(PractitionerWithServices(**whole, services=offered))


@router.get(
    "/practitioners/{practitioner_id}/slots",
    response_model=SlotsView,
    responses=problems(NotFound, UnknownTimeZone),
)
async def read_slots(
    practitioner_id: UUID,
    claims: Anyone,
    components: Parts,
    service: Annotated[UUID, Query()],
    first: Annotated[Day, Query(alias="from", description="The first day, in `time_zone`.")],
    days: Annotated[int, Query(ge=1, le=31)] = 7,
    time_zone: Annotated[
        str | None, Query(max_length=64, description="Left out: the practitioner's.")
    ] = None,
) -> Response:
    """The slots of some days, held ones marked as such. Nobody's name is in it: anybody may ask."""
    async with components.database.transaction(_actor(claims), read_only=True) as tx:
        zone_name = time_zone or (await bookings.calendar_of(tx, practitioner_id)).time_zone
        zone = zone_of(zone_name)
        page = await bookings.open_slots(
            tx,
            practitioner_id,
            service,
            since=day_start(first, zone),
            until=day_start(first + timedelta(days=days), zone),
            now=components.clock(),
        )
    view = SlotsView(
        practitioner_id=practitioner_id,
        service_id=service,
        time_zone=zone_name,
        version=page.version,
        slots=page.slots,
    )
    return Json(view)


@router.get(
    "/practitioners/{practitioner_id}/calendar",
    response_model=CalendarViewBody,
    responses=problems(NotFound, Forbidden, WindowTooWide),
)
async def read_calendar(
    practitioner_id: UUID,
    claims: Signed,
    components: Parts,
    since: Annotated[Instant, Query(alias="from")],
    until: Annotated[Instant, Query(alias="to")],
) -> Response:
    """A stretch of a calendar, at most 62 days, for the practitioner and who runs his organisation's calendars."""
    now = components.clock()
    async with components.database.transaction(Actor.of(claims), read_only=True) as tx:
        await bookings.check_runs_calendar(tx, practitioner_id)
        view = await bookings.calendar_view(tx, practitioner_id, since=since, until=until, now=now)
    holds = [
        CalendarHoldView(id=hold.id, start=hold.start, end=hold.end, expires_at=hold.expires_at)
        for hold in view.holds
    ]
    shown = [appointment_view(each, claims, demo=components.demo) for each in view.appointments]
    return Json(CalendarViewBody(version=view.version, appointments=shown, holds=holds))


@router.get(
    "/practitioners/{practitioner_id}/availability",
    response_model=AvailabilityBody,
    responses=problems(NotFound, Forbidden),
)
async def read_availability(practitioner_id: UUID, claims: Signed, components: Parts) -> Response:
    """The weekly hours, for the practitioner and who runs his organisation's calendars."""
    async with components.database.transaction(Actor.of(claims), read_only=True) as tx:
        await bookings.check_runs_calendar(tx, practitioner_id)
        return _availability(await bookings.availability(tx, practitioner_id))


@router.put(
    "/practitioners/{practitioner_id}/availability",
    response_model=AvailabilityBody,
    responses=problems(NotFound, Forbidden, VersionConflict, InvalidRules, UnknownTimeZone),
)
async def write_availability(
    practitioner_id: UUID, body: AvailabilityBody, claims: Signed, components: Parts
) -> Response:
    """Put other weekly hours in place. Appointments that exist stay. The same save once more changes nothing."""
    rules = [
        Rule(weekday=rule.weekday, start=_minutes(rule.start), end=_minutes(rule.end))
        for rule in body.rules
    ]
    async with components.database.transaction(Actor.of(claims)) as tx:
        await bookings.check_runs_calendar(tx, practitioner_id)
        await booking.set_availability(
            tx, practitioner_id, rules=rules, time_zone=body.time_zone, version=body.version
        )
        return _availability(await bookings.availability(tx, practitioner_id))


def _actor(claims: Claims | None) -> Actor:
    return Actor() if claims is None else Actor.of(claims)


async def _views(
    tx: Transaction, found: Sequence[Practitioner], *, now: datetime
) -> list[PractitionerView]:
    ids = [each.id for each in found]
    zones = await bookings.time_zones(tx, ids)
    opens = await bookings.next_open(tx, ids, now=now)
    return [
        PractitionerView(
            id=each.id,
            name=each.name,
            title=each.title,
            bio=each.bio,
            specialities=each.specialities,
            languages=each.languages,
            time_zone=zones[each.id],
            next_open=opens[each.id],
        )
        for each in found
        if each.id in zones  # without a calendar he is not there yet
    ]


def _service_view(service: Service) -> ServiceView:
    return ServiceView(
        id=service.id,
        name=service.name,
        description=service.description,
        duration_minutes=service.duration_minutes,
        price=PriceView(amount=service.price_amount, currency=service.currency),
    )


def _availability(found: bookings.Availability) -> Response:
    rules = [
        {"weekday": rule.weekday, "start": _clock_time(rule.start), "end": _clock_time(rule.end)}
        for rule in found.rules
    ]
    body = {"time_zone": found.time_zone, "version": found.version, "rules": rules}
    return Json(body, headers={"ETag": f'"{found.version}"'})


def _name(text: str) -> str:
    if "\0" in text:
        raise ValueError("no name of ours")
    return text


def _minutes(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return int(hours) * 60 + int(minutes)


def _clock_time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
