"""ArduPilot's parameters that change how the simulated copter flies: names and units into settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import atan, cos, pi, radians, sin, tan

import numpy as np
import numpy.typing as npt

from autopilot.control import layout as L
from autopilot.geo import METRES_PER_DEGREE, longitude_scale
from sitl import layout as M
from sitl.airframe import CELL_CURVE, CELLS

Row = npt.NDArray[np.float64]

#: The airframe's own limits (`sitl.airframe`): rate deg/s, acceleration of yaw deg/s2; ArduPilot's default of the
#: latter, cdeg/s2; and what "no limit" comes to, deg/s2.
_OWN_RATE, _OWN_YAW_ACCEL, _YAW_DEFAULT, _UNLIMITED = 220.0, 120.0, 27000.0, 720.0

#: Parameters that are one setting times a factor. Gains (PSC_, ATC_) count relative to ArduPilot's defaults, which
#: stand for the gains that fit this airframe.
SCALED: dict[str, tuple[int, float]] = {
    "WPNAV_SPEED": (L.SPEED_GROUND, 0.01),
    "WPNAV_SPEED_UP": (L.SPEED_UP, 0.01),
    "WPNAV_SPEED_DN": (L.SPEED_DOWN, 0.01),
    "WPNAV_ACCEL": (L.ACCEL, 0.01),
    "WPNAV_ACCEL_Z": (L.ACCEL_Z, 0.01),
    "WPNAV_JERK": (L.LEG_JERK, 1.0),
    "LAND_SPEED": (L.LAND_SPEED, 0.01),
    "LAND_SPEED_HIGH": (L.LAND_SPEED_HIGH, 0.01),
    "LAND_ALT_LOW": (L.LAND_ALT_LOW, 0.01),
    "PILOT_SPEED_UP": (L.STICK_UP, 0.01),
    "PILOT_Y_RATE": (L.STICK_YAW_RATE, pi / 180.0),
    "ATC_SLEW_YAW": (L.YAW_RATE, pi / 18000.0),
    "LOIT_SPEED": (L.LOITER_SPEED, 0.01),
    "MOT_SPIN_ARM": (M.SPIN_ARM, 1.0),
    "ACRO_RP_RATE": (L.ACRO_RATE, pi / 180.0),
    "BATT_LOW_VOLT": (L.LOW_V, 1.0),
    "BATT_LOW_MAH": (L.LOW_MAH, 1.0),
    "BATT_CRT_VOLT": (L.CRIT_V, 1.0),
    "BATT_CRT_MAH": (L.CRIT_MAH, 1.0),
    "BATT_LOW_TIMER": (L.LOW_TIMER, 1.0),
    "BATT_FS_VOLTSRC": (L.SAG_FREE, 1.0),
    "BATT_CAPACITY": (L.CAPACITY, 1.0),
    "SIM_BATT_CAP_AH": (M.BATTERY_AH, 1.0),
    "FM_CUT_ALT": (L.CUT_ALT, 1.0),
    "ACRO_Y_RATE": (L.ACRO_YAW_RATE, pi / 180.0),
    "PILOT_ACCEL_Z": (L.STICK_ACCEL_Z, 0.01),
    "PSC_POSXY_P": (L.KP_POS, 1.2),
    "PSC_VELXY_P": (L.KP_VEL, 1.25),
    "PSC_VELXY_I": (L.KI_VEL, 1.0),
    "PSC_POSZ_P": (L.KP_HGT, 1.2),
    "PSC_VELZ_P": (L.KP_VZ, 0.8),
    "PSC_ACCZ_I": (L.KI_VZ, 1.5),
    "PSC_JERK_XY": (L.JERK, 2.0),
    "PSC_JERK_Z": (L.JERK_Z, 1.0),
    "ATC_ANG_RLL_P": (L.KP_ATT, 7.0 / 4.5),
    "ATC_ANG_YAW_P": (L.KP_YAW, 3.0 / 4.5),
    "ATC_RAT_RLL_P": (L.KP_RATE, 18.0 / 0.135),
    "ATC_RAT_RLL_I": (L.KI_RATE, 20.0 / 0.135),
    "ATC_RAT_YAW_P": (L.KP_YRATE, 6.0 / 0.18),
    "ATC_RAT_YAW_I": (L.KI_YRATE, 3.0 / 0.018),
    "SIM_GPS_NUMSATS": (M.GPS_SATS, 1.0),
    "SIM_GPS_GLITCH_Z": (M.GLITCH_D, 1.0),
    "SIM_BARO_GLITCH": (M.BARO_GLITCH, 1.0),
    "SIM_WIND_TURB": (M.GUST, 1.0),
}


def _wind(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_WIND_SPD m/s from SIM_WIND_DIR deg."""
    speed = values.get("SIM_WIND_SPD", 0.0)
    direction = radians(values.get("SIM_WIND_DIR", 180.0))
    p[M.MEAN_N] = -speed * cos(direction)
    p[M.MEAN_E] = -speed * sin(direction)


def _engine(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_ENGINE_FAIL: bit mask of motors that give SIM_ENGINE_MUL of their thrust."""
    mask = int(values.get("SIM_ENGINE_FAIL", 0.0))
    share = min(max(values.get("SIM_ENGINE_MUL", 0.0), 0.0), 1.0)
    for motor in range(4):
        p[M.LOSS_1 + motor] = share if mask & 1 << motor else 1.0


def _gps(p: Row, s: Row, values: Mapping[str, float]) -> None:
    on = values.get("GPS1_TYPE", 1.0) != 0.0 and values.get("SIM_GPS_DISABLE", 0.0) == 0.0
    p[M.GPS_ON] = 1.0 if on else 0.0


def _lean(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """ANGLE_MAX, cdeg, 10 to 60 degrees: of the sticks, and of position control unless PSC_ANGLE_MAX, deg, is set."""
    angle = min(max(values.get("ANGLE_MAX", 3000.0) / 100.0, 10.0), 60.0)
    own = values.get("PSC_ANGLE_MAX", 0.0)
    p[L.LEAN_MAX] = tan(radians(min(max(own, 10.0), 60.0) if own > 0.0 else angle))
    p[L.STICK_LEAN] = radians(angle)
    _corner(p, s, values)
    _loiter(p, s, values)


def _loiter(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """LOIT_ACC_MAX, cm/s2, as far as LOIT_ANG_MAX, deg, gives it; 0 = two thirds of the lean that is allowed."""
    own = values.get("LOIT_ANG_MAX", 0.0)
    lean = radians(own) if own > 0.0 else min(p[L.STICK_LEAN], atan(p[L.LEAN_MAX])) * 2.0 / 3.0
    p[L.LOITER_ACCEL] = min(0.01 * values.get("LOIT_ACC_MAX", 500.0), L.GRAVITY * tan(lean))


def _rates(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """ATC_RATE_R_MAX, ATC_RATE_P_MAX, deg/s: the model has one limit for both, 0 = its own. ATC_ACCEL_Y_MAX, cdeg/s2,
    relative to ArduPilot's default, 0 = no limit."""
    limits = [values.get(name, 0.0) for name in ("ATC_RATE_R_MAX", "ATC_RATE_P_MAX")]
    p[L.RATE_MAX] = radians(min([limit for limit in limits if limit > 0.0], default=_OWN_RATE))
    accel = values.get("ATC_ACCEL_Y_MAX", _YAW_DEFAULT)
    p[L.YAW_ACCEL] = radians(_OWN_YAW_ACCEL * accel / _YAW_DEFAULT if accel > 0.0 else _UNLIMITED)


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
    """SIM_BATT_VOLTAGE, V at rest now. The charge stays, as in ArduPilot's simulator, where a battery of any voltage
    lasts: a script that sets a low voltage wants a failsafe, and the way home after it."""
    volts = values["SIM_BATT_VOLTAGE"]
    charge, curve = zip(*CELL_CURVE, strict=True)
    p[M.OFFSET_V] = volts - CELLS * np.interp(s[M.SOC], charge, curve)
    if s[L.ARMED] == 0.0:
        s[M.VOLTS] = s[M.REST_VOLTS] = volts


def _glitch(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_GPS_GLITCH_X and _Y, degrees of latitude and longitude."""
    p[M.GLITCH_N] = values.get("SIM_GPS_GLITCH_X", 0.0) * METRES_PER_DEGREE
    p[M.GLITCH_E] = values.get("SIM_GPS_GLITCH_Y", 0.0) * METRES_PER_DEGREE * longitude_scale(p[L.ORIGIN_LAT])


def _sensor_failures(p: Row, s: Row, values: Mapping[str, float]) -> None:
    p[M.BARO_ON] = 0.0 if values.get("SIM_BARO_DISABLE", 0.0) != 0.0 else 1.0
    p[M.MAG_ON] = 0.0 if values.get("SIM_MAG1_FAIL", 0.0) != 0.0 else 1.0
    failed = int(values.get("SIM_ACC_FAIL_MSK", 0.0)) | int(values.get("SIM_GYR_FAIL_MSK", 0.0))
    p[M.IMU_ON] = 0.0 if failed & 1 else 1.0


def _crash(p: Row, s: Row, values: Mapping[str, float]) -> None:
    p[L.CRASH_CHECK] = 1.0 if values["FS_CRASH_CHECK"] != 0.0 else 0.0


SPECIAL: dict[str, Callable[[Row, Row, Mapping[str, float]], None]] = {
    "SIM_WIND_SPD": _wind,
    "SIM_WIND_DIR": _wind,
    "SIM_ENGINE_FAIL": _engine,
    "SIM_ENGINE_MUL": _engine,
    "GPS1_TYPE": _gps,
    "SIM_GPS_DISABLE": _gps,
    "ANGLE_MAX": _lean,
    "PSC_ANGLE_MAX": _lean,
    "LOIT_ACC_MAX": _loiter,
    "LOIT_ANG_MAX": _loiter,
    "ATC_RATE_R_MAX": _rates,
    "ATC_RATE_P_MAX": _rates,
    "ATC_ACCEL_Y_MAX": _rates,
    "FM_CUT_TILT": _cut_tilt,
    "WPNAV_ACCEL": _corner,
    "WPNAV_ACCEL_C": _corner,
    "PILOT_SPEED_UP": _pilot_down,
    "PILOT_SPEED_DN": _pilot_down,
    "SIM_BATT_VOLTAGE": _battery_voltage,
    "FS_CRASH_CHECK": _crash,
    "SIM_GPS_GLITCH_X": _glitch,
    "SIM_GPS_GLITCH_Y": _glitch,
    "SIM_BARO_DISABLE": _sensor_failures,
    "SIM_MAG1_FAIL": _sensor_failures,
    "SIM_ACC_FAIL_MSK": _sensor_failures,
    "SIM_GYR_FAIL_MSK": _sensor_failures,
}


def apply_parameter(p: Row, s: Row, values: Mapping[str, float], name: str, value: float) -> None:
    """`name` has become `value`; `values` holds all that have been set so far. Unknown names do nothing."""
    scaled = SCALED.get(name)
    if scaled is not None:
        p[scaled[0]] = scaled[1] * value
    special = SPECIAL.get(name)
    if special is not None:
        special(p, s, values)
