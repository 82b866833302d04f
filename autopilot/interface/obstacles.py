"""Level scans of a sensor for obstacles around the vehicle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from autopilot.interface.records import dataclass


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan. `distances_m`: one for each direction, clockwise from `first_deg` off the nose, `step_deg` apart; inf:
    nothing up to `range_m`, nan: the direction is not visible."""

    distances_m: Sequence[float]
    first_deg: float
    step_deg: float
    range_m: float
    least_m: float = 0.0


@runtime_checkable
class SeesObstacles(Protocol):
    """A vehicle with its own obstacle sensor."""

    @property
    def scan_period_ms(self) -> int:
        """Time between two scans, ms; 0: no sensor."""

    def scan_obstacles(self, now_ms: int) -> Scan:
        """Scan at this vehicle time."""
