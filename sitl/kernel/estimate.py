"""What every kernel does with its sensors at each tick: align, predict, correct, watch."""

from __future__ import annotations

from math import sqrt
from typing import Any

from autopilot.control import layout as L
from autopilot.control.estimator import fuse_baro, fuse_gps, fuse_mag, rest
from autopilot.control.inertial import align, predict
from autopilot.control.jit import inline, jit
from autopilot.control.watch import watch_battery, watch_distance
from sitl.kernel import layout as M
from sitl.kernel.environment import MAG_PERIOD_MS, read_baro, read_mag, receive_gps

#: A vehicle without a fix for so long has lost its GPS, ms.
GPS_LOST_MS = 1000.0
#: Motors that got no command for so long are stopped, s.
DEADMAN_S = 0.05
#: Slower than the root of this (0.2 m/s) is standing: the odometer does not count the estimate's noise, (m/s)2.
STANDING = 0.04


@jit
def start(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """First tick: align the estimator with what the sensors say at rest."""
    s[L.FRESH] = 0.0
    read_mag(s, p, rng, table)
    align(s, p, s[L.DVX] / L.TICK, s[L.DVY] / L.TICK, s[L.DVZ] / L.TICK, s[M.MAG_X], s[M.MAG_Y], s[M.MAG_Z])
    s[L.EPD] = read_baro(s, p, rng, table)
    s[L.EM0], s[L.EM1], s[L.EM2], s[L.EM3] = s[L.EQ0], s[L.EQ1], s[L.EQ2], s[L.EQ3]


@inline
def fuse_sensors(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Prediction, and the corrections by those sensors that have a sample at this tick."""
    now = s[L.TIME_MS]
    s[L.IMU_OK] = p[M.IMU_ON]
    predict(s)
    s[L.BARO_OK] = p[M.BARO_ON]
    down = read_baro(s, p, rng, table)
    if p[M.BARO_ON] == 1.0:
        fuse_baro(s, p, down)
    if receive_gps(s, p, rng, table):
        if s[L.GPS_LOST_SENT] == 1.0:
            s[L.GPS_LOST_SENT] = 0.0
            s[L.EVENTS] += L.EV_GPS_OK
        fuse_gps(s, p, s[M.GPS_N], s[M.GPS_E], s[M.GPS_VN], s[M.GPS_VE], s[M.GPS_VD])
    elif now - s[M.GPS_MS] > GPS_LOST_MS and s[M.GPS_MS] > 0.0 and s[L.GPS_LOST_SENT] == 0.0:
        s[L.GPS_LOST_SENT] = 1.0
        s[L.GPS_SEEN] = 0.0
        s[L.EVENTS] += L.EV_GPS_LOST
    if now >= s[M.MAG_NEXT] and p[M.MAG_ON] == 1.0:
        s[M.MAG_NEXT] = now + MAG_PERIOD_MS
        read_mag(s, p, rng, table)
        fuse_mag(s, p, s[M.MAG_X], s[M.MAG_Y], s[M.MAG_Z])


@inline
def average_gyro(s: L.Row, at_rest: bool) -> None:
    """Keep what a calibration would take for the gyros' biases."""
    if at_rest:
        rest(s, s[M.GYRO_X], s[M.GYRO_Y], s[M.GYRO_Z])
    else:  # it moves: a calibration right after touchdown, or after a drive, keeps what that has taught
        s[L.GAX], s[L.GAY], s[L.GAZ] = s[L.BGX], s[L.BGY], s[L.BGZ]


@inline
def watch_machine(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Raise the events of battery, distance and dead motor commands."""
    volts = s[M.VOLTS]
    if p[L.SAG_FREE] == 1.0:  # BATT_FS_VOLTSRC: judge the voltage with the sag taken out
        volts += s[M.AMPS] * p[M.OHMS]
    watch_battery(s, p, volts, s[M.MAH])
    watch_distance(s, p, t)
    if s[M.TORQUE_AGE] * p[M.DT] >= DEADMAN_S:
        if s[L.DEADMAN_SENT] == 0.0:
            s[L.DEADMAN_SENT] = 1.0
            s[L.EVENTS] += L.EV_DEADMAN
    else:
        s[L.DEADMAN_SENT] = 0.0


@inline
def count_way(s: L.Row) -> None:
    """The odometer: horizontal way by the estimate."""
    v = s[L.EVN] * s[L.EVN] + s[L.EVE] * s[L.EVE]
    if v > STANDING:
        s[L.ODOMETER] += L.TICK * sqrt(v)
