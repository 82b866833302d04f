"""The sequencer's DO slot: the item in it, and the DO items that follow before the next NAV item."""

from __future__ import annotations

from autopilot.mission.items import MissionItem

__all__ = ["DoSlot"]


class DoSlot:
    """`item` is in the slot; `done` when its start left nothing to wait for."""

    __slots__ = ("_next", "_queue", "done", "item")

    def __init__(self) -> None:
        self.item: MissionItem | None = None
        self.done = False
        self._queue: list[MissionItem] = []
        self._next = 0

    def clear(self) -> None:
        """Drop the item and all behind it."""
        self.item = None
        self.done = False
        self._queue = []
        self._next = 0

    def follow_with(self, items: list[MissionItem]) -> None:
        """`items` are what comes after the item in the slot."""
        self._queue = items
        self._next = 0

    def take_next(self) -> MissionItem | None:
        """The next item to start, or None."""
        if self._next == len(self._queue):
            return None
        self._next += 1
        return self._queue[self._next - 1]

    @property
    def empty(self) -> bool:
        """Nothing waits and nothing follows."""
        return self.item is None and self._next == len(self._queue)

    @property
    def wants_step(self) -> bool:
        """An item follows and nothing has to be waited for."""
        return (self.item is None or self.done) and self._next < len(self._queue)

    def following(self) -> list[int]:
        """Indices of the items that have not started."""
        return [item.seq for item in self._queue[self._next :]]

    def unfinished(self) -> list[int]:
        """Indices of the item that waits, if one does, and of those behind it."""
        waiting = [] if self.item is None or self.done else [self.item.seq]
        return waiting + self.following()
