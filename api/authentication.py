"""Who is calling: the bearer access token of a request (RFC 6750), as dependencies.

`Anyone`         Claims, or None without a token; a token that is not valid is refused even here
`SignedOrGuest`  Claims of a person, or of a guest who came by a join link
`Signed`         Claims of a person; a guest is refused

Claims say who it is. What he may see is decided beside the rows: by the queries and by row-level security.
"""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param

from api.components import Parts
from protocol.claims import Claims, ExpiredToken, InvalidToken
from protocol.errors import Forbidden, RequestError, Unauthenticated
from services.accounts.errors import AccessExpired

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="accessToken",
    bearerFormat="JWT",
    description="The `access_token` of `POST /auth/sign-in`, `/auth/refresh` or `/auth/join`. It serves 5 minutes.",
)
optional_bearer = HTTPBearer(auto_error=False, scheme_name="optionalAccessToken")
"""The same header. Both say in the OpenAPI document who needs a token; `presented` reads it."""


async def presented(request: Request, components: Parts) -> Claims | RequestError | None:
    """The claims of the token that was sent, why it is refused, or None without one. Verified once a request."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() != "bearer":
        return None
    try:
        return components.tokens.verify(token)
    except ExpiredToken:
        return AccessExpired()
    except InvalidToken:
        return Unauthenticated("The access token is not valid.")


Presented = Annotated[Claims | RequestError | None, Depends(presented)]


async def anyone(
    caller: Presented, _: Annotated[object, Depends(optional_bearer)]
) -> Claims | None:
    """The claims of the token that was sent, or None without one. 401 for one that is not valid."""
    if isinstance(caller, RequestError):
        raise caller
    return caller


Anyone = Annotated[Claims | None, Depends(anyone)]


async def signed_or_guest(claims: Anyone, _: Annotated[object, Depends(bearer)]) -> Claims:
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
