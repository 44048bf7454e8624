"""The realtime socket's route: shakes hands, then hands the socket to the hub."""

from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from api.rate_limits import network
from hub.hub import Hub
from hub.websocket import TAKE_OVER, TakeOver

PATH = "/connection/websocket"
JSON = "centrifuge-json"
"""The one subprotocol served; clients that speak JSON mostly name none."""


def realtime(hub: Hub, *, path: str = PATH) -> WebSocketRoute:
    """The route of the Centrifuge client protocol. It needs a server that runs hub.websocket.HubProtocol."""

    async def connection(websocket: WebSocket) -> None:
        take_over: TakeOver = websocket.scope["extensions"][TAKE_OVER]
        caller = websocket.client
        where = network(caller.host) if caller is not None else ""
        if not hub.admits(where):
            busy = PlainTextResponse("Too busy. Try again.", 503, headers={"Retry-After": "5"})
            await websocket.send_denial_response(busy)
            return
        named = JSON if JSON in websocket.scope["subprotocols"] else None
        await websocket.accept(subprotocol=named)
        take_over(hub, network=where)

    return WebSocketRoute(path, connection, name="realtime")
