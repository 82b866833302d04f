"""Link in memory and virtual time: two ends, with the losses of a bad radio from a seed.

Each frame is a datagram that may be lost, duplicated, reordered or delayed. Without these, bytes arrive at once and in
order. Tests, the Python API, and the depot with its vehicle use it.
"""

from __future__ import annotations

import heapq
from random import Random
from typing import Protocol

from mavlink_bridge.links.base import LinkEnds
from mavlink_bridge.wire.framing import split_frames

REORDER_MS = 40
"""Longest delay of a reordered frame, ms."""


class Medium(Protocol):
    """Medium between two ends, `a` (side 0) and `b`, with its own time: a `MemoryLink` or a `RadioLink`."""

    a: MemoryEnd
    b: MemoryEnd
    loss: float

    def other(self, side: int) -> MemoryEnd:
        """End opposite to `side`."""

    def in_flight(self, side: int) -> bool:
        """True while bytes are on their way to that side."""

    def pending(self, side: int) -> int:
        """Bytes of this side that the medium has not taken yet."""

    def carry(self, to: int, data: bytes) -> None:
        """Carry whole frames to a side."""

    def advance(self, now_ms: int) -> None:
        """Advance to `now_ms`."""

    def next_delivery_ms(self) -> int | None:
        """Time of the next change without a write, ms; None: none."""


class MemoryEnd:
    """`Link` at one end of a `Medium`."""

    lossy = wants_write = False

    def __init__(self, owner: Medium, side: int, name: str) -> None:
        self.name = name
        self._owner = owner
        self._side = side
        self._inbox: list[bytes] = []
        self._open = True
        self.open = self.maintain = owner.advance
        self.next_deadline_ms = owner.next_delivery_ms

    @property
    def connected(self) -> bool:
        return self._open and self._owner.other(self._side)._open

    @property
    def present(self) -> bool:
        return self.connected

    def ends(self) -> LinkEnds | None:
        return None

    @property
    def pending(self) -> int:
        return self._owner.pending(self._side)

    def fileno(self) -> int | None:
        return None

    def read(self) -> bytes | None:
        if self._inbox:
            data = b"".join(self._inbox)
            self._inbox.clear()
            return data
        return b"" if self.connected or self._owner.in_flight(self._side) else None

    def write(self, data: bytes) -> int:
        if not self.connected:
            return 0
        self._owner.carry(1 - self._side, data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing is pending."""

    def close(self) -> None:
        self._open = False
        self._inbox.clear()

    def deliver(self, data: bytes) -> None:
        if self._open:
            self._inbox.append(data)

    @property
    def waiting(self) -> bool:
        """True if there is something to read."""
        return bool(self._inbox)


class MemoryLink:
    """Medium without a radio model. `loss`, `duplicate`, `reorder`: probabilities for each frame. `delay_ms`: travel
    time. `seed`: of all random numbers. Time moves by `advance` only."""

    def __init__(
        self, seed: int = 0, loss: float = 0.0, duplicate: float = 0.0, reorder: float = 0.0, delay_ms: int = 0
    ) -> None:
        for name, value in (("loss", loss), ("duplicate", duplicate), ("reorder", reorder)):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} is a probability, not {value}")
        self.loss, self.duplicate, self.reorder, self.delay_ms = loss, duplicate, reorder, delay_ms
        self.now_ms = 0
        self.a = MemoryEnd(self, 0, "memory:a")
        self.b = MemoryEnd(self, 1, "memory:b")
        self._random = Random(seed)
        self._flying: list[tuple[int, int, int, bytes]] = []
        self._counter = 0

    def other(self, side: int) -> MemoryEnd:
        return self.b if side == 0 else self.a

    def in_flight(self, side: int) -> bool:
        return any(entry[2] == side for entry in self._flying)

    def pending(self, side: int) -> int:
        """0: written frames are on their way."""
        return 0

    def carry(self, to: int, data: bytes) -> None:
        if not (self.loss or self.duplicate or self.reorder or self.delay_ms or self._flying):
            self.other(1 - to).deliver(data)
            return
        for frame in split_frames(data):
            # draw all numbers for each frame, so that the fate of one frame does not change that of others
            lost, doubled, late = (self._random.random() for _ in range(3))
            extra = self._random.randint(1, REORDER_MS)
            if lost < self.loss:
                continue
            due_ms = self.now_ms + self.delay_ms + (extra if late < self.reorder else 0)
            self._launch(due_ms, to, frame)
            if doubled < self.duplicate:
                self._launch(due_ms + extra // 2, to, frame)
        self.advance(self.now_ms)

    def advance(self, now_ms: int) -> None:
        """Advance to `now_ms` and deliver the frames that are due, in the order of arrival."""
        self.now_ms = max(self.now_ms, now_ms)
        while self._flying and self._flying[0][0] <= self.now_ms:
            _, _, to, frame = heapq.heappop(self._flying)
            self.other(1 - to).deliver(frame)

    def next_delivery_ms(self) -> int | None:
        """Time of the next arrival, ms; None: no frame is on its way."""
        return self._flying[0][0] if self._flying else None

    def _launch(self, due_ms: int, to: int, frame: bytes) -> None:
        self._counter += 1
        heapq.heappush(self._flying, (due_ms, self._counter, to, frame))
