"""Conversion of a velocity into driving, and the speed of a pilot's sticks."""

from __future__ import annotations

from collections.abc import Callable
from math import copysign
from typing import Final

from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.targets import Drive, Yaw, YawMode

_FASTEST_MPS: Final = 30.0


def stick_speed(param: Callable[[str, float], float]) -> float:
    """Speed at full throttle stick, m/s: SPEED_MAX, or CRUISE_SPEED scaled from CRUISE_THROTTLE to full throttle
    (Rover/mode.cpp, calc_speed_max)."""
    cruise, throttle = param("CRUISE_SPEED", 2.0), param("CRUISE_THROTTLE", 50.0)
    most = param("SPEED_MAX", 0.0) or cruise * 100.0 / max(throttle, 5.0)
    return min(max(most if 5.0 <= throttle <= 100.0 else cruise, 0.0), _FASTEST_MPS)


def as_drive(velocity: Ned, yaw: Yaw | None, heading: float, timeout_ms: int) -> Drive:
    """Turn the nose to `velocity` (NED m/s) and drive. With a demanded heading or turn rate (from `heading`, the
    present one, rad), the velocity only gives the speed along it, forwards or backwards (ArduPilot
    Rover/GCS_Mavlink.cpp)."""
    north, east = velocity[0], velocity[1]
    speed = hypot(north, east)
    if yaw is None or yaw.mode not in (YawMode.ANGLE, YawMode.RATE):
        return Drive(speed, atan2(east, north), None, timeout_ms)
    along = yaw.angle if yaw.mode is YawMode.ANGLE else heading
    signed = copysign(speed, north * cos(along) + east * sin(along))
    return Drive(signed, along, yaw.rate if yaw.mode is YawMode.RATE else None, timeout_ms)
