"""The lite agent by itself, over a door that only keeps what is sent (with sockets: test_connectivity.py)."""

import itertools
import struct

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from media.ice import STEAL_AFTER, Address, Agent, Agents
from protocol.calls import IceParameters

WAY: Address = ("192.0.2.1", 5000)
OTHER: Address = ("192.0.2.2", 6000)


class Door:
    def __init__(self) -> None:
        self.routes: dict[Address, Agent] = {}
        self.sent: list[tuple[bytes, Address]] = []

    def send(self, data: bytes | memoryview, address: Address) -> None:
        self.sent.append((bytes(data), address))


class Owner:
    def receive_media(self, size: int, now: float) -> None:
        raise AssertionError("only checks are received here")

    def receive_handshake(self, data: bytes) -> None:
        raise AssertionError("only checks are received here")


def agents() -> Agents:
    texts = (f"text{number:04d}" for number in itertools.count())
    return Agents(lambda _: next(texts))


def check(credentials: IceParameters, *, nominate: bool = True, fingerprint: bool = True) -> bytes:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, transaction_id=b"0123456789ab")
    request.attributes["USERNAME"] = f"{credentials.username_fragment}:them"
    if nominate:
        request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(credentials.password.encode())
    if not fingerprint:
        del request.attributes["FINGERPRINT"]
    return bytes(request)


def test_a_valid_check_is_answered_and_makes_a_way() -> None:
    table, door = agents(), Door()
    agent = table.open(Owner())
    assert agent.silence(99.0) == 0.0
    assert table.receive(check(agent.credentials[0]), (door, WAY), 1.0) is agent
    assert agent.selected == (door, WAY)
    assert door.routes == {WAY: agent}
    assert agent.silence(3.0) == 2.0
    answer = stun.parse_message(door.sent[0][0])
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == WAY
    assert answer.check_message_integrity(agent.credentials[0].password.encode())


def test_an_ipv6_address_is_mapped_without_its_zone() -> None:
    table, door = agents(), Door()
    agent = table.open(Owner())
    table.receive(check(agent.credentials[0]), (door, ("fe80::1%eth0", 7, 0, 2)), 1.0)
    answer = stun.parse_message(door.sent[0][0])
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("fe80::1", 7)


@pytest.mark.parametrize("kind", [stun.Class.INDICATION, stun.Class.RESPONSE, stun.Class.ERROR])
def test_only_requests_are_answered(kind: stun.Class) -> None:
    table, door = agents(), Door()
    agent = table.open(Owner())
    message = stun.Message(stun.Method.BINDING, kind)
    message.attributes["USERNAME"] = agent.credentials[0].username_fragment
    message.add_message_integrity(agent.credentials[0].password.encode())
    assert table.receive(bytes(message), (door, WAY), 1.0) is None
    assert (door.sent, table.refused) == ([], 1)


def test_a_check_without_a_fingerprint_is_none() -> None:
    table, door = agents(), Door()
    agent = table.open(Owner())
    data = check(agent.credentials[0], fingerprint=False)
    assert table.receive(data, (door, WAY), 1.0) is None
    assert door.sent == []


@given(st.integers(0, 8 * 100 - 1))
def test_a_check_with_one_wrong_bit_is_not_answered(bit: int) -> None:
    table, door = agents(), Door()
    agent = table.open(Owner())
    data = bytearray(check(agent.credentials[0]))
    data[bit // 8 % (len(data) - 8)] ^= (
        1 << bit % 8
    )  # the fingerprint, behind, is not what is signed
    assert table.receive(bytes(data), (door, WAY), 1.0) is None
    assert (door.sent, agent.selected) == ([], None)


attributes = st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=30)), max_size=8)


@given(st.integers(0, 0x3FFF), attributes, st.integers(0, 3))
def test_anything_shaped_like_stun_is_survived(
    kind: int, given_attributes: list[tuple[int, bytes]], cut: int
) -> None:
    table, door = agents(), Door()
    table.open(Owner())
    body = b"".join(
        struct.pack("!HH", name, len(value)) + value + bytes(-len(value) % 4)
        for name, value in given_attributes
    )
    data = struct.pack("!HHI12s", kind, len(body), stun.COOKIE, bytes(12)) + body
    assert table.receive(data[: len(data) - cut], (door, WAY), 1.0) is None
    assert door.sent == []


@given(st.sampled_from([entry[0] for entry in stun.ATTRIBUTES]), st.binary(max_size=24))
def test_each_known_attribute_may_be_broken(name: int, value: bytes) -> None:
    table, door = agents(), Door()
    body = struct.pack("!HH", name, len(value)) + value + bytes(-len(value) % 4)
    data = struct.pack("!HHI12s", 1, len(body), stun.COOKIE, bytes(12)) + body
    assert table.receive(data, (door, WAY), 1.0) is None


def test_a_client_moves_by_nominating_and_an_address_is_taken_over_only_when_left() -> None:
    table, door = agents(), Door()
    first, second = table.open(Owner()), table.open(Owner())
    table.receive(check(first.credentials[0]), (door, WAY), 0.0)
    table.receive(check(first.credentials[0], nominate=False), (door, OTHER), 1.0)
    assert first.selected == (door, WAY)
    table.receive(check(first.credentials[0]), (door, OTHER), 2.0)
    assert first.selected == (door, OTHER)
    assert table.receive(check(second.credentials[0]), (door, WAY), STEAL_AFTER - 1) is None
    assert table.receive(check(second.credentials[0]), (door, WAY), STEAL_AFTER) is second
    assert first.ways == {(door, OTHER): 2.0}


def test_a_closed_client_is_forgotten() -> None:
    table, door = agents(), Door()
    agent = table.open(Owner())
    credentials = agent.credentials[0]
    table.restart(agent)
    table.receive(check(credentials), (door, WAY), 0.0)
    table.close(agent)
    assert (door.routes, agent.selected, agent.credentials) == ({}, None, [])
    assert table.receive(check(credentials), (door, WAY), 1.0) is None


def test_a_look_tells_whether_a_check_names_somebody() -> None:
    table = agents()
    agent = table.open(Owner())
    known = check(agent.credentials[0])
    stranger = check(IceParameters(username_fragment="nobody00", password="p" * 24))
    assert table.knows(known)
    assert not table.knows(stranger)
    assert not table.knows(known[:4] + b"\0\0\0\0" + known[8:])
    padding = struct.pack("!HH3sx", 0x8022, 3, b"abc")
    assert table.knows(known[:20] + padding * 15 + known[20:])
    assert not table.knows(known[:20] + padding * 16 + known[20:])
    for end in range(24):
        assert not table.knows(known[:end])
    table.close(agent)
    assert not table.knows(known)


@given(st.binary(max_size=200))
def test_a_look_at_anything_ends(data: bytes) -> None:
    assert not agents().knows(b"\0\1\0\0" + stun.COOKIE.to_bytes(4, "big") + data)
