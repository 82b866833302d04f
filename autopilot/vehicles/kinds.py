"""The kinds of vehicle, by their names for users and files."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from autopilot.vehicles.boat import BOAT
from autopilot.vehicles.copter import COPTER
from autopilot.vehicles.plane import PLANE
from autopilot.vehicles.quadplane import QUADPLANE
from autopilot.vehicles.rover import ROVER
from autopilot.vehicles.vehicle_class import VehicleClass

__all__ = ["BOAT", "COPTER", "DEFAULT", "KINDS", "PLANE", "ROVER", "class_of_type", "vehicle_class"]

KINDS: Final = MappingProxyType({kind.name: kind for kind in (COPTER, ROVER, BOAT, PLANE, QUADPLANE)})
DEFAULT: Final = COPTER


def vehicle_class(name: str) -> VehicleClass:
    """Kind of this name; ValueError with the known names."""
    try:
        return KINDS[name]
    except KeyError:
        names = " and ".join(repr(word) for word in KINDS)
        raise ValueError(f"no vehicle kind {name!r}; known are {names}") from None


def class_of_type(vehicle_type: int) -> VehicleClass | None:
    """Kind as which a vehicle of this MAV_TYPE is flown."""
    return next((kind for kind in KINDS.values() if vehicle_type in kind.face.vehicle_types), None)
