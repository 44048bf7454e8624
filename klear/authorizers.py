"""One authorizer for the hub, of several: each answers for its own namespaces."""

from collections.abc import Mapping

from hub.authorizer import Authorizer, Grant, Identity
from protocol import channels


class ByNamespace:
    """Asks whoever answers for the channel's namespace; a namespace that nobody answers for is nobody's."""

    def __init__(self, authorizers: Mapping[str, Authorizer]) -> None:
        self._authorizers = authorizers

    async def authorize(self, identity: Identity, channel: str) -> Grant | None:
        """What `identity` may do with `channel`, or None."""
        namespace, _ = channels.split(channel)
        authorizer = self._authorizers.get(namespace)
        return None if authorizer is None else await authorizer.authorize(identity, channel)
