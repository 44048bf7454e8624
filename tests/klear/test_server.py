"""A listening socket, or a reason why there is none."""

import socket

import pytest

from klear.server import AddressTaken, listen


def test_a_free_port_is_taken() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            assert not listener.getblocking()


def test_a_busy_port_is_told() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(AddressTaken, match=f"port {port}: Address already in use"):
            listen("127.0.0.1", port)


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(AddressTaken, match=r"no\.such\.host\.invalid is no address"):
        listen("no.such.host.invalid", 0)


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(AddressTaken, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)
