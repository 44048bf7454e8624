"""May this connection do this with this channel? Namespaces and Authorizer together; every No is the same."""

from hub.authorizer import Authorizer, Grant, Identity
from hub.errors import InternalError, PermissionDenied
from hub.namespaces import Namespace, Namespaces, admits, configured_grant
from protocol.errors import RequestError


class Permission:
    """Asks the namespace's options, and for a built-in namespace the Authorizer too."""

    def __init__(self, namespaces: Namespaces, authorizer: Authorizer) -> None:
        self._namespaces = namespaces
        self._authorizer = authorizer

    async def check(
        self, identity: Identity, channel: str, *, subscribed: bool
    ) -> tuple[Namespace, Grant]:
        """The channel's namespace, and what `identity` may do there.

        Raises PermissionDenied: for an unknown namespace, a malformed name and another's channel alike.
        """
        namespace = self._namespaces.find(channel)
        if namespace is None:
            raise PermissionDenied(channel)
        if not namespace.built_in:
            grant = configured_grant(namespace, identity, channel, subscribed=subscribed)
        elif identity.claims is None and namespace.subscribe != "anyone":
            grant = None
        else:
            grant = await self._ask(identity, channel)
        if grant is None:
            raise PermissionDenied(channel)
        return namespace, _bounded(namespace, grant, identity, subscribed=subscribed)

    def keeps(self, identity: Identity, channel: str) -> bool:
        """Whether one who had a channel keeps it with his new token: of the configured ones, what that still lists."""
        namespace = self._namespaces.find(channel)
        if namespace is None or namespace.built_in:
            return True
        return configured_grant(namespace, identity, channel, subscribed=True) is not None

    async def _ask(self, identity: Identity, channel: str) -> Grant | None:
        try:
            return await self._authorizer.authorize(identity, channel)
        except RequestError as error:
            if error.temporary:
                raise InternalError(error.slug) from error
            return None


def _bounded(namespace: Namespace, grant: Grant, identity: Identity, *, subscribed: bool) -> Grant:
    """`grant` as far as the namespace has what it grants."""
    return Grant(
        publish=grant.publish and admits(namespace.publish, identity, member=subscribed),
        presence=grant.presence and namespace.presence != "nobody",
        join_leave=grant.join_leave and namespace.join_leave,
        history=grant.history and namespace.has_history,
    )
