"""Links between a station and a vehicle: one that loses, doubles, delays, reorders and damages, or a pair of radios;
at times nothing comes through in one direction or both."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from mavlink_bridge.links.memory import MemoryLink
from mavlink_bridge.links.radio.model import RadioLink
from mavlink_bridge.links.radio.profiles import PROFILES

UNDER_WAY_MS = 20_000
"""In which all that radios have in their buffers has arrived."""


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

    def arrive(self) -> None:
        """Let everything arrive that is under way."""
        self.advance(1 << 40)

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


class StormRadio(RadioLink):
    """Two radios of this profile (`sortie radio`), with `cut` and `air` as those of a `StormLink`; of the air only the
    loss counts, which their own is added to."""

    def __init__(self, profile: str, seed: int, air: Air) -> None:
        super().__init__(PROFILES[profile], seed)
        self.cut: set[int] = set()
        self.set_air(air)

    def set_air(self, air: Air) -> None:
        """From now on."""
        self.air, self.loss = air, air.loss

    def carry(self, to: int, data: bytes) -> None:
        """See `Medium`."""
        if to not in self.cut:
            super().carry(to, data)

    def arrive(self) -> None:
        """Let everything arrive that is under way."""
        self.advance(self.now_ms + UNDER_WAY_MS)
