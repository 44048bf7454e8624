"""Who a connection is: tokens become identities, on `connect` and on `refresh`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from hub.authorizer import Identity
from hub.errors import TokenExpired
from protocol.claims import Claims, ExpiredToken, InvalidToken

Verify = Callable[[str], Claims]
"""From a token to its claims. Raises ExpiredToken or InvalidToken."""


class Rejected(Exception):
    """The token is not ours: the connection ends."""


class Passport:
    """Reads tokens. `clock` gives aware UTC."""

    def __init__(self, verify: Verify, clock: Callable[[], datetime]) -> None:
        self._verify = verify
        self._clock = clock

    def identify(self, client: str, token: str) -> Identity:
        """The identity of a connection that brought `token`; "" is nobody. Raises Rejected and TokenExpired."""
        if not token:
            return Identity(client=client)
        try:
            claims = self._verify(token)
        except ExpiredToken as error:
            raise TokenExpired("token expired") from error
        except InvalidToken as error:
            raise Rejected("invalid token") from error
        return Identity(client=client, user=str(claims.person), claims=claims)

    def left(self, identity: Identity) -> float:
        """Seconds until the identity's token ends; infinite for nobody."""
        if identity.claims is None:
            return float("inf")
        return (identity.claims.expires_at - self._clock()).total_seconds()

    def lifetime(self, identity: Identity) -> dict[str, Any]:
        """`expires` and `ttl` as replies carry them: whole seconds, at least one."""
        left = self.left(identity)
        return {} if left == float("inf") else {"expires": True, "ttl": max(1, int(left))}
