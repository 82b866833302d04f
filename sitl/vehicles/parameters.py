"""ArduPilot's parameters that act on every simulated vehicle: battery, failures, weather (BATT_, SIM_, FS_CRASH_CHECK).

In all functions `p` and `s` are a vehicle's rows of settings and state, and `values` has all parameters that have been
set so far.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import pi, radians
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.control.watch import SPOOL_TIME
from autopilot.interface import layout as L
from autopilot.interface.geo import METRES_PER_DEGREE, longitude_scale
from autopilot.interface.mathematics import cos, sin
from sitl.kernel import layout as M
from sitl.vehicles.equipment import BARO_NOISE, CELL_CURVE, CELLS

Row = npt.NDArray[np.float64]
Special = Callable[[Row, Row, Mapping[str, float]], None]

Factors = dict[str, tuple[int, float]]
"""Setting and factor of each parameter that equals one setting times a factor."""

_ANY: Final = (-1e7, 1e7)  # with 1e30 the vehicle's state would overflow; bit masks are below
_UNITS: Final = {"deg": pi / 180.0, "cdeg": pi / 18000.0, "centi": 0.01, "milli": 0.001}
_ROWS: Final = json.loads(Path(__file__).with_name("scaled.json").read_text(encoding="utf-8"))
_LIMITS: Final[dict[str, tuple[float, float]]] = _ROWS["limits"]


def scaled(*kinds: str) -> Factors:
    """Rows of `scaled.json` for all vehicles and for these kinds; later rows replace earlier ones."""
    factors: Factors = {"SIM_BARO_RND": (M.P_BARO_NOISE, BARO_NOISE / float(np.float32(0.2)))}  # a default of 32 bits
    for kind in ("common", *kinds):
        for name, (setting, *factor) in _ROWS[kind].items():
            factors[name] = (getattr(L if hasattr(L, setting) else M, setting), _factor(*factor))
    return factors


def _factor(own: float | str = 1.0, default: float = 1.0) -> float:
    return _UNITS[own] if isinstance(own, str) else own / default


_PX4_CLIMB_GAIN: Final = 4.0  # MPC_Z_VEL_P_ACC, 1/s
_PX4_SPOOL_UP: Final = 1.0  # COM_SPOOLUP_TIME, s
_NEVER_S: Final = 1e9


def _wind(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_WIND_SPD m/s from SIM_WIND_DIR deg."""
    speed, direction = values.get("SIM_WIND_SPD", 0.0), radians(values.get("SIM_WIND_DIR", 180.0))
    p[M.P_MEAN_N] = -speed * cos(direction)
    p[M.P_MEAN_E] = -speed * sin(direction)


def climb_slowly(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """MPC_LAND_ALT1 m, MPC_TKO_SPEED m/s, MPC_TKO_RAMP_T s: speed limit of a climb from the ground. After the spool-up
    it rises from the value that demands no thrust to MPC_TKO_SPEED (PX4's TakeoffHandling); the vehicle leaves the
    ground at zero."""
    speed, ramp = values.get("MPC_TKO_SPEED", 1.5), values.get("MPC_TKO_RAMP_T", 3.0)
    below = L.GRAVITY / _PX4_CLIMB_GAIN
    p[L.P_SLOW_CLIMB_TO] = p[L.P_LAND_ALT_HIGH] = values.get("MPC_LAND_ALT1", 10.0)
    p[L.P_SLOW_CLIMB], p[L.P_SLOW_CLIMB_ACCEL] = speed, (speed + below) / max(ramp, 0.1)
    p[L.P_CLIMB_DELAY] = ramp * below / (speed + below) + _PX4_SPOOL_UP - SPOOL_TIME


def use_map(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_TERRAIN: stand on the map's ground if there is one, else on flat ground."""
    p[M.P_MAP] = 1.0 if values.get("SIM_TERRAIN", 1.0) != 0.0 and p[M.P_MAP_PER_LAT] > 0.0 else 0.0


def _engine(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_ENGINE_FAIL: bit mask of motors that give SIM_ENGINE_MUL of their thrust."""
    mask = int(values.get("SIM_ENGINE_FAIL", 0.0))
    share = min(max(values.get("SIM_ENGINE_MUL", 0.0), 0.0), 1.0)
    for motor in range(M.MOST_ROTORS):
        p[M.P_LOSS_1 + motor] = share if mask & 1 << motor else 1.0


def _gps(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """Switch the receiver off while the estimator uses no GPS position (EK3_SRC1_POSXY 0)."""
    fitted = values.get("GPS1_TYPE", 1.0) != 0.0 and values.get("EK3_SRC1_POSXY", 3.0) != 0.0
    on = fitted and values.get("SIM_GPS_DISABLE", 0.0) == 0.0
    p[M.P_GPS_ON] = 1.0 if on else 0.0


def _battery_voltage(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_BATT_VOLTAGE, V at rest now. The charge stays, as in ArduPilot's simulator: a script that sets a low voltage
    tests a failsafe and needs charge for the way home."""
    volts = values["SIM_BATT_VOLTAGE"]
    charge, curve = zip(*CELL_CURVE, strict=True)
    p[M.P_OFFSET_V] = volts - CELLS * np.interp(s[M.S_SOC], charge, curve)
    if s[L.S_ARMED] == 0.0:
        s[M.S_VOLTS] = s[M.S_REST_VOLTS] = volts


def _glitch(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """SIM_GPS_GLITCH_X and _Y, degrees of latitude and longitude."""
    p[M.P_GLITCH_N] = values.get("SIM_GPS_GLITCH_X", 0.0) * METRES_PER_DEGREE
    p[M.P_GLITCH_E] = values.get("SIM_GPS_GLITCH_Y", 0.0) * METRES_PER_DEGREE * longitude_scale(p[L.P_ORIGIN_LAT])


def _inertial(p: Row, s: Row, values: Mapping[str, float]) -> None:
    failed = int(values.get("SIM_ACC_FAIL_MSK", 0.0)) | int(values.get("SIM_GYR_FAIL_MSK", 0.0))
    p[M.P_IMU_ON] = 0.0 if failed & 1 else 1.0


def _low_timer(values: Mapping[str, float]) -> float:
    """BATT_LOW_TIMER, s; 0: no voltage is too low (AP_BattMonitor_Backend.cpp, update_failsafes)."""
    return values["BATT_LOW_TIMER"] if values["BATT_LOW_TIMER"] > 0.0 else _NEVER_S


def _finder(p: Row, s: Row, values: Mapping[str, float]) -> None:
    """RNGFND1_TYPE 0: no range finder; RNGFND1_MIN_CM, RNGFND1_MAX_CM: its range."""
    fitted = values.get("RNGFND1_TYPE", 0.0) != 0.0
    p[M.P_FINDER_MIN] = values.get("RNGFND1_MIN_CM", 20.0) / 100.0
    p[M.P_FINDER_MAX] = values.get("RNGFND1_MAX_CM", 700.0) / 100.0 if fitted else 0.0


def one(setting: int, value: Callable[[Mapping[str, float]], float]) -> Special:
    """Setter of one setting, which has this value by the parameters."""

    def put(p: Row, s: Row, values: Mapping[str, float]) -> None:
        p[setting] = value(values)

    return put


_baro: Final = one(M.P_BARO_ON, lambda values: float(values.get("SIM_BARO_DISABLE", 0.0) == 0.0))
_compass: Final = one(M.P_MAG_ON, lambda values: float(values.get("SIM_MAG1_FAIL", 0.0) == 0.0))


def gps_noise(receiver: tuple[float, float, float]) -> Special:
    """SIM_GPS_NOISE, m: wander of a fix; the other noise of that receiver changes in proportion."""
    usual = float(np.float32(receiver[1]))  # the parameter's default is a 32-bit number

    def set_noise(p: Row, s: Row, values: Mapping[str, float]) -> None:
        share = values["SIM_GPS_NOISE"] / usual
        p[M.P_GPS_NOISE], p[M.P_GPS_WANDER], p[M.P_GPS_V_NOISE] = (share * number for number in receiver)

    return set_noise


SWITCHES: Final[dict[str, tuple[int, Special]]] = {
    "gps.loss": (M.P_GPS_ON, _gps), "baro.loss": (M.P_BARO_ON, _baro),
    "compass.loss": (M.P_MAG_ON, _compass), "imu.loss": (M.P_IMU_ON, _inertial),
}  # fmt: skip
"""Switch of each sensor that can be lost, and its setter by the parameters, which count again at the end of the
fault."""


def setters(*rows: tuple[Special, str]) -> dict[str, Special]:
    """Setters by name of a parameter. A row has a setter and the parameters after whose change it runs."""
    return {name: setter for setter, names in rows for name in names.split()}


SPECIAL: Final = setters(
    (_wind, "SIM_WIND_SPD SIM_WIND_DIR"),
    (use_map, "SIM_TERRAIN"),
    (climb_slowly, "MPC_LAND_ALT1 MPC_TKO_RAMP_T MPC_TKO_SPEED"),
    (_engine, "SIM_ENGINE_FAIL SIM_ENGINE_MUL"),
    (_gps, "GPS1_TYPE EK3_SRC1_POSXY SIM_GPS_DISABLE"),
    (_battery_voltage, "SIM_BATT_VOLTAGE"),
    (one(L.P_CRASH_CHECK, lambda values: float(values["FS_CRASH_CHECK"] != 0.0)), "FS_CRASH_CHECK"),
    (one(L.P_LOW_TIMER, _low_timer), "BATT_LOW_TIMER"),
    (_finder, "RNGFND1_TYPE RNGFND1_MIN_CM RNGFND1_MAX_CM"),
    (_glitch, "SIM_GPS_GLITCH_X SIM_GPS_GLITCH_Y"),
    (_baro, "SIM_BARO_DISABLE"),
    (_compass, "SIM_MAG1_FAIL"),
    (_inertial, "SIM_ACC_FAIL_MSK SIM_GYR_FAIL_MSK"),
)


def limited(name: str, value: float) -> float:
    """The value of a parameter within what the simulation can compute with."""
    least, most = _LIMITS.get(name, _ANY)
    return least if value < least else most if value > most else value


def apply(
    scaled: Mapping[str, tuple[int, float]],
    special: Mapping[str, Special],
    p: Row,
    s: Row,
    values: Mapping[str, float],
    name: str,
    value: float,
) -> None:
    """Apply the new `value` of parameter `name` by the tables of a kind of vehicle. Unknown names do nothing."""
    if name in scaled:
        setting, factor = scaled[name]
        p[setting] = factor * limited(name, value)
    if name in special:
        special[name](p, s, values)
