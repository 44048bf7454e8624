"""What no client should send, over real TCP: it ends its own connection and harms nobody."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.limits import Limits
from tests.hub.harness import until
from tests.hub.sockets import (
    QUICK,
    bystander,
    client,
    raw,
    running,
    text,
)


@pytest.mark.parametrize(
    ("payload", "options", "code"),
    [
        (b"nonsense", {}, 3501),
        (b"", {}, 3501),
        (b"{}", {}, 3501),
        (text(1, rpc={"method": "echo"}), {}, 3501),
        (text(1, connect={"token": "forged"}), {}, 3500),
        (text(1, connect={}), {"opcode": 2}, 3501),
        (b"\xff\xfe", {}, 1007),
        (b"x" * 65_537, {}, 1009),
        (text(1, connect={}), {"mask": False}, 1002),
        (b"x", {"opcode": 0}, 1002),
        (b"x", {"opcode": 8}, 1002),
        (b"x" * 126, {"opcode": 9}, 1002),
    ],
)
@pytest.mark.asyncio
async def test_bad_input_ends_its_connection_alone(
    payload: bytes, options: dict[str, Any], code: int
) -> None:
    async with running() as place, bystander(place):
        async with raw(place) as here:
            if options.get("opcode") in (8, 9):
                opcode = options["opcode"]
                size = bytes((0x80 | opcode, 0x80 | len(payload))) if len(payload) < 126 else b""
                size = size or bytes((0x80 | opcode, 0xFE)) + len(payload).to_bytes(2, "big")
                here.writer.write(size + b"\0\0\0\0" + payload)
            else:
                here.send(payload, **options)
            assert await here.closed() == code
        await until(lambda: place.hub.statistics()["connections"] == 1)


@pytest.mark.asyncio
async def test_a_message_in_too_large_pieces_is_too_large() -> None:
    async with running() as place, bystander(place), raw(place) as here:
        here.send(b"x" * 40_000, fin=False)
        here.send(b"x" * 40_000, opcode=0)
        assert await here.closed() == 1009


@pytest.mark.asyncio
async def test_the_largest_message_is_served() -> None:
    async with running() as place, client(place) as here:
        empty = len(text(2, rpc={"method": "echo", "data": {"x": ""}}))
        filler = "x" * (65_536 - empty)
        reply = await here.ask(2, rpc={"method": "echo", "data": {"x": filler}})
        assert reply["rpc"]["data"]["x"] == filler


@pytest.mark.asyncio
async def test_a_new_message_within_another_is_a_protocol_error() -> None:
    async with running() as place, raw(place) as here:
        here.send(b"x", fin=False)
        here.send(b"y")
        assert await here.closed() == 1002


@pytest.mark.parametrize("opcode", [9, 10, 0])
@pytest.mark.asyncio
async def test_a_flood_of_frames_that_are_no_messages_is_ended(opcode: int) -> None:
    async with running(Limits(burst=50, rate=1.0)) as place, bystander(place), raw(place) as here:
        here.send(text(1, connect={}))
        if opcode == 0:
            here.send(b"", fin=False)
        for _ in range(200):
            here.send(b"", opcode=opcode, fin=opcode != 0)
        assert await here.closed() == 3013


@settings(deadline=None, max_examples=20)
@given(st.binary(min_size=1, max_size=300))
def test_random_bytes_harm_nobody(noise: bytes) -> None:
    async def scene() -> None:
        async with running(QUICK) as place, bystander(place):
            async with raw(place) as here:
                here.writer.write(noise)
                here.writer.write_eof()
                await here.ended()
            await until(lambda: place.hub.statistics()["connections"] == 1)

    asyncio.run(scene())
