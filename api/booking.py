"""Booking: keep a slot for a moment, book it, see what was booked, call it off, hand out a join link."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import StringConstraints
from starlette.responses import Response

from api import pagination
from api.authentication import Signed
from api.components import Components, Parts
from api.fields import Body, Text
from api.idempotency import Once, Show
from api.instants import Instant, read_instant
from api.openapi import problems
from api.pagination import Page
from api.responses import Json
from api.views import AppointmentView, appointment_view
from persistence.postgres import Actor, Transaction
from protocol.claims import Claims
from protocol.errors import NotFound, Unauthenticated
from services.accounts import queries as accounts
from services.booking import commands, queries
from services.booking.commands import Claim
from services.booking.errors import (
    AlreadyOver,
    DoubleBooked,
    HoldExpired,
    NotASlot,
    OwnCalendar,
    SlotTaken,
    TooManyBookings,
    TooManyHolds,
)
from services.booking.model import JOIN_LINK_OUTLIVES, Appointment, Person
from services.booking.repository import Listing

router = APIRouter(tags=["booking"])

Note = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=2000)]
Reason = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=1000)]


class SlotBody(Body):
    """A slot, as the list of slots gave it."""

    practitioner_id: UUID
    service_id: UUID
    start: Instant


class SlotBooking(SlotBody):
    """Book a slot without holding it first."""

    note: Note = ""


class HoldBooking(Body):
    """Book a slot that I hold."""

    hold_id: UUID
    note: Note = ""


class Cancellation(Body):
    """Why, if one wants to say."""

    reason: Reason = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """A slot that is kept for me until `expires_at`. Booked, it keeps its id."""

    id: UUID
    practitioner_id: UUID
    service_id: UUID
    start: datetime
    end: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentPage:
    """Some of my appointments, by their start."""

    items: list[AppointmentView]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinLinkView:
    """An address that enters the room as the appointment's client, without a password, until `expires_at`."""

    url: str
    expires_at: datetime


@router.post(
    "/holds",
    status_code=201,
    response_model=HoldView,
    responses=problems(NotFound, SlotTaken, TooManyHolds, TooManyBookings, NotASlot, OwnCalendar),
)
async def hold_slot(body: SlotBody, claims: Signed, components: Parts, once: Once) -> Response:
    """Keep a slot for five minutes while I decide. Taken: `next_open` names up to three others."""
    now = components.clock()

    async def effect(tx: Transaction) -> HoldView:
        claim = await _claim(tx, body, claims)
        return _hold_view(await commands.hold_slot(tx, claim, now=now))

    return await _claiming(components, claims, body, once.run(effect))


@router.delete("/holds/{hold_id}", status_code=204, responses=problems(NotFound))
async def release_hold(hold_id: UUID, claims: Signed, components: Parts) -> Response:
    """Let a slot go that I hold."""
    async with components.database.transaction(Actor.of(claims)) as tx:
        await commands.release_hold(tx, hold_id, client_id=claims.person)
    return Response(status_code=204)


@router.post(
    "/appointments",
    status_code=201,
    response_model=AppointmentView,
    responses=problems(
        NotFound, SlotTaken, HoldExpired, DoubleBooked, TooManyBookings, NotASlot, OwnCalendar
    ),
)
async def book(
    body: HoldBooking | SlotBooking, claims: Signed, components: Parts, once: Once
) -> Response:
    """Book a slot: the one that I hold, or one that is open. Both sides' pages learn of it at once."""
    now = components.clock()

    async def effect(tx: Transaction) -> UUID:
        if isinstance(body, HoldBooking):
            booked = await commands.book_hold(
                tx, body.hold_id, client_id=claims.person, note=body.note, now=now
            )
        else:
            claim = await _claim(tx, body, claims, note=body.note)
            booked = await commands.book_slot(tx, claim, now=now)
        return booked.id

    answer = once.run_shown(effect, _showing(components, claims))
    if isinstance(body, HoldBooking):
        return await answer
    return await _claiming(components, claims, body, answer)


@router.get("/appointments", response_model=AppointmentPage)
async def list_appointments(
    claims: Signed,
    components: Parts,
    page: Page,
    since: Annotated[Instant | None, Query(alias="from", description="Starts at or after.")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="Starts before.")] = None,
    status: Annotated[Literal["booked", "cancelled", "completed"] | None, Query()] = None,
) -> Response:
    """My appointments, as client and as practitioner, by their start."""
    after = page.after(read_instant, UUID)
    wanted = Listing(
        person=claims.person,
        now=components.clock(),
        limit=page.limit + 1,
        since=since,
        until=until,
        status=status,
        after=after and (after[0], after[1]),
    )
    async with components.database.transaction(Actor.of(claims), read_only=True) as tx:
        found = await queries.appointments(tx, wanted)
    last = found[page.limit - 1] if len(found) > page.limit else None
    items = [appointment_view(each, claims, demo=components.demo) for each in found[: page.limit]]
    cursor = pagination.encode(last.start.isoformat(), last.id) if last else None
    return Json(AppointmentPage(items=items, next_cursor=cursor))


@router.get(
    "/appointments/{appointment_id}",
    response_model=AppointmentView,
    responses=problems(NotFound),
)
async def read_appointment(appointment_id: UUID, claims: Signed, components: Parts) -> Response:
    """One appointment: mine, or one of a calendar that I run."""
    async with components.database.transaction(Actor.of(claims), read_only=True) as tx:
        found = await queries.appointment(tx, appointment_id, now=components.clock())
    return Json(appointment_view(found, claims, demo=components.demo))


@router.post(
    "/appointments/{appointment_id}/cancel",
    response_model=AppointmentView,
    responses=problems(NotFound, AlreadyOver),
)
async def cancel(
    appointment_id: UUID,
    claims: Signed,
    components: Parts,
    once: Once,
    body: Cancellation | None = None,
) -> Response:
    """Call an appointment off, until it starts. Its slot is open again at once."""
    now = components.clock()
    reason = body.reason if body else ""

    async def effect(tx: Transaction) -> UUID:
        return (await commands.cancel(tx, appointment_id, reason=reason, now=now)).id

    return await once.run_shown(effect, _showing(components, claims), status=200)


@router.post(
    "/appointments/{appointment_id}/join-link",
    status_code=201,
    response_model=JoinLinkView,
    responses=problems(NotFound, AlreadyOver),
)
async def make_join_link(appointment_id: UUID, claims: Signed, components: Parts) -> Response:
    """A link that takes the client to the waiting room without a password, until two hours after the end.

    For its two sides only. Nothing is written: it may be asked for again, and an Idempotency-Key is not looked at.
    """
    now = components.clock()
    async with components.database.transaction(Actor.of(claims), read_only=True) as tx:
        found = await queries.own_appointment(tx, appointment_id, now=now)
    return Json(_join_link(found, components, now=now), status=201)


async def _claim(tx: Transaction, body: SlotBody, claims: Claims, *, note: str = "") -> Claim:
    person = await accounts.person(tx, claims.person)
    if person is None:
        raise Unauthenticated
    return Claim(
        client=Person(id=person.id, name=person.name),
        practitioner_id=body.practitioner_id,
        service_id=body.service_id,
        start=body.start,
        note=note,
    )


def _showing(components: Components, claims: Claims) -> Show:
    """An appointment as its side sees it now."""

    async def show(tx: Transaction, appointment_id: UUID) -> AppointmentView:
        found = await queries.appointment(tx, appointment_id, now=components.clock())
        return appointment_view(found, claims, demo=components.demo)

    return show


async def _claiming(
    components: Components, claims: Claims, body: SlotBody, answer: Awaitable[Response]
) -> Response:
    """Run a claim; who comes too late learns what else is open. That is read apart: his transaction is undone."""
    try:
        return await answer
    except SlotTaken:
        async with components.database.transaction(Actor.of(claims), read_only=True) as tx:
            others = await queries.alternatives(
                tx,
                body.practitioner_id,
                body.service_id,
                client_id=claims.person,
                start=body.start,
                now=components.clock(),
            )
    own = {"your_hold": others.your_hold} if others.your_hold else {}
    raise SlotTaken(next_open=others.next_open, **own)


def _hold_view(hold: Appointment) -> HoldView:
    return HoldView(
        id=hold.id,
        practitioner_id=hold.practitioner_id,
        service_id=hold.service_id,
        start=hold.start,
        end=hold.end,
        expires_at=hold.expires_at,
    )


def _join_link(appointment: Appointment, components: Components, *, now: datetime) -> JoinLinkView:
    expires_at = appointment.end + JOIN_LINK_OUTLIVES
    if appointment.status == "cancelled" or expires_at <= now:
        raise AlreadyOver(appointment_status=appointment.status)
    token = components.tokens.issue_join(
        appointment.id,
        client=appointment.client_id,
        organisation=appointment.organisation_id,
        expires_at=expires_at,
    )
    # After the #, the token is sent to no server and stands in no log.
    return JoinLinkView(url=f"{components.public_url}/join#{token}", expires_at=expires_at)
