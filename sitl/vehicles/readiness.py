"""Readiness of a simulated vehicle by its sensors: lost sensors, and whether the vehicle is at rest."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface import layout as L
from autopilot.interface.mathematics import hypot
from autopilot.interface.reasons import ACCELS_FAILED, BARO_FAILED, COMPASS_FAILED, GYROS_FAILED, ArmingReason
from sitl.kernel import layout as M

_REST_ACCEL: Final = 0.5  # largest acceleration besides gravity of a vehicle at rest, m/s2
_REST_SPEED: Final = 0.5  # largest GPS speed of a vehicle at rest, m/s
# largest turning rate at rest, rad/s; equals `autopilot.control.estimator.STILL`, which needs the compiler
_STILL: Final = 0.03
Row = npt.NDArray[np.float64]


def sensor_reasons(p: Row, s: Row) -> list[ArmingReason]:
    """Reasons not to arm from sensors that every mode needs."""
    reasons = []
    if p[M.P_IMU_ON] == 0.0 or s[M.S_GYRO_LOST] == 1.0:
        reasons.append(GYROS_FAILED)
    if p[M.P_IMU_ON] == 0.0 or s[M.S_ACC_LOST] == 1.0:
        reasons.append(ACCELS_FAILED)
    if p[M.P_BARO_ON] == 0.0 or s[M.S_BARO_LOST] == 1.0:
        reasons.append(BARO_FAILED)
    if p[M.P_MAG_ON] == 0.0 or s[M.S_MAG_LOST] == 1.0:
        reasons.append(COMPASS_FAILED)
    return reasons


def rests(s: Row) -> bool:
    """True if the vehicle does not turn, feels only its weight, and has no speed over ground (if there is a fix)."""
    turning = hypot(*(s[M.S_GYRO_X : M.S_GYRO_Z + 1] - s[L.S_BGX : L.S_BGZ + 1]).tolist())
    felt = hypot(*s[L.S_DVX : L.S_DVZ + 1].tolist()) / L.TICK
    speed = hypot(s[M.S_GPS_VN], s[M.S_GPS_VE]) if s[M.S_GPS_FIX] >= 3.0 else 0.0
    return turning < _STILL and abs(felt - L.GRAVITY) < _REST_ACCEL and speed < _REST_SPEED
