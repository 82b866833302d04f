"""The boat: ArduRover with FRAME_CLASS 2. It has the rover's modes, names and units; it cannot brake, and it drifts."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from autopilot.mav import VehicleType
from autopilot.parameters.parameter_set import ParameterSet
from autopilot.parameters.tables import table
from autopilot.vehicles.rover import ROVER
from autopilot.vehicles.vehicle_class import VehicleClass

_CHASSIS: Final = table("rover", "chassis")

BOAT: Final[VehicleClass] = replace(
    ROVER,
    name="boat",
    face=replace(
        ROVER.face, vehicle_type=VehicleType.SURFACE_BOAT, vehicle_types=frozenset({VehicleType.SURFACE_BOAT})
    ),
    parameters=ParameterSet(
        lines=tuple(line for line in ROVER.parameters.lines if line not in _CHASSIS) + table("boat", "water"),
        aliases=ROVER.parameters.aliases,
        defaults=(
            *ROVER.parameters.defaults,
            ("FRAME_CLASS", 2.0),
            ("MIS_DONE_BEHAVE", 1.0),  # Rover/system.cpp: it would drift off
            ("ATC_BRAKE", 0.0),
            ("ATC_DECEL_MAX", 0.3),
            ("TURN_RADIUS", 1.6),
        ),
    ),
    drifts=True,
    model="motorboat",
)
