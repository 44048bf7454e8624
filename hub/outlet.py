"""Where messages leave: what a hub needs of a transport, and a message that is framed once for all of them."""

from typing import Protocol

from protocol.disconnects import Disconnect


def frame(payload: bytes, opcode: int = 1) -> bytes:
    """One whole WebSocket frame from the server: never masked, so the same bytes for everybody (RFC 6455, 5.2)."""
    size = len(payload)
    head = 0x80 | opcode
    if size < 126:
        return bytes((head, size)) + payload
    if size < 65_536:
        return bytes((head, 126)) + size.to_bytes(2, "big") + payload
    return bytes((head, 127)) + size.to_bytes(8, "big") + payload


class Message:
    """A reply or a push. Its frame is made when first wanted, and shared by reference by all who receive it."""

    __slots__ = ("_frame", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._frame: bytes | None = None

    @property
    def websocket(self) -> bytes:
        """The message as one WebSocket text frame."""
        framed = self._frame
        if framed is None:
            framed = self._frame = frame(self.payload)
        return framed


class Outlet(Protocol):
    """A connection's way out. But for `writable`, none of it blocks, raises or calls back before it returns."""

    def send(self, message: Message) -> None:
        """Queue a message for the end of this tick; a reader too slow for it is disconnected instead."""
        ...

    def close(self, why: Disconnect) -> None:
        """Send what is queued, then end with `why`."""
        ...

    def abort(self) -> None:
        """Drop the connection at once."""
        ...

    async def writable(self) -> None:
        """Wait until the reader has caught up to within the soft limit, or is gone."""
        ...

    @property
    def backlog(self) -> int:
        """Bytes queued and not yet taken by the kernel."""
        ...
