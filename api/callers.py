"""What is asked of every caller, and of those who use a cookie."""

import math
from urllib.parse import urlsplit

from fastapi import Request

from api.authentication import Presented
from api.components import Parts
from api.errors import CrossSite
from api.rate_limits import network
from protocol.claims import Claims
from protocol.errors import TooManyRequests


def caller_network(request: Request) -> str:
    """The network that a request came from, as limits count it: see `rate_limits.network`."""
    return network(request.client.host if request.client else None)


async def limited(request: Request, caller: Presented, components: Parts) -> None:
    """Refuse a caller who asks too much, with Retry-After: a dependency of every operation.

    A token that is not valid makes nobody of its sender: what needs it says so, what needs none goes on.
    """
    limits = components.rate_limits
    if isinstance(caller, Claims):
        wait = limits.take(f"person:{caller.person}", limits.person)
    else:
        wait = limits.take(f"address:{caller_network(request)}", limits.anonymous)
    if wait:
        raise TooManyRequests(retry_after=math.ceil(wait))


async def same_origin(request: Request) -> None:
    """Refuse what another site's page may have sent: a dependency of operations that read or set a cookie.

    Sec-Fetch-Site where the browser sends it, else Origin against Host. Without either it is no browser of the
    last years, and passes only without a cookie to misuse. SameSite=Lax stands besides.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    elif origin is not None:
        allowed = urlsplit(origin).netloc == request.headers.get("host", "")
    else:
        allowed = "cookie" not in request.headers
    if not allowed:
        raise CrossSite
