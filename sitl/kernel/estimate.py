"""Estimation at each tick of every kernel: align, predict, correct, watch."""

from __future__ import annotations

from math import sqrt
from typing import Any

from autopilot.control.estimator import begin_anew, fuse_baro, fuse_gps, fuse_mag, rest
from autopilot.control.inertial import align, predict
from autopilot.control.watch import watch_battery, watch_distance
from autopilot.interface import layout as L
from autopilot.interface.marks import inline, jit
from sitl.kernel import layout as M
from sitl.kernel.environment import blow, discharge, read_baro, read_mag, sense
from sitl.kernel.failing import fail_inertial
from sitl.kernel.imu import DEADMAN_S

#: Time without a fix after which the GPS is lost, ms.
GPS_LOST_MS = 1000.0
#: Square of the speed below which the vehicle stands, (m/s)2: 0.2 m/s. The odometer does not count the estimate's
#: noise.
STANDING = 0.04


@jit
def start(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Align the estimator with the sensors at rest, in the first tick."""
    s[L.S_FRESH] = 0.0
    read_mag(s, p, rng, table)
    align(s, p, s[L.S_DVX] / L.TICK, s[L.S_DVY] / L.TICK, s[L.S_DVZ] / L.TICK, s[M.S_MAG_X], s[M.S_MAG_Y], s[M.S_MAG_Z])
    s[L.S_EPD] = read_baro(s, p, rng, table)
    s[L.S_EM0], s[L.S_EM1], s[L.S_EM2], s[L.S_EM3] = s[L.S_EQ0], s[L.S_EQ1], s[L.S_EQ2], s[L.S_EQ3]


@jit
def restart(s: L.Row, p: L.Row) -> None:
    """Start the estimator again from the latest samples, after FRESH was set to `RESTART`. It draws no noise and takes
    no time."""
    s[L.S_FRESH] = 0.0
    for i in range(3):
        s[L.S_GYX + i] = s[M.S_GYRO_X + i] - s[L.S_BGX + i]
    fix = s[L.S_POS_OK] == 1.0 and s[M.S_GPS_FIX] >= 3.0
    begin_anew(s, p, s[M.S_MAG_X], s[M.S_MAG_Y], s[M.S_MAG_Z], -s[M.S_BARO_ALT], s[M.S_GPS_N], s[M.S_GPS_E], fix)


@inline
def begin_tick(s: L.Row, p: L.Row, rng: Any, table: Any, amps: float) -> None:
    """Advance the time, the weather and the battery after the body has moved for a tick; `amps` is the battery's
    current."""
    s[L.S_TIME_MS] += L.TICK_MS
    if s[L.S_FRESH] == 1.0:
        start(s, p, rng, table)
    if p[M.P_FAILING] != 0.0:
        fail_inertial(s, p, rng, table)
    blow(s, p, rng, table)
    discharge(s, p, amps)


@inline
def fuse_sensors(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Predict, and correct by the sensors that have a sample at this tick."""
    now = s[L.S_TIME_MS]
    s[L.S_IMU_OK] = p[M.P_IMU_ON] * (1.0 - s[M.S_GYRO_LOST]) * (1.0 - s[M.S_ACC_LOST])
    predict(s)
    fix, field = sense(s, p, rng, table)
    if s[L.S_BARO_OK] == 1.0:
        fuse_baro(s, p, -s[M.S_BARO_ALT])
    if fix:
        if s[L.S_GPS_LOST_SENT] == 1.0:
            s[L.S_GPS_LOST_SENT] = 0.0
            s[L.S_EVENTS] += L.EV_GPS_OK
        fuse_gps(s, p, s[M.S_GPS_N], s[M.S_GPS_E], s[M.S_GPS_VN], s[M.S_GPS_VE], s[M.S_GPS_VD])
    elif now - s[M.S_GPS_MS] > GPS_LOST_MS and s[M.S_GPS_MS] > 0.0 and s[L.S_GPS_LOST_SENT] == 0.0:
        s[L.S_GPS_LOST_SENT] = 1.0
        s[L.S_GPS_SEEN] = 0.0
        s[L.S_EVENTS] += L.EV_GPS_LOST
    if field:
        fuse_mag(s, p, s[M.S_MAG_X], s[M.S_MAG_Y], s[M.S_MAG_Z])


@inline
def average_gyro(s: L.Row, at_rest: bool) -> None:
    """Average the gyros at rest, for a calibration of their biases."""
    if at_rest:
        rest(s, s[M.S_GYRO_X], s[M.S_GYRO_Y], s[M.S_GYRO_Z])
    else:  # a calibration right after touchdown or a drive keeps the biases that motion has taught
        s[L.S_GAX], s[L.S_GAY], s[L.S_GAZ] = s[L.S_BGX], s[L.S_BGY], s[L.S_BGZ]


@inline
def watch_machine(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Raise the events of battery, distance and dead motor commands."""
    volts = s[M.S_VOLTS]
    if p[L.P_SAG_FREE] == 1.0:  # BATT_FS_VOLTSRC: judge the voltage without the sag
        volts += s[M.S_AMPS] * p[M.P_OHMS]
    watch_battery(s, p, volts, s[M.S_MAH])
    watch_distance(s, p, t)
    if s[M.S_TORQUE_AGE] * p[M.P_DT] >= DEADMAN_S:
        if s[L.S_DEADMAN_SENT] == 0.0:
            s[L.S_DEADMAN_SENT] = 1.0
            s[L.S_EVENTS] += L.EV_DEADMAN
    else:
        s[L.S_DEADMAN_SENT] = 0.0


@inline
def count_way(s: L.Row) -> None:
    """Add the horizontal distance of the estimate to the odometer."""
    v = s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE]
    if v > STANDING:
        s[L.S_ODOMETER] += L.TICK * sqrt(v)
