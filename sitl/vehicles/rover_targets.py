"""Writes a rover's `Target` into the kernel's target row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import cos, sin
from autopilot.interface.targets import Attitude, Drive, Hold, Idle, Leg, TakeOff, Target, Velocity
from autopilot.vehicles.driving import as_drive
from sitl.vehicles.targets import write_target as write_common

Row = npt.NDArray[np.float64]


def _turned(vector: Ned, heading: float) -> Ned:
    """A vector in body axes as north, east, down."""
    c, sn = cos(heading), sin(heading)
    return (c * vector[0] - sn * vector[1], sn * vector[0] + c * vector[1], vector[2])


def write_target(row: Row, target: Target, heading: float) -> None:
    """Write all of the target; `heading`: the present one, rad. TypeError for a target that a rover does not know,
    ValueError for one with a number that is not finite; the old target then stays. A spline is driven as the straight
    leg."""
    if isinstance(target, TakeOff | Attitude):
        raise TypeError(f"a rover cannot fly {type(target).__name__}")
    if isinstance(target, Velocity):
        place = target.position
        velocity = _turned(target.velocity, heading) if target.body else target.velocity
        drive = as_drive(velocity, target.yaw, heading, target.timeout_ms)
        target = drive if place is None else Leg(place)
    new = row.copy()
    if isinstance(target, Drive):
        write_common(new, Idle())
        _write_drive(new, target)
    else:
        write_common(new, target)
        new[[L.T_START_D, L.T_END_D, L.T_NEXT_D]] = 0.0  # what drives has no height
        new[L.T_WAY] = -1.0 if isinstance(target, Leg | Hold) and target.backwards else 1.0
    if not np.isfinite(new).all():
        raise ValueError(f"not finite: {target}")
    row[:] = new


def _write_drive(row: Row, target: Drive) -> None:
    row[L.T_KIND] = L.KIND_DRIVE
    row[L.T_TIMEOUT_MS] = target.timeout_ms
    row[L.T_WAY] = 1.0 if target.speed >= 0.0 else -1.0
    row[L.T_SPEED] = target.speed
    row[L.T_HEADING] = target.heading
    if target.turn_rate is not None:
        row[L.T_BY_RATE] = 1.0
        row[L.T_TURN_RATE] = target.turn_rate
