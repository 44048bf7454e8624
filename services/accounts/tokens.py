"""Tokens that say who is speaking: JWTs (RFC 7519) signed with Ed25519.

The algorithm is named `Ed25519`, as RFC 9864 asks, and no other is accepted. Three audiences, never mixed:
`klear` for access tokens (REST and the realtime socket), `klear-join` for the links that take a guest to one room,
`klear-device` for a browser that has been in an account (RFC 8725, 3.12: one kind must not pass for another).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OKPKey

from protocol.claims import Claims, ExpiredToken, InvalidToken, Role

ALGORITHM = "Ed25519"
ISSUER = "klear"
ACCESS = "klear"
"""The audience of an access token."""
JOIN = "klear-join"
"""The audience of a join link's token."""
DEVICE = "klear-device"
"""The audience of a device's token."""

ACCESS_TTL = timedelta(minutes=5)
"""How long an access token serves: also how long a signed-out person's last one may still be used."""

DEVICE_TTL = timedelta(days=180)
"""How long a device is known after its last sign-in."""

MAX_LENGTH = 4096
"""Characters. Ours are near 500; what is longer is not worth a signature check."""

ROLES = frozenset(get_args(Role))


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinClaims:
    """Who may enter which room by a join link, until `expires_at` (aware UTC)."""

    appointment: UUID
    client: UUID
    organisation: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceClaims:
    """Which device, and the account that it signed in to: `attempts.account_digest`."""

    device: UUID
    account: str


class Tokens:
    """Issues and verifies tokens. Needs no I/O, so any process that holds the key can do it."""

    def __init__(self, key: bytes | str, *, clock: Callable[[], datetime]) -> None:
        """`key` is an Ed25519 private key in PEM (PKCS #8). ValueError for one that is not."""
        self._clock = clock
        self._key = _import(key)
        if not self._key.is_private:
            raise ValueError("the signing key must be a private key")
        self._id = self._key.thumbprint()

    # Public methods

    def issue(self, claims: Claims, ttl: timedelta | None = None) -> str:
        """An access token for these claims: for `ttl` from now, or until `claims.expires_at` where it is left out."""
        expires_at = claims.expires_at if ttl is None else self._clock() + ttl
        optional = {
            "sid": claims.session and str(claims.session),
            "room": claims.room and str(claims.room),
            "channels": list(claims.channels),
        }
        payload = {
            "sub": str(claims.person),
            "org": str(claims.organisation),
            "roles": sorted(claims.roles),
            **{name: value for name, value in optional.items() if value},
        }
        return self._sign(payload, audience=ACCESS, expires_at=expires_at)

    def verify(self, token: str) -> Claims:
        """The claims of an access token. ExpiredToken when its time is over, InvalidToken for anything else."""
        payload = self._payload(token, audience=ACCESS)
        try:
            return _claims(payload)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidToken("the claims are not ours") from error

    def issue_join(
        self, appointment: UUID, *, client: UUID, organisation: UUID, expires_at: datetime
    ) -> str:
        """The token of a join link, which enters that appointment's room as its client."""
        payload = {"sub": str(client), "org": str(organisation), "room": str(appointment)}
        return self._sign(payload, audience=JOIN, expires_at=expires_at)

    def verify_join(self, token: str) -> JoinClaims:
        """What a join link says. ExpiredToken when its time is over, InvalidToken for anything else."""
        payload = self._payload(token, audience=JOIN)
        try:
            return JoinClaims(
                appointment=UUID(payload["room"]),
                client=UUID(payload["sub"]),
                organisation=UUID(payload["org"]),
                expires_at=_time(payload["exp"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidToken("the claims are not ours") from error

    def issue_device(self, claims: DeviceClaims) -> str:
        """The token by which a device is known again, for DEVICE_TTL from now."""
        payload = {"jti": str(claims.device), "sub": claims.account}
        return self._sign(payload, audience=DEVICE, expires_at=self._clock() + DEVICE_TTL)

    def verify_device(self, token: str) -> DeviceClaims:
        """Which device it is. ExpiredToken when its time is over, InvalidToken for anything else."""
        payload = self._payload(token, audience=DEVICE)
        try:
            return DeviceClaims(device=UUID(payload["jti"]), account=str(payload["sub"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidToken("the claims are not ours") from error

    # Private methods

    def _sign(self, payload: Mapping[str, Any], *, audience: str, expires_at: datetime) -> str:
        registered = {
            "iss": ISSUER,
            "aud": audience,
            "iat": int(self._clock().timestamp()),
            "exp": int(expires_at.timestamp()),
        }
        header = {"alg": ALGORITHM, "kid": self._id}
        return jwt.encode(header, {**registered, **payload}, self._key, algorithms=[ALGORITHM])

    def _payload(self, token: str, *, audience: str) -> Mapping[str, Any]:
        if len(token) > MAX_LENGTH:
            raise InvalidToken("too long")
        try:
            payload = jwt.decode(token, self._key_of, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            # joserfc looks into the header before it knows the signature: a hostile one raises more than JoseError.
            raise InvalidToken("not signed by us") from error
        if payload.get("iss") != ISSUER or payload.get("aud") != audience:
            raise InvalidToken("not for this use")
        expires = payload.get("exp")
        if not isinstance(expires, int) or isinstance(expires, bool):
            raise InvalidToken("without an expiry")
        if self._clock().timestamp() >= expires:  # RFC 7519, 4.1.4: "on or after which"
            raise ExpiredToken("expired")
        return payload

    def _key_of(self, token: GuestProtocol) -> OKPKey:
        if token.headers()["kid"] != self._id:
            raise ValueError("signed with another key")
        return self._key


def _import(pem: bytes | str) -> OKPKey:
    try:
        key = OKPKey.import_key(pem)
    except (JoseError, TypeError, ValueError) as error:
        raise ValueError("not an Ed25519 key in PEM") from error
    if key.curve_name != "Ed25519":
        raise ValueError("not an Ed25519 key")
    return key


def _claims(payload: Mapping[str, Any]) -> Claims:
    roles = frozenset(payload["roles"])
    if not roles <= ROLES:
        raise ValueError("an unknown role")
    return Claims(
        person=UUID(payload["sub"]),
        organisation=UUID(payload["org"]),
        roles=cast("frozenset[Role]", roles),
        expires_at=_time(payload["exp"]),
        session=UUID(payload["sid"]) if "sid" in payload else None,
        room=UUID(payload["room"]) if "room" in payload else None,
        channels=tuple(str(each) for each in payload.get("channels", ())),
    )


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
