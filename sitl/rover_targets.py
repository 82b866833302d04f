"""Writes a rover's `Target` into the kernel's target row."""

from __future__ import annotations

from math import atan2, hypot

import numpy as np
import numpy.typing as npt

from autopilot.control import layout as L
from autopilot.control import rover_layout as V
from autopilot.vehicle import Attitude, Drive, Hold, Idle, Leg, TakeOff, Target, Velocity, YawMode
from sitl.targets import write_target as write_common

Row = npt.NDArray[np.float64]


def as_drive(target: Velocity, heading: float) -> Drive:
    """A velocity as a car drives it: turn the nose (or, backwards, the tail) to it and go. `heading` of the nose, rad.

    With a turn rate, and for a velocity in body axes, the part along the nose is the speed, so that -1 m/s ahead is
    backwards; otherwise the vector's direction is driven to."""
    north, east = target.velocity[0], target.velocity[1]
    rate = target.yaw.rate if target.yaw.mode is YawMode.RATE else None
    if target.body:
        ahead = hypot(north, east) * (1.0 if north >= 0.0 else -1.0)
        side = atan2(east, north) if north >= 0.0 else atan2(-east, -north)
        return Drive(ahead, heading + side, rate, target.timeout_ms)
    return Drive(hypot(north, east), atan2(east, north), rate, target.timeout_ms)


def write_target(row: Row, target: Target, heading: float) -> None:
    """All of the target; `heading`: the present one, rad. TypeError for a target that a rover does not know. A spline
    is driven as the straight leg."""
    if isinstance(target, TakeOff | Attitude):
        raise TypeError(f"a rover cannot fly {type(target).__name__}")
    if isinstance(target, Velocity):
        place = target.position
        target = Leg(place) if place is not None else as_drive(target, heading)
    if isinstance(target, Drive):
        write_common(row, Idle())
        _write_drive(row, target)
    else:
        write_common(row, target)
        row[V.T_WAY] = -1.0 if isinstance(target, Leg | Hold) and target.backwards else 1.0


def _write_drive(row: Row, target: Drive) -> None:
    row[L.KIND] = V.DRIVE
    row[L.T_TIMEOUT_MS] = target.timeout_ms
    row[V.T_WAY] = 1.0 if target.speed >= 0.0 else -1.0
    row[V.T_SPEED] = target.speed
    row[V.T_HEADING] = target.heading
    if target.turn_rate is not None:
        row[V.T_BY_RATE] = 1.0
        row[V.T_TURN_RATE] = target.turn_rate
