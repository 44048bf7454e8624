"""What the API is made of: handed in by the composition root, reached by every handler as `Parts`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from api.rate_limits import RateLimits
from persistence.postgres import Database
from services.accounts.join import JoinLinks
from services.accounts.passwords import Passwords
from services.accounts.tokens import Tokens

Check = Callable[[], Awaitable[bool] | bool]
"""Whether a part is ready to serve; one that raises or takes too long is not."""

SignedOut = Callable[[UUID, UUID], Awaitable[None]]
"""Told of a session that its person ended, with both their ids: what is open on its behalf ends too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Everything that the handlers use. They are opened and closed by who made them, not here.

    `public_url` is without a trailing slash; `web` is the folder of the built web app, which may not exist yet;
    `checks` are asked by /health/ready by name, beside the database.
    """

    database: Database
    tokens: Tokens
    passwords: Passwords
    clock: Callable[[], datetime]
    demo: bool
    public_url: str
    secure_cookies: bool
    join_links: JoinLinks
    web: Path
    checks: Mapping[str, Check] = field(default_factory=dict)
    signed_out: SignedOut | None = None
    rate_limits: RateLimits = field(default_factory=RateLimits)


def parts(request: Request) -> Components:
    """The components of the application that serves this request."""
    components: Components = request.app.state.components
    return components


Parts = Annotated[Components, Depends(parts)]
