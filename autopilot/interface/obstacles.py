"""Looks of a sensor at obstacles around the vehicle, level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from autopilot.interface.records import dataclass


@dataclass(frozen=True, slots=True)
class Scan:
    """A look around. `distances_m`: of each direction, clockwise from `first_deg` off the nose on, `step_deg` apart;
    inf: nothing up to `range_m`, nan: that direction is not seen."""

    distances_m: Sequence[float]
    first_deg: float
    step_deg: float
    range_m: float
    least_m: float = 0.0


@runtime_checkable
class SeesObstacles(Protocol):
    """Port: a vehicle with a sensor of its own."""

    @property
    def scan_period_ms(self) -> int:
        """Time between two looks; 0: there is no sensor."""

    def scan_obstacles(self, now_ms: int) -> Scan:
        """Look around at this vehicle time."""
