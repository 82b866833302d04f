"""Limits of driving by parameters, the speed of a pilot's sticks, and conversion of a velocity into driving."""

from __future__ import annotations

from collections.abc import Callable
from math import copysign, radians
from typing import Final

from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import atan2, cos, hypot, sin
from autopilot.interface.targets import Drive, Yaw, YawMode

_FASTEST_MPS: Final = 30.0
_NO_LIMIT: Final = (8.0, 6.0, 60.0)  # m/s2, rad/s, rad/s2: for parameters of 0 or less
_WEAKEST: Final = 0.01  # m/s2, m/s3, rad/s, rad/s2; with 1e-30 times and ways would have no bounds


def accelerations(param: Callable[[str, float], float]) -> tuple[float, float]:
    """Acceleration and deceleration, m/s2: WP_ACCEL (0: ATC_ACCEL_MAX) and ATC_DECEL_MAX (0: the acceleration)."""
    accel = limit_or(param("WP_ACCEL", 0.0) or param("ATC_ACCEL_MAX", 1.0), _NO_LIMIT[0])
    return accel, limit_or(param("ATC_DECEL_MAX", 0.0), accel)


def turning(param: Callable[[str, float], float]) -> tuple[float, float]:
    """Turn rate, rad/s, and its change, rad/s2: ATC_STR_RAT_MAX and ATC_STR_ACC_MAX (0: no limit)."""
    rate, accel = param("ATC_STR_RAT_MAX", 120.0), param("ATC_STR_ACC_MAX", 120.0)
    return limit_or(radians(rate), _NO_LIMIT[1]), limit_or(radians(accel), _NO_LIMIT[2])


def limit_or(value: float, without: float) -> float:
    """Limit by a parameter: `without` where it is 0 or less."""
    return max(value, _WEAKEST) if value > 0.0 else without


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
