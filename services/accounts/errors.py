"""What an account refuses.

RequestError
├── Unauthenticated
│   ├── InvalidCredentials   1300  no such person, or not his password: never told apart
│   ├── NoSession            1302  the refresh token is absent, over, revoked or was used twice
│   └── AccessExpired        1306  the access token was ours, and its time is over: refresh it
├── NotFound
│   └── JoinLinkInvalid      1304  not a join link of ours
├── Gone
│   └── JoinLinkExpired      1303  its time is over, or its appointment no longer stands
├── Conflict
│   └── EmailTaken           1307  another person signs in with this address
├── TooManyRequests
│   └── TooManyAttempts      1301  `retry_after` seconds, never for ever
└── Unavailable
    └── SignInBusy           1305  as many passwords are being checked as this process can afford
"""

from protocol.errors import (
    Conflict,
    Gone,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)


class InvalidCredentials(Unauthenticated):
    """No such person, or not his password: the two are never told apart."""

    code, slug = 1300, "invalid-credentials"
    title = "The e-mail address or the password is not right."


class TooManyAttempts(TooManyRequests):
    """Too many failed sign-ins. `fields["retry_after"]` holds the seconds to wait."""

    code, slug = 1301, "too-many-attempts"
    title = "Too many attempts to sign in. Wait a little, then try again."


class NoSession(Unauthenticated):
    """The refresh token is absent, over, revoked or was used twice."""

    code, slug = 1302, "no-session"
    title = "You are signed out. Sign in again."


class JoinLinkExpired(Gone):
    """The join link's time is over, or its appointment no longer stands."""

    code, slug = 1303, "join-link-expired"
    title = "This join link is over. Ask your practitioner for a new one."


class JoinLinkInvalid(NotFound):
    """Not a join link of ours."""

    code, slug = 1304, "join-link-invalid"
    title = "This join link is not valid. Check that the whole address was copied."


class SignInBusy(Unavailable):
    """As many passwords are being checked as this process can afford."""

    code, slug = 1305, "sign-in-busy"
    title = "Many people are signing in. Try again in a moment."


class AccessExpired(Unauthenticated):
    """The access token was ours, and its time is over: refresh it."""

    code, slug = 1306, "token-expired"
    title = "The access token has expired. Refresh it."


class EmailTaken(Conflict):
    """Another person signs in with this address."""

    code, slug = 1307, "email-taken"
    title = "Another person signs in with this e-mail address."
