"""The real application over the world of booking, and its people as HTTP clients."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from api.app import create_app
from api.components import Components
from services.accounts.passwords import Passwords
from services.accounts.tokens import Tokens
from services.booking import queries
from tests.conftest import Clock
from tests.services.booking.world import NOON, Member, World


class App:
    """The application. `as_` gives a client that sends somebody's token; `close` ends what was opened."""

    def __init__(self, world: World, clock: Clock, *, demo: bool = False) -> None:
        self.world = world
        self.clock = clock
        self.tokens = Tokens(_key(), clock=clock)
        self._passwords = Passwords(memory_kib=8, time_cost=1)
        self._clients: list[httpx2.AsyncClient] = []
        self._app = create_app(
            Components(
                database=world.database,
                tokens=self.tokens,
                passwords=self._passwords,
                clock=clock,
                demo=demo,
                public_url="https://klear.example",
                secure_cookies=True,
                join_links=queries.appointment_for_join,
                web=Path("nowhere"),
            )
        )

    def as_(self, who: Member | None) -> httpx2.AsyncClient:
        """A client that sends this person's token, or none."""
        token = {"Authorization": f"Bearer {self.tokens.issue(who.claims)}"} if who else {}
        return self.with_headers(token)

    def with_headers(self, headers: dict[str, str]) -> httpx2.AsyncClient:
        """A client that sends these."""
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self._app),
            base_url="https://klear.example/api/v1",
            headers=headers,
            timeout=30,
        )
        self._clients.append(client)
        return client

    async def close(self) -> None:
        """Close everything."""
        for client in self._clients:
            await client.aclose()
        self._passwords.close()

    def slot(self, **other: Any) -> dict[str, Any]:
        """The body that asks for noon."""
        body = {
            "practitioner_id": str(self.world.ravi.id),
            "service_id": str(self.world.service.id),
            "start": NOON.isoformat(),
        }
        return {**body, **other}


def once() -> dict[str, str]:
    """A new key."""
    return {"Idempotency-Key": str(uuid4())}


def refused(answer: httpx2.Response, status: int, code: str) -> dict[str, object]:
    """The members of a problem of this kind."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = answer.json()
    assert problem["code"] == code
    return problem


def _key() -> bytes:
    private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
