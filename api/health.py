"""Whether this process lives, and whether it should be sent requests. No detail: that is in the log."""

import asyncio
import inspect

import structlog
from starlette.requests import Request
from starlette.routing import Route

from api.components import Check, Components
from api.responses import Json

TIMEOUT = 2.0
"""Seconds for all checks together: less than the patience of whoever asks."""

log = structlog.get_logger(__name__)


async def live(request: Request) -> Json:
    """200 for as long as the event loop turns."""
    return Json({"status": "live"})


async def ready(request: Request) -> Json:
    """200 when the database and every part answer that they are ready, else 503."""
    components: Components = request.app.state.components
    checks: dict[str, Check] = {"database": _database(components), **components.checks}
    answers = await asyncio.gather(*(_ask(name, check) for name, check in checks.items()))
    if all(answers):
        return Json({"status": "ready"})
    return Json({"status": "unready"}, status=503, headers={"Retry-After": "1"})


ROUTES = (Route("/health/live", live), Route("/health/ready", ready))


def _database(components: Components) -> Check:
    async def answers() -> bool:
        await components.database.ping()
        return True

    return answers


async def _ask(name: str, check: Check) -> bool:
    """The check's answer; one that raises or takes too long says no."""
    try:
        async with asyncio.timeout(TIMEOUT):
            answer = check()
            is_ready = bool(await answer if inspect.isawaitable(answer) else answer)
    except Exception as error:
        log.warning("not ready", part=name, error=type(error).__name__)
        return False
    if not is_ready:
        log.warning("not ready", part=name)
    return is_ready
