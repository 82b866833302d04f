"""Conversion of a velocity into driving."""

from __future__ import annotations

from math import copysign

from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.targets import Drive, Yaw, YawMode


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
