"""The RPC table: from a method's name to its handler, with a deadline and a bound.

A handler that overruns its deadline is answered for ("try again"), and goes on: what it commits must not be undone by
a slow reply or a lost connection. After a minute it is stuck, and is cancelled.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.errors import InternalError, InvalidRequest, MethodNotFound, TooManyRequests
from protocol.claims import Claims
from protocol.codec import embed, encode
from protocol.errors import RequestError

logger = logging.getLogger(__name__)

STUCK = 60.0
"""Seconds after which a handler is cancelled: no transaction of ours lives so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls: a connection, and what its token says (None for an anonymous one)."""

    client: str
    claims: Claims | None


Handler = Callable[[Caller, Mapping[str, Any]], Awaitable[object]]
"""Takes the caller and a JSON object; returns what orjson writes. Raises RequestError to refuse."""


class DuplicateMethod(ValueError):
    """Two tables name the same method."""


class Dispatcher:
    """Finds and runs handlers. `deadline` in seconds, `most` handlers at once."""

    def __init__(
        self, *tables: Mapping[str, Handler], deadline: float = 10.0, most: int = 2_048
    ) -> None:
        self._handlers: dict[str, Handler] = {}
        self._deadline = deadline
        self._most = most
        self._running: set[asyncio.Task[object]] = set()
        for table in tables:
            for method, handler in table.items():
                if method in self._handlers:
                    raise DuplicateMethod(method)
                self._handlers[method] = handler

    @property
    def methods(self) -> frozenset[str]:
        """The names known."""
        return frozenset(self._handlers)

    @property
    def depth(self) -> int:
        """Handlers running."""
        return len(self._running)

    async def call(self, caller: Caller, method: str, params: object) -> Any:
        """The handler's result, ready to be embedded in JSON.

        Raises RequestError as the handler did, MethodNotFound, InvalidRequest for params that are no object,
        TooManyRequests, and InternalError for a handler that failed or did not end in time.
        """
        handler = self._handlers.get(method)
        if handler is None:
            raise MethodNotFound(method)
        if params is not None and not isinstance(params, dict):
            raise InvalidRequest("params are an object")
        if len(self._running) >= self._most:
            raise TooManyRequests(method)
        task = asyncio.get_running_loop().create_task(_limited(handler, caller, params or {}))
        self._running.add(task)
        task.add_done_callback(self._ended)
        done, _ = await asyncio.wait({task}, timeout=self._deadline)
        if not done:
            logger.warning("rpc %s overran its deadline", method)
            raise InternalError(method)
        return _result(method, task)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited has seen it; one that overran has nobody to tell

    async def finish(self, *, within: float) -> None:
        """Wait for the handlers running, then cancel what is left."""
        if self._running:
            _, late = await asyncio.wait(set(self._running), timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def _limited(handler: Handler, caller: Caller, params: Mapping[str, Any]) -> object:
    async with asyncio.timeout(STUCK):
        return await handler(caller, params)


def _result(method: str, task: asyncio.Task[object]) -> Any:
    try:
        return embed(encode(task.result()))
    except RequestError:
        raise
    except (Exception, asyncio.CancelledError) as error:
        logger.exception("rpc %s failed", method)
        raise InternalError(method) from error
