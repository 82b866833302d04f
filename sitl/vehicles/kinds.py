"""The kinds of vehicle that are simulated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.geo import GeoPoint
from autopilot.vehicle import SimulatedVehicle
from sitl.vehicles.boat import SimulatedBoat
from sitl.vehicles.copter import SimulatedCopter
from sitl.vehicles.rover import SimulatedRover
from sitl.vehicles.simulated import SimulatedMachine

#: By the names of `autopilot.vehicles.kinds`.
SIMULATED: Final[dict[str, Callable[[GeoPoint, float, int], SimulatedMachine]]] = {
    "copter": SimulatedCopter,
    "rover": SimulatedRover,
    "boat": SimulatedBoat,
}


def make_simulated(kind: str, home: GeoPoint, heading_deg: float, seed: int) -> SimulatedVehicle:
    """The built-in simulator of `kind`, standing at `home`. KeyError for a kind that is not simulated."""
    return SIMULATED[kind](home, heading_deg, seed)
