"""A link between a station and a vehicle that loses, doubles, delays, reorders, damages, and at times carries nothing
in one direction or both."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from mavlink_bridge.links.memory import MemoryLink


@dataclass(frozen=True)
class Air:
    """What a link does to each frame: probabilities, and ms."""

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    damage: float = 0.0
    delay_ms: int = 0


class StormLink(MemoryLink):
    """Side 0 is the vehicle's. `cut`: the sides that get nothing now; `air` may change at any time."""

    def __init__(self, seed: int, air: Air) -> None:
        super().__init__(seed)
        self._spoil = Random(seed + 1)
        self.cut: set[int] = set()
        self.set_air(air)

    def set_air(self, air: Air) -> None:
        """From now on; what is under way stays."""
        self.air = air
        self.loss, self.duplicate, self.reorder = air.loss, air.duplicate, air.reorder
        self.delay_ms = air.delay_ms

    def carry(self, to: int, data: bytes) -> None:
        """See `Medium`."""
        if to not in self.cut:
            super().carry(to, data)

    def _launch(self, due: int, to: int, frame: bytes) -> None:
        if self.air.damage and self._spoil.random() < self.air.damage:
            at = self._spoil.randrange(len(frame))
            match self._spoil.randrange(3):
                case 0:
                    frame = frame[:at]
                case 1:
                    frame = frame[:at] + bytes([frame[at] ^ (1 << self._spoil.randrange(8))]) + frame[at + 1 :]
                case _:
                    frame = self._spoil.randbytes(at) + frame
        super()._launch(due, to, frame)
