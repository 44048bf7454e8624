import asyncio

import pytest

from hub.flush import CHUNK, Flusher
from tests.hub.harness import until


class Pipe:
    def __init__(self, flushed: list[int], number: int) -> None:
        self._flushed, self._number = flushed, number

    def flush(self) -> None:
        self._flushed.append(self._number)


@pytest.mark.asyncio
async def test_all_of_a_tick_are_flushed_together_and_in_turns() -> None:
    flushed: list[int] = []
    flusher = Flusher()
    for number in range(CHUNK + 1):
        flusher.add(Pipe(flushed, number))
    assert flusher.depth == CHUNK + 1
    await asyncio.sleep(0)
    assert len(flushed) == CHUNK
    await asyncio.sleep(0)
    assert flushed == list(range(CHUNK + 1))
    flusher.add(Pipe(flushed, -1))
    await asyncio.sleep(0)
    assert flushed[-1] == -1
    assert flusher.depth == 0


@pytest.mark.asyncio
async def test_a_delay_holds_them_back() -> None:
    flushed: list[int] = []
    flusher = Flusher(delay=0.02)
    flusher.add(Pipe(flushed, 1))
    await asyncio.sleep(0)
    flusher.add(Pipe(flushed, 2))
    assert flushed == []
    await until(lambda: flushed == [1, 2])
