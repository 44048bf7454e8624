"""Passwords: argon2id (RFC 9106) in a bounded pool of threads.

One hash takes 19 MiB and tens of milliseconds: a hundred at once would take 1.9 GB and starve the sockets
that share the process. So few run, few wait, and the next is told to try again.
"""

import asyncio
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from services.accounts.errors import SignInBusy

Result = TypeVar("Result")

MEMORY_KIB = 19 * 1024
TIME_COST = 2
PARALLELISM = 1
"""OWASP's minimum for argon2id: m = 19 MiB, t = 2, p = 1. More goes to concurrency, which is bounded below."""

WORKERS = 2
"""Hashes at a time: 38 MiB, and two cores at most."""
WAITING = 32
"""Hashes that may wait: near a second of work. Who comes later is better served by an honest 503."""


class Passwords:
    """Hashes and verifies passwords. Owns its threads: `close` ends them."""

    def __init__(
        self,
        *,
        memory_kib: int = MEMORY_KIB,
        time_cost: int = TIME_COST,
        workers: int = WORKERS,
        waiting: int = WAITING,
    ) -> None:
        self._hasher = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=PARALLELISM, type=Type.ID
        )
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="argon2")
        self._room = threading.BoundedSemaphore(workers + waiting)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """The hash to store, in the PHC string format. SignInBusy when too many wait."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the stored one. None, for nobody, costs the same work and is never right."""
        right = await self._run(lambda: self._matches(stored or self._nobodys, password))
        return right and stored is not None

    def needs_rehash(self, stored: str) -> bool:
        """Whether the stored hash was made with other parameters than ours."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """End the threads; what waits is given up."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], Result]) -> Result:
        if not self._room.acquire(blocking=False):
            raise SignInBusy(retry_after=1)
        future: Future[Result] = self._pool.submit(work)
        # On the thread's own future: a caller who was cancelled still occupies a thread until its hash is done.
        future.add_done_callback(lambda _: self._room.release())
        return await asyncio.wrap_future(future)
