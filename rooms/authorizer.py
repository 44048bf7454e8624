"""Who may have a room's channels: rows decide, claims alone never do."""

from uuid import UUID

from hub.authorizer import Grant, Identity
from protocol import channels
from protocol.claims import Claims
from protocol.errors import Forbidden, Gone, NotFound
from rooms.admission import Admission

NAMESPACES = ("room", "signals", "call", "participant")
"""What this authorizer answers for."""

GRANTS = {
    "room": Grant(presence=True, join_leave=True),
    "signals": Grant(publish=True, history=False),
    "call": Grant(),
    "participant": Grant(),
}


class RoomAuthorizer:
    """Grants `room:`, `signals:` and `call:` to whoever is inside, `participant:` to himself, nothing to others."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def authorize(self, identity: Identity, channel: str) -> Grant | None:
        """What this connection may do there. Raises only where the database does not answer."""
        namespace, _ = channels.split(channel)
        key = channels.key_id(channel)
        if identity.claims is None or key is None or namespace not in GRANTS:
            return None
        try:
            await self._ask(identity.claims, namespace, key)
        except (NotFound, Forbidden, Gone):
            return None
        return GRANTS[namespace]

    async def _ask(self, claims: Claims, namespace: str, key: UUID) -> None:
        if namespace == "participant":
            await self._admission.seat(claims, key)
        else:
            await self._admission.member(claims, key)
