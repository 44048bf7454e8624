"""The real application over a house of tests/rooms, and its people as HTTP clients."""

from pathlib import Path

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.applications import Starlette

from api.app import create_app
from api.components import Components
from persistence.postgres import Database
from protocol.claims import Claims
from services.accounts.passwords import Passwords
from services.accounts.tokens import Tokens
from services.booking import queries
from tests.conftest import Clock


class RoomsApp:
    """The application. `get` asks as somebody; `close` ends what was opened."""

    def __init__(self, database: Database, clock: Clock, *, demo: bool = False) -> None:
        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.tokens = Tokens(pem, clock=clock)
        self._passwords = Passwords(memory_kib=8, time_cost=1)
        self.app: Starlette = create_app(
            Components(
                database=database,
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

    async def get(self, who: Claims | None, path: str, **query: object) -> httpx2.Response:
        """GET /api/v1`path` with this person's token, or none."""
        token = {"Authorization": f"Bearer {self.tokens.issue(who)}"} if who else {}
        params = {name: str(value) for name, value in query.items()}
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="https://klear.example/api/v1", headers=token, timeout=30
        ) as client:
            return await client.get(path, params=params)

    def close(self) -> None:
        """Close everything."""
        self._passwords.close()
