"""One timing wheel for every deadline of every connection, instead of timers of their own."""

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Wheel(Generic[T]):
    """Items due by time, to within one `tick` (seconds, never early). One deadline an item."""

    def __init__(self, *, tick: float = 0.25) -> None:
        self._tick = tick
        self._slots: dict[int, set[T]] = {}
        self._due: dict[T, int] = {}
        self._turned: int | None = None

    def __len__(self) -> int:
        return len(self._due)

    def schedule(self, item: T, when: float) -> None:
        """`item` is due at `when`, and no longer when it was before."""
        slot = int(when / self._tick) + 1
        if self._turned is not None:
            slot = max(slot, self._turned + 1)
        if self._due.get(item) == slot:
            return
        self.cancel(item)
        self._due[item] = slot
        self._slots.setdefault(slot, set()).add(item)

    def cancel(self, item: T) -> None:
        """`item` is due no more."""
        slot = self._due.pop(item, None)
        if slot is None:
            return
        items = self._slots[slot]
        items.discard(item)
        if not items:
            del self._slots[slot]

    def turn(self, now: float) -> list[T]:
        """The items due by `now`, which are scheduled no more."""
        until = int(now / self._tick)
        begin = until if self._turned is None else self._turned + 1
        if self._turned is None:
            begin = min(self._slots, default=until)
        due = [item for slot in range(begin, until + 1) for item in self._slots.pop(slot, ())]
        for item in due:
            del self._due[item]
        self._turned = max(until, self._turned or until)
        return due
