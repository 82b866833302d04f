"""A link in memory, in virtual time: two ends, and between them whatever a bad radio does, from one seed.

Each frame is a datagram of its own: it is lost, doubled, held back or delayed by itself. Without any of that, bytes are
at the other end at once and in order. Tests, the Python API and the depot with its vehicle speak over this.
"""

from __future__ import annotations

import heapq
from random import Random
from typing import Protocol

from mavlink_bridge.links.base import LinkEnds
from mavlink_bridge.wire.framing import split_frames

REORDER_MS = 40
"""A frame that is held back comes up to this much later than its turn."""


class Medium(Protocol):
    """Medium between two ends, `a` (side 0) and `b`, in a time of its own: a `MemoryLink`, a `RadioLink`."""

    a: MemoryEnd
    b: MemoryEnd
    loss: float

    def other(self, side: int) -> MemoryEnd:
        """The end that is not that of `side`."""

    def in_flight(self, side: int) -> bool:
        """True while bytes are on their way to that side."""

    def pending(self, side: int) -> int:
        """Bytes that this side has written and that are not taken yet."""

    def carry(self, to: int, data: bytes) -> None:
        """Take whole frames on their way to a side."""

    def advance(self, now_ms: int) -> None:
        """Time is now `now_ms`."""

    def next_delivery_ms(self) -> int | None:
        """Time of the next change, ms, if nobody writes."""


class MemoryEnd:
    """End of a `Medium`; a `Link`."""

    lossy = wants_write = False

    def __init__(self, owner: Medium, side: int, name: str) -> None:
        self.name = name
        self._owner = owner
        self._side = side
        self._inbox: list[bytes] = []
        self._open = True

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

    def open(self, now_ms: int) -> None:
        self._owner.advance(now_ms)

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
        """Do nothing: no byte is ever pending."""

    def maintain(self, now_ms: int) -> None:
        self._owner.advance(now_ms)

    def next_deadline_ms(self) -> int | None:
        return self._owner.next_delivery_ms()

    def close(self) -> None:
        self._open = False
        self._inbox.clear()

    def deliver(self, data: bytes) -> None:
        """A frame has arrived."""
        if self._open:
            self._inbox.append(data)

    @property
    def waiting(self) -> bool:
        """True when there is something to read."""
        return bool(self._inbox)


class MemoryLink:
    """Two ends, `a` and `b`. `loss`, `duplicate`, `reorder`: probabilities for each frame, each way; `delay_ms`: how
    long a frame takes; `seed` decides them all. Time only moves by `advance`."""

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
        """True while bytes are on their way to that side."""
        return any(entry[2] == side for entry in self._flying)

    def pending(self, side: int) -> int:
        """Count no bytes as pending: what is written is on its way."""
        return 0

    def carry(self, to: int, data: bytes) -> None:
        """Take whole frames on their way to a side (0 = a)."""
        if not (self.loss or self.duplicate or self.reorder or self.delay_ms or self._flying):
            self._end(to).deliver(data)
            return
        for frame in split_frames(data):
            # All draws happen for each frame, so that the fate of one does not shift the fates of the others.
            lost, doubled, late = (self._random.random() for _ in range(3))
            extra = self._random.randint(1, REORDER_MS)
            if lost < self.loss:
                continue
            due = self.now_ms + self.delay_ms + (extra if late < self.reorder else 0)
            self._launch(due, to, frame)
            if doubled < self.duplicate:
                self._launch(due + extra // 2, to, frame)
        self.advance(self.now_ms)

    def advance(self, now_ms: int) -> None:
        """Time is now `now_ms`: deliver what is due, in the order of arrival."""
        self.now_ms = max(self.now_ms, now_ms)
        while self._flying and self._flying[0][0] <= self.now_ms:
            _, _, to, frame = heapq.heappop(self._flying)
            self._end(to).deliver(frame)

    def next_delivery_ms(self) -> int | None:
        """Time at which the next frame arrives, ms; None if none is on its way."""
        return self._flying[0][0] if self._flying else None

    def _launch(self, due: int, to: int, frame: bytes) -> None:
        self._counter += 1
        heapq.heappush(self._flying, (due, self._counter, to, frame))

    def _end(self, side: int) -> MemoryEnd:
        return self.a if side == 0 else self.b
