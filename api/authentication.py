"""Who is calling: the bearer access token of a request (RFC 6750), as dependencies.

`Anyone`         Claims, or None without a token; a token that is not valid is refused even here
`SignedOrGuest`  Claims of a person, or of a guest who came by a join link
`Signed`         Claims of a person; a guest is refused

Claims say who it is. What he may see is decided beside the rows: by the queries and by row-level security.
"""

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.components import Parts
from protocol.claims import Claims, ExpiredToken, InvalidToken
from protocol.errors import Forbidden, Unauthenticated
from services.accounts.errors import AccessExpired

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="accessToken",
    bearerFormat="JWT",
    description="The `access_token` of `POST /auth/sign-in`, `/auth/refresh` or `/auth/join`. It serves 5 minutes.",
)


async def anyone(
    components: Parts, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Claims | None:
    """The claims of the token that was sent, or None without one. 401 for one that is not valid."""
    if credentials is None:
        return None
    try:
        return components.tokens.verify(credentials.credentials)
    except ExpiredToken:
        raise AccessExpired from None
    except InvalidToken:
        raise Unauthenticated("The access token is not valid.") from None


Anyone = Annotated[Claims | None, Depends(anyone)]


async def signed_or_guest(claims: Anyone) -> Claims:
    """The claims of a person or a guest. 401 without a token."""
    if claims is None:
        raise Unauthenticated
    return claims


SignedOrGuest = Annotated[Claims, Depends(signed_or_guest)]


async def signed(claims: SignedOrGuest) -> Claims:
    """The claims of a person. 401 without a token, 403 for a guest."""
    if claims.is_guest:
        raise Forbidden("A join link opens its room, and nothing else.")
    return claims


Signed = Annotated[Claims, Depends(signed)]
