"""ArduPilot's parameters that change the driving of the simulated rover, converted to settings."""

from __future__ import annotations

from collections.abc import Mapping
from math import pi
from typing import Final

from autopilot.interface import layout as L
from autopilot.interface.mathematics import tan
from autopilot.vehicles.driving import stick_speed
from sitl.kernel import layout as M
from sitl.vehicles import parameters
from sitl.vehicles.chassis import WHEEL_MAX, amps_per_newton, limit_profiles
from sitl.vehicles.equipment import GOOD_RECEIVER
from sitl.vehicles.parameters import Row, one, scaled, setters

_DEGREES = pi / 180.0
#: Values for a limit of 0, which means no limit: m/s2, rad/s.
_UNLIMITED_ACCEL, _UNLIMITED_RATE = 8.0, 6.0
#: The chassis' smallest turning radius, m, whatever TURN_RADIUS is.
_TIGHTEST = 1.05 * 0.3302 / tan(WHEEL_MAX)

SCALED = scaled("rover")


def _acceleration(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """WP_ACCEL (0: ATC_ACCEL_MAX), ATC_DECEL_MAX (0: same as the acceleration), m/s2; WP_JERK, m/s3."""
    accel = values.get("WP_ACCEL", 0.0) or values.get("ATC_ACCEL_MAX", 1.0)
    p[L.P_DRIVE_ACCEL] = accel if accel > 0.0 else _UNLIMITED_ACCEL
    decel = values.get("ATC_DECEL_MAX", 0.0)
    p[L.P_DRIVE_DECEL] = decel if decel > 0.0 else p[L.P_DRIVE_ACCEL]
    limit_profiles(p, values.get("WP_JERK", 0.0))


def _turning(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """ATC_STR_RAT_MAX deg/s, ATC_STR_ACC_MAX deg/s2; 0: no limit. TURN_RADIUS m."""
    rate, accel = values.get("ATC_STR_RAT_MAX", 120.0), values.get("ATC_STR_ACC_MAX", 120.0)
    p[L.P_TURN_RATE_MAX] = rate * _DEGREES if rate > 0.0 else _UNLIMITED_RATE
    p[L.P_TURN_RATE_ACCEL] = accel * _DEGREES if accel > 0.0 else 10.0 * _UNLIMITED_RATE
    p[L.P_TURN_RADIUS] = max(values.get("TURN_RADIUS", 0.9), _TIGHTEST)


def _grip(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """ATC_TURN_MAX_G, at least 0.1 (AR_AttitudeControl)."""
    p[L.P_TURN_ACCEL] = p[L.P_ACCEL_CORNER] = max(values["ATC_TURN_MAX_G"], 0.1) * L.GRAVITY


SPECIAL: Final = parameters.SPECIAL | setters(
    (parameters.gps_noise(GOOD_RECEIVER), "SIM_GPS_NOISE"),
    (one(M.P_AMPS_PER_N, lambda values: max(amps_per_newton(values["SIM_DRIVE_W"]), 0.0)), "SIM_DRIVE_W"),
    (one(M.P_CARRIED, lambda values: 1.0 - values["SIM_DRIVE_ACC"]), "SIM_DRIVE_ACC"),
    (_acceleration, "WP_ACCEL ATC_ACCEL_MAX ATC_DECEL_MAX WP_JERK"),
    (_grip, "ATC_TURN_MAX_G"),
    (_turning, "ATC_STR_RAT_MAX ATC_STR_ACC_MAX TURN_RADIUS"),
    (one(L.P_STICK_SPEED, lambda values: stick_speed(values.get)), "CRUISE_SPEED CRUISE_THROTTLE SPEED_MAX"),
)
