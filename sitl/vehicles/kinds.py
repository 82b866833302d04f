"""Kinds of vehicle that the simulator has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from autopilot.interface.geo import GeoPoint
from autopilot.interface.terrain import HeightMap
from sitl.vehicles.boat import SimulatedBoat
from sitl.vehicles.copter import SimulatedCopter
from sitl.vehicles.equipment import STEPS
from sitl.vehicles.plane import SimulatedPlane
from sitl.vehicles.quadplane import make_quadplane
from sitl.vehicles.rover import SimulatedRover
from sitl.vehicles.simulated import SimulatedMachine

#: By the names of `autopilot.vehicles.kinds`.
SIMULATED: Final[dict[str, Callable[..., SimulatedMachine]]] = {
    "copter": SimulatedCopter,
    "rover": SimulatedRover,
    "boat": SimulatedBoat,
    "plane": SimulatedPlane,
    "quadplane": make_quadplane,
}


def make_simulated(
    kind: str, home: GeoPoint, heading_deg: float, seed: int, ground: HeightMap | None = None, *, steps: int = STEPS
) -> SimulatedMachine:
    """The built-in simulator of `kind`, standing at `home`, on `ground` if given; `steps` is the number of physics
    steps in 20 ms. KeyError for an unknown kind, ValueError if the ground has no height at home."""
    machine = SIMULATED[kind](home if ground is None else on_ground(home, ground), heading_deg, seed, steps=steps)
    if ground is not None:
        machine.stand_on(ground)
    return machine


def on_ground(home: GeoPoint, ground: HeightMap) -> GeoPoint:
    """`home` at the height of the ground there. ValueError if the ground has no height there."""
    height = ground.height_at(home.lat, home.lon)
    if height is None:
        raise ValueError(f"no height of the ground at {home.lat:.6f},{home.lon:.6f}")
    return GeoPoint(home.lat, home.lon, height)
