"""The table: every parameter of a vehicle, in the order of its index.

The order is the order of the lines, group after group; a line is only ever added at the end of its group, and
`param_count` is constant while the service runs (docs/reference/ground-stations.md, 1.8).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Literal

from autopilot.parameters.definition import ParameterDef
from autopilot.parameters.inert import INERT
from autopilot.parameters.table_flight import COPTER_FLIGHT
from autopilot.parameters.table_rover import ROVER_DRIVE
from autopilot.parameters.table_safety import COPTER_SAFETY, ROVER_SAFETY
from autopilot.parameters.table_sim import SIMULATION
from autopilot.parameters.table_system import COPTER_OUTPUTS, COPTER_SYSTEM, ROVER_OUTPUTS, ROVER_SYSTEM

Kind = Literal["copter", "rover"]


@cache
def definitions(kind: str) -> tuple[ParameterDef, ...]:
    """All parameters of a vehicle `kind`, in index order."""
    if kind == "copter":
        lines = COPTER_SYSTEM + COPTER_FLIGHT + COPTER_SAFETY + COPTER_OUTPUTS + SIMULATION
    elif kind == "rover":
        lines = ROVER_SYSTEM + ROVER_DRIVE + ROVER_SAFETY + ROVER_OUTPUTS + SIMULATION
    else:
        raise ValueError(f"no parameters for vehicle kind {kind!r}; known are 'copter' and 'rover'")
    return tuple(replace(line, inert=True) if line.name in INERT[kind] else line for line in lines)
