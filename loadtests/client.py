"""A blocking Centrifuge client (protocol version 2, JSON) for load tests.

Locust runs on gevent, so this is plain blocking code: a greenlet that waits costs no thread. One reader at a time.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import orjson
from websockets.sync.client import ClientConnection, connect

PING = b"{}"


class Refused(Exception):
    """The server answered a command with an error: `code` as in docs/protocol.md."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(f"{code} {message}")


class RealtimeClient:
    """One connection, made by `RealtimeClient.connected`. Every wait for a reply is bounded by `timeout` seconds."""

    def __init__(self, socket: ClientConnection, *, timeout: float) -> None:
        self._socket, self._timeout = socket, timeout
        self._last_id = 0
        self._pushes: list[dict[str, Any]] = []

    @classmethod
    @contextmanager
    def connected(cls, address: str, *, token: str = "", timeout: float = 10.0) -> Iterator[Self]:
        """Connect, as the token's person or as nobody. Raises OSError, TimeoutError, Refused."""
        with connect(address, open_timeout=timeout, compression=None, max_size=2**20) as socket:
            client = cls(socket, timeout=timeout)
            client.command("connect", {"token": token} if token else {})
            yield client

    def command(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Send one command and wait for its reply; pushes that come first are kept. Raises Refused, TimeoutError."""
        self._last_id += 1
        self._socket.send(orjson.dumps({"id": self._last_id, method: params}).decode())
        deadline = time.monotonic() + self._timeout
        for message in self._messages(deadline):
            if message.get("id") == self._last_id:
                return self._result(message, method)
            self._pushes.append(message["push"])
        raise AssertionError("the messages end by TimeoutError alone")

    def publications(self, seconds: float) -> Iterator[tuple[str, Any]]:
        """Channel and data of what is published, for `seconds`."""
        deadline = time.monotonic() + seconds
        while self._pushes:
            yield from _publication(self._pushes.pop(0))
        try:
            for message in self._messages(deadline):
                yield from _publication(message["push"])
        except TimeoutError:
            return

    def _messages(self, deadline: float) -> Iterator[dict[str, Any]]:
        """Replies and pushes as they come; pings are answered. Raises TimeoutError at the deadline."""
        while True:
            text = self._socket.recv(timeout=max(0.0, deadline - time.monotonic()), decode=False)
            for line in text.split(b"\n"):
                if line == PING:
                    self._socket.send(PING.decode())
                elif line:
                    yield orjson.loads(line)

    @staticmethod
    def _result(message: dict[str, Any], method: str) -> dict[str, Any]:
        if error := message.get("error"):
            raise Refused(error["code"], error["message"])
        result: dict[str, Any] = message.get(method, {})
        return result


def _publication(push: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if "pub" in push:
        yield push["channel"], push["pub"]["data"]
