"""Locust: people who watch a practitioner's open slots, as a booking page does.

    locust -f loadtests/watchers.py --host http://127.0.0.1:8000 --practitioner ID --headless -u 200 -r 50 -t 60s

Each user connects without a token, subscribes to `slots:ID`, listens for a while and leaves. Reported: the time of
connecting and of subscribing, and every publication received, with the length of its data.
"""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

import orjson
from locust import User, between, events, task
from websockets.exceptions import WebSocketException

from loadtests.client import RealtimeClient, Refused

Result = TypeVar("Result")

LISTEN_SECONDS = 20.0


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator] # Locust's own has no types
def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--practitioner", required=True, help="whose slots to watch: a UUID")


class Watcher(User):
    """Opens the page, looks at the slots for twenty seconds, closes it."""

    wait_time = between(0.5, 2)

    @task
    def watch(self) -> None:
        """One visit. What fails is reported under its own name, and ends the visit."""
        with ExitStack() as visit:
            client = self._timed("connect", lambda: visit.enter_context(self._connected()))
            if client is None or self._timed("subscribe", lambda: self._subscribe(client)) is None:
                return
            for _, data in client.publications(LISTEN_SECONDS):
                self._report("publication", 0.0, len(orjson.dumps(data)), None)

    def _connected(self) -> AbstractContextManager[RealtimeClient]:
        if self.host is None:
            raise AssertionError("Locust refuses to start without a host")
        address = self.host.replace("http", "ws", 1) + "/connection/websocket"
        return RealtimeClient.connected(address)

    def _subscribe(self, client: RealtimeClient) -> dict[str, Any]:
        practitioner = self.environment.parsed_options.practitioner
        return client.command("subscribe", {"channel": f"slots:{practitioner}"})

    def _timed(self, name: str, call: Callable[[], Result]) -> Result | None:
        started = time.perf_counter()
        try:
            result = call()
        except (OSError, WebSocketException, Refused) as error:  # a timeout is an OSError
            self._report(name, time.perf_counter() - started, 0, error)
            return None
        self._report(name, time.perf_counter() - started, 0, None)
        return result

    def _report(self, name: str, seconds: float, length: int, error: Exception | None) -> None:
        self.environment.events.request.fire(
            request_type="realtime",
            name=name,
            response_time=seconds * 1000,
            response_length=length,
            exception=error,
            context={},
        )
