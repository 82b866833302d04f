"""ArduPilot's parameters that change how the simulated copter flies: names and units into settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import cos, pi, radians, sin, tan

import numpy as np
import numpy.typing as npt

from autopilot.control import layout as L
from sitl import layout as M

Row = npt.NDArray[np.float64]

#: Parameters that are one setting times a factor.
SCALED: dict[str, tuple[int, float]] = {
    "WPNAV_SPEED": (L.SPEED_GROUND, 0.01),
    "WPNAV_SPEED_UP": (L.SPEED_UP, 0.01),
    "WPNAV_SPEED_DN": (L.SPEED_DOWN, 0.01),
    "WPNAV_ACCEL": (L.ACCEL, 0.01),
    "WPNAV_ACCEL_Z": (L.ACCEL_Z, 0.01),
    "LAND_SPEED": (L.LAND_SPEED, 0.01),
    "LAND_SPEED_HIGH": (L.LAND_SPEED_HIGH, 0.01),
    "LAND_ALT_LOW": (L.LAND_ALT_LOW, 0.01),
    "PILOT_SPEED_UP": (L.STICK_UP, 0.01),
    "PILOT_Y_RATE": (L.STICK_YAW_RATE, pi / 180.0),
    "ATC_SLEW_YAW": (L.YAW_RATE, pi / 18000.0),
    "LOIT_SPEED": (L.LOITER_SPEED, 0.01),
    "LOIT_ACC_MAX": (L.LOITER_ACCEL, 0.01),
    "ACRO_RP_RATE": (L.ACRO_RATE, pi / 180.0),
    "BATT_LOW_VOLT": (L.LOW_V, 1.0),
    "BATT_LOW_MAH": (L.LOW_MAH, 1.0),
    "BATT_CRT_VOLT": (L.CRIT_V, 1.0),
    "BATT_CRT_MAH": (L.CRIT_MAH, 1.0),
    "BATT_LOW_TIMER": (L.LOW_TIMER, 1.0),
    "BATT_CAPACITY": (L.CAPACITY, 1.0),
    "FM_CUT_ALT": (L.CUT_ALT, 1.0),
    "SIM_WIND_TURB": (M.GUST, 1.0),
}
#: Voltage of SIM_BATT_VOLTAGE at which nothing is changed: three full cells.
FULL_VOLTAGE = 12.6


def _wind(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_WIND_SPD m/s from SIM_WIND_DIR deg."""
    speed = values.get("SIM_WIND_SPD", 0.0)
    direction = radians(values.get("SIM_WIND_DIR", 180.0))
    p[M.MEAN_N] = -speed * cos(direction)
    p[M.MEAN_E] = -speed * sin(direction)


def _engine(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_ENGINE_FAIL: bit mask of motors that give SIM_ENGINE_MUL of their thrust."""
    mask = int(values.get("SIM_ENGINE_FAIL", 0.0))
    share = min(max(values.get("SIM_ENGINE_MUL", 1.0), 0.0), 1.0)
    for motor in range(4):
        p[M.LOSS_1 + motor] = share if mask & 1 << motor else 1.0


def _gps(p: Row, s: Row, values: Mapping[str, float]) -> None:
    on = values.get("SIM_GPS1_ENABLE", 1.0) != 0.0 and values.get("SIM_GPS_DISABLE", 0.0) == 0.0
    p[M.GPS_ON] = 1.0 if on else 0.0


def _lean(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """ANGLE_MAX, cdeg, 10 to 60 degrees."""
    angle = radians(min(max(values["ANGLE_MAX"] / 100.0, 10.0), 60.0))
    p[L.LEAN_MAX] = tan(angle)
    p[L.STICK_LEAN] = angle
    _corner(p, s, values)


def _cut_tilt(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """FM_CUT_TILT, deg; 0 = off."""
    angle = values["FM_CUT_TILT"]
    p[L.CUT_TILT] = cos(radians(angle)) if angle > 0.0 else -2.0


def _corner(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """WPNAV_ACCEL_C, cm/s2; 0 = twice WPNAV_ACCEL, as in ArduPilot 4.6. Never more than two thirds of what the lean
    limit gives: the rest is for drag and gusts."""
    own = values.get("WPNAV_ACCEL_C", 0.0)
    wanted = 0.01 * own if own > 0.0 else 2.0 * p[L.ACCEL]
    p[L.ACCEL_CORNER] = min(wanted, 0.65 * L.GRAVITY * p[L.LEAN_MAX])


def _pilot_down(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """PILOT_SPEED_DN, cm/s; 0 = as PILOT_SPEED_UP."""
    down = values.get("PILOT_SPEED_DN", 0.0)
    p[L.STICK_DN] = 0.01 * (down if down > 0.0 else values.get("PILOT_SPEED_UP", 250.0))


def _battery_voltage(p: Row, s: Row, values: Mapping[str, float]) -> None:
    p[M.OFFSET_V] = values["SIM_BATT_VOLTAGE"] - FULL_VOLTAGE


def _crash(p: Row, s: Row, values: Mapping[str, float]) -> None:
    p[L.CRASH_CHECK] = 1.0 if values["FS_CRASH_CHECK"] != 0.0 else 0.0


SPECIAL: dict[str, Callable[[Row, Row, Mapping[str, float]], None]] = {
    "SIM_WIND_SPD": _wind,
    "SIM_WIND_DIR": _wind,
    "SIM_ENGINE_FAIL": _engine,
    "SIM_ENGINE_MUL": _engine,
    "SIM_GPS1_ENABLE": _gps,
    "SIM_GPS_DISABLE": _gps,
    "ANGLE_MAX": _lean,
    "FM_CUT_TILT": _cut_tilt,
    "WPNAV_ACCEL": _corner,
    "WPNAV_ACCEL_C": _corner,
    "PILOT_SPEED_UP": _pilot_down,
    "PILOT_SPEED_DN": _pilot_down,
    "SIM_BATT_VOLTAGE": _battery_voltage,
    "FS_CRASH_CHECK": _crash,
}


def apply_parameter(p: Row, s: Row, values: Mapping[str, float], name: str, value: float) -> None:
    """`name` has become `value`; `values` holds all that have been set so far. Unknown names do nothing."""
    scaled = SCALED.get(name)
    if scaled is not None:
        p[scaled[0]] = scaled[1] * value
    special = SPECIAL.get(name)
    if special is not None:
        special(p, s, values)
