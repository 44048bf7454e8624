import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from hub import dispatch
from hub.dispatch import Caller, Dispatcher, DuplicateMethod
from hub.errors import InternalError, InvalidRequest, MethodNotFound, TooManyRequests
from protocol.codec import encode
from protocol.errors import NotFound

NOBODY = Caller(client="c", claims=None)


@dataclass(frozen=True)
class Thing:
    id: UUID


async def thing(caller: Caller, params: Mapping[str, Any]) -> object:
    return Thing(UUID(int=1))


async def missing(caller: Caller, params: Mapping[str, Any]) -> object:
    raise NotFound


async def unwritable(caller: Caller, params: Mapping[str, Any]) -> object:
    return object()


async def echo(caller: Caller, params: Mapping[str, Any]) -> object:
    return params


def test_a_duplicate_method_fails_at_the_start() -> None:
    with pytest.raises(DuplicateMethod, match="echo"):
        Dispatcher({"echo": echo}, {"thing": thing, "echo": echo})
    assert Dispatcher({"echo": echo}, {"thing": thing}).methods == {"echo", "thing"}


@pytest.mark.asyncio
async def test_results_are_written() -> None:
    table = Dispatcher({"thing": thing, "echo": echo})
    result = encode(await table.call(NOBODY, "thing", None))
    assert result == b'{"id":"00000000-0000-0000-0000-000000000001"}'
    assert encode(await table.call(NOBODY, "echo", {"a": 1})) == b'{"a":1}'
    assert encode(await table.call(NOBODY, "echo", None)) == b"{}"


@pytest.mark.asyncio
async def test_refusals_and_failures() -> None:
    table = Dispatcher({"missing": missing, "unwritable": unwritable, "echo": echo})
    with pytest.raises(NotFound):
        await table.call(NOBODY, "missing", {})
    with pytest.raises(MethodNotFound):
        await table.call(NOBODY, "else", {})
    wrong: tuple[object, ...] = ([], "x", 0)
    for params in wrong:
        with pytest.raises(InvalidRequest):
            await table.call(NOBODY, "echo", params)
    with pytest.raises(InternalError):
        await table.call(NOBODY, "unwritable", {})


@pytest.mark.asyncio
async def test_calls_are_bounded() -> None:
    gate = asyncio.Event()

    async def wait(caller: Caller, params: Mapping[str, Any]) -> object:
        await gate.wait()
        return None

    table = Dispatcher({"wait": wait}, most=1)
    first = asyncio.ensure_future(table.call(NOBODY, "wait", {}))
    await asyncio.sleep(0)
    assert table.depth == 1
    with pytest.raises(TooManyRequests):
        await table.call(NOBODY, "wait", {})
    gate.set()
    assert encode(await first) == b"null"
    assert table.depth == 0


@pytest.mark.asyncio
async def test_a_late_failure_has_nobody_to_tell() -> None:
    gate = asyncio.Event()

    async def late(caller: Caller, params: Mapping[str, Any]) -> object:
        await gate.wait()
        raise NotFound

    table = Dispatcher({"late": late}, deadline=0.01)
    with pytest.raises(InternalError):
        await table.call(NOBODY, "late", {})
    gate.set()
    await table.finish(within=5.0)
    assert table.depth == 0


@pytest.mark.asyncio
async def test_what_is_stuck_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "STUCK", 0.02)
    ended: list[str] = []

    async def stuck(caller: Caller, params: Mapping[str, Any]) -> object:
        try:
            return await asyncio.Event().wait()
        finally:
            ended.append("ended")

    with pytest.raises(InternalError):
        await Dispatcher({"stuck": stuck}).call(NOBODY, "stuck", {})
    assert ended == ["ended"]


@pytest.mark.asyncio
async def test_the_end_waits_for_what_runs_and_then_cancels() -> None:
    gate, ended = asyncio.Event(), []

    async def short(caller: Caller, params: Mapping[str, Any]) -> object:
        await asyncio.sleep(0.02)
        ended.append("short")
        return None

    async def long(caller: Caller, params: Mapping[str, Any]) -> object:
        await gate.wait()
        ended.append("long")
        return None

    table = Dispatcher({"short": short, "long": long})
    calls = [asyncio.ensure_future(table.call(NOBODY, name, {})) for name in ("short", "long")]
    await asyncio.sleep(0)
    await table.finish(within=0.2)
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert ended == ["short"]
    assert isinstance(answers[1], InternalError)
    await table.finish(within=0.0)
