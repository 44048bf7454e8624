"""Signing in, staying signed in, joining by a link, and who I am.

The refresh token lives in a cookie that no script reads and that goes to /api/v1/auth only; the access token lives in
the page's memory. Operations that use the cookie take no request from another site's page.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import StringConstraints
from starlette.responses import Response

from api.authentication import Signed
from api.callers import caller_network, same_origin
from api.components import Components, Parts
from api.errors import CrossSite
from api.fields import Body, Text
from api.openapi import problems
from api.responses import Json
from persistence.postgres import Actor
from protocol.errors import Unauthenticated
from protocol.pushes import Person as Someone
from services.accounts import queries
from services.accounts.commands import Accounts, SignedIn
from services.accounts.errors import (
    InvalidCredentials,
    JoinLinkExpired,
    JoinLinkInvalid,
    NoSession,
    SignInBusy,
    TooManyAttempts,
)
from services.accounts.join import Joined, join
from services.accounts.model import Person
from services.accounts.tokens import DEVICE_TTL
from services.organisations import queries as organisations

router = APIRouter(tags=["accounts"])

COOKIE_PATH = "/api/v1/auth"

Kept = Literal["session", "device"]
"""What a browser keeps: its session's refresh token until it signs out, and its device token for longer."""


class SignIn(Body):
    """Who, and his password."""

    email: Annotated[Text, StringConstraints(min_length=3, max_length=254)]
    password: Annotated[Text, StringConstraints(min_length=1, max_length=256)]


class Join(Body):
    """The token of a join link: what follows # in its address."""

    token: Annotated[Text, StringConstraints(min_length=1, max_length=4096)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationView:
    """An organisation, to those who belong to it. `time_zone` is an IANA name."""

    id: UUID
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A person, to himself. `locale` is a BCP 47 tag, `time_zone` an IANA name."""

    id: UUID
    name: str
    email: str
    locale: str
    time_zone: str
    roles: tuple[str, ...]
    organisation: OrganisationView


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """An access token, until `expires_at`, and whose it is."""

    access_token: str
    expires_at: datetime
    person: PersonView


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedAppointmentView:
    """The appointment that a join link is for."""

    id: UUID
    start: datetime
    end: datetime
    service_name: str
    practitioner: Someone


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedView:
    """A guest's access token, until `expires_at`: for this room, and nothing else."""

    access_token: str
    expires_at: datetime
    room: UUID
    person: Someone
    appointment: JoinedAppointmentView


@router.post(
    "/auth/sign-in",
    response_model=SessionView,
    responses=problems(InvalidCredentials, CrossSite, TooManyAttempts, SignInBusy),
    dependencies=[Depends(same_origin)],
)
async def sign_in(body: SignIn, request: Request, components: Parts) -> Response:
    """Sign in with an e-mail address and a password. Sets the refresh cookie, and one by which the browser is known."""
    signed_in = await _accounts(components).sign_in(
        email=body.email,
        password=body.password,
        network=caller_network(request),
        replaces=request.cookies.get(cookie_name(components)),
        device=request.cookies.get(cookie_name(components, "device")),
    )
    response = await _session(components, signed_in)
    if signed_in.device_token is not None:
        age = int(DEVICE_TTL.total_seconds())
        _set_cookie(response, components, signed_in.device_token, max_age=age, what="device")
    return response


@router.post(
    "/auth/refresh",
    response_model=SessionView,
    responses=problems(NoSession, CrossSite),
    dependencies=[Depends(same_origin)],
)
async def refresh(request: Request, components: Parts) -> Response:
    """A new access token for the refresh cookie, and the cookie renewed. Tabs may ask at the same moment."""
    token = request.cookies.get(cookie_name(components))
    if token is None:
        raise NoSession
    return await _session(components, await _accounts(components).refresh(token))


@router.post(
    "/auth/sign-out",
    status_code=204,
    responses=problems(CrossSite),
    dependencies=[Depends(same_origin)],
)
async def sign_out(request: Request, components: Parts) -> Response:
    """End the session, close its realtime connections and take the cookie back.

    An access token already given serves its five minutes.
    """
    token = request.cookies.get(cookie_name(components))
    session = await _accounts(components).sign_out(token) if token is not None else None
    if session and components.signed_out:
        await components.signed_out(session.id, session.person)
    response = Response(status_code=204)
    _set_cookie(response, components, "", max_age=0)
    return response


@router.post(
    "/auth/join",
    response_model=JoinedView,
    responses=problems(JoinLinkInvalid, JoinLinkExpired),
)
async def join_by_link(body: Join, components: Parts) -> Response:
    """Exchange a join link's token for a guest's access token. Ask again with the same token before it expires."""
    joined = await join(
        components.database,
        token=body.token,
        tokens=components.tokens,
        links=components.join_links,
        clock=components.clock,
    )
    return Json(_joined_view(joined))


@router.get("/me", response_model=PersonView)
async def me(claims: Signed, components: Parts) -> Response:
    """Who I am."""
    async with components.database.transaction(Actor.of(claims), read_only=True) as tx:
        person = await queries.person(tx, claims.person)
    if person is None:
        raise Unauthenticated
    return Json(await _person_view(components, person))


def cookie_name(components: Components, what: Kept = "session") -> str:
    """`__Secure-`: no page without HTTPS can set it. `__Host-` would send it with every request: it needs Path=/."""
    return f"__Secure-klear-{what}" if components.secure_cookies else f"klear-{what}"


def _accounts(components: Components) -> Accounts:
    return Accounts(
        database=components.database,
        passwords=components.passwords,
        tokens=components.tokens,
        clock=components.clock,
    )


async def _session(components: Components, signed_in: SignedIn) -> Response:
    view = SessionView(
        access_token=signed_in.access_token,
        expires_at=signed_in.expires_at,
        person=await _person_view(components, signed_in.person),
    )
    response = Json(view)
    left = signed_in.session_expires_at - components.clock()
    _set_cookie(response, components, signed_in.refresh_token, max_age=int(left.total_seconds()))
    return response


async def _person_view(components: Components, person: Person) -> PersonView:
    actor = Actor(organisation=person.organisation, person=person.id)
    async with components.database.transaction(actor, read_only=True) as tx:
        organisation = await organisations.organisation(tx, person.organisation)
    if organisation is None:
        raise AssertionError("a foreign key keeps it")
    return PersonView(
        id=person.id,
        name=person.name,
        email=person.email,
        locale=person.locale,
        time_zone=person.time_zone,
        roles=tuple(sorted(person.roles)),
        organisation=OrganisationView(
            id=organisation.id, name=organisation.name, time_zone=organisation.time_zone
        ),
    )


def _joined_view(joined: Joined) -> JoinedView:
    appointment = joined.appointment
    return JoinedView(
        access_token=joined.access_token,
        expires_at=joined.expires_at,
        room=appointment.id,
        person=appointment.client,
        appointment=JoinedAppointmentView(
            id=appointment.id,
            start=appointment.start,
            end=appointment.end,
            service_name=appointment.service_name,
            practitioner=appointment.practitioner,
        ),
    )


def _set_cookie(
    response: Response,
    components: Components,
    token: str,
    *,
    max_age: int,
    what: Kept = "session",
) -> None:
    response.set_cookie(
        cookie_name(components, what),
        token,
        max_age=max_age,
        path=COOKIE_PATH,
        secure=components.secure_cookies,
        httponly=True,
        samesite="lax",
    )
