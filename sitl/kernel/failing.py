"""Failures of sensors by MAVLink's FAILURE_TYPE, sample by sample.

`P_FAIL_...` is the failure of a sensor; whoever sets it fills the sensor's `S_..._OLD` with its latest sample. Without
a failure none of this runs, and no noise is drawn. docs/failures.md has the amounts.
"""

from __future__ import annotations

from typing import Any

from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from sitl.kernel import layout as M
from sitl.kernel.imu import Vector
from sitl.kernel.noise import GAMMA, MASK, S10, S20, S30B, S40, S50, draw

#: Period of a slow sensor, ms: of GPS, barometer and compass; of the inertial sensors.
SLOW_PERIOD_MS, SLOW_INERTIAL_MS = 1000.0, 100.0
#: An intermittent sensor gives no samples for the first `GAP_MS` ms of every `EVERY_MS` ms.
GAP_MS, EVERY_MS = 2000.0, 4000.0
INERTIAL_GAP_MS, INERTIAL_EVERY_MS = 100.0, 1000.0

#: Standard deviations of garbage: gyro rad/s, accelerometer m/s2; GPS place m, GPS speed m/s, field gauss, height m.
GYRO_GARBAGE, ACC_GARBAGE = 1.0, 5.0
GPS_GARBAGE, SPEED_GARBAGE, MAG_GARBAGE, BARO_GARBAGE = 30.0, 5.0, 0.5, 10.0
#: A jammed receiver: ms without any fix at first; then standard deviations of the steps of its place, m, and of its
#: speed, m/s.
JAM_BLIND_MS, JAM_WALK, JAM_SPEED = 3000.0, 70.0, 150.0
#: Errors of a wrong sensor: on each axis rad/s and m/s2; gauss to the nose.
GYRO_WRONG, ACC_WRONG, MAG_WRONG = 0.2, 2.0, 0.3
#: Time between the kept samples of a delayed barometer, ms.
BARO_STEP_MS = 100.0


#: Fields of a sensor: share of the sample that is shown, offset that is added, 1 while the sensor is lost, old sample,
#: new sample.
GYRO = (M.S_GYRO_ON, M.S_GYRO_SHOWN, M.S_GYRO_LOST, M.S_GYRO_OLD, M.S_GYRO_X)
ACC = (M.S_ACC_ON, M.S_ACC_SHOWN, M.S_ACC_LOST, M.S_ACC_OLD, M.S_ACC_X)


@jit
def in_gap(failure: float, now: float) -> bool:
    """True while a GPS, barometer or compass with this failure gives no samples."""
    return failure == M.FAILURE_OFF or (failure == M.FAILURE_INTERMITTENT and now % EVERY_MS < GAP_MS)


@jit
def fail_inertial(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Fail the gyros and accelerometers of the next tick, and mark the sensors that give no samples."""
    now = s[L.S_TIME_MS]
    s[M.S_MAG_LOST] = 1.0 if in_gap(p[M.P_FAIL_MAG], now) else 0.0
    s[M.S_BARO_LOST] = 1.0 if in_gap(p[M.P_FAIL_BARO], now) else 0.0
    rng[3] = rng[3] + GAMMA
    r = draw(rng[3])
    a, b, c = table[r & MASK], table[(r >> S10) & MASK], table[(r >> S20) & MASK]
    d, e, f = table[(r >> S30B) & MASK], table[(r >> S40) & MASK], table[(r >> S50) & MASK]
    fail_axes(s, p[M.P_FAIL_GYRO], GYRO, GYRO_WRONG, (GYRO_GARBAGE * a, GYRO_GARBAGE * b, GYRO_GARBAGE * c))
    fail_axes(s, p[M.P_FAIL_ACC], ACC, ACC_WRONG, (ACC_GARBAGE * d, ACC_GARBAGE * e, ACC_GARBAGE * f))


@jit
def fail_axes(s: L.Row, failure: float, sensor: tuple[int, int, int, int, int], wrong: float, garbage: Vector) -> None:
    """Fail a sensor with three axes. `sensor` is `GYRO` or `ACC`, `wrong` is the error of FAILURE_WRONG on each axis,
    `garbage` is the noise of this tick."""
    on, shown, lost, old, sample = sensor
    now = s[L.S_TIME_MS]
    s[on], s[lost] = 1.0, 0.0
    s[shown], s[shown + 1], s[shown + 2] = 0.0, 0.0, 0.0
    if failure == M.FAILURE_GARBAGE:
        s[shown], s[shown + 1], s[shown + 2] = garbage
    elif failure == M.FAILURE_WRONG:
        s[shown], s[shown + 1], s[shown + 2] = wrong, wrong, wrong
    elif failure == M.FAILURE_OFF or (failure == M.FAILURE_INTERMITTENT and now % INERTIAL_EVERY_MS < INERTIAL_GAP_MS):
        s[on], s[lost] = 0.0, 1.0
    elif failure == M.FAILURE_STUCK or (failure == M.FAILURE_SLOW and now % SLOW_INERTIAL_MS > 0.0):
        if failure == M.FAILURE_SLOW and now % SLOW_INERTIAL_MS == L.TICK_MS:  # the tick after it had a true sample
            for i in range(3):
                s[old + i] = s[sample + i]
        s[on] = 0.0
        for i in range(3):
            s[shown + i] = s[old + i]


@jit
def spoil_gps(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Apply the failure to the new fix: place and velocity."""
    failure = p[M.P_FAIL_GPS]
    if failure == M.FAILURE_STUCK:
        for i in range(6):
            s[M.S_GPS_N + i] = s[M.S_GPS_OLD + i]
    elif failure == M.FAILURE_GARBAGE:
        rng[2] = rng[2] + GAMMA
        r = draw(rng[2])
        s[M.S_GPS_N] += GPS_GARBAGE * table[r & MASK]
        s[M.S_GPS_E] += GPS_GARBAGE * table[(r >> S10) & MASK]
        s[M.S_GPS_D] += GPS_GARBAGE * table[(r >> S20) & MASK]
        s[M.S_GPS_VN] += SPEED_GARBAGE * table[(r >> S30B) & MASK]
        s[M.S_GPS_VE] += SPEED_GARBAGE * table[(r >> S40) & MASK]
        s[M.S_GPS_VD] += SPEED_GARBAGE * table[(r >> S50) & MASK]
    elif failure == M.FAILURE_DELAYED:
        shift(s, M.S_GPS_OLD, M.GPS_SLOTS, M.S_GPS_N, 6)


@jit
def jam_gps(s: L.Row, rng: Any, table: Any) -> None:
    """Replace the fix by that of a jammed receiver: no fix at first, then rare fixes with a wandering place and a
    random velocity (ArduPilot's SIM_GPS.cpp, simulate_jamming). The receiver reports that its fixes are useless, so the
    estimator uses none."""
    now = s[L.S_TIME_MS]
    if s[M.S_JAM_MS] == 0.0:
        s[M.S_JAM_MS], s[M.S_JAM_N], s[M.S_JAM_E] = now, s[M.S_GPS_N], s[M.S_GPS_E]
    rng[2] = rng[2] + GAMMA
    r = draw(rng[2])
    s[M.S_GPS_FIX] = 1.0
    if now - s[M.S_JAM_MS] < JAM_BLIND_MS or table[r & MASK] > 0.0:
        return
    s[M.S_JAM_N] += JAM_WALK * table[(r >> S10) & MASK]
    s[M.S_JAM_E] += JAM_WALK * table[(r >> S20) & MASK]
    s[M.S_GPS_N], s[M.S_GPS_E] = s[M.S_JAM_N], s[M.S_JAM_E]
    s[M.S_GPS_VN] = JAM_SPEED * table[(r >> S30B) & MASK]
    s[M.S_GPS_VE] = JAM_SPEED * table[(r >> S40) & MASK]
    s[M.S_GPS_VD] = JAM_SPEED * table[(r >> S50) & MASK]
    s[M.S_GPS_FIX] = 3.0


@jit
def spoil_mag(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Apply the failure to the new field."""
    failure = p[M.P_FAIL_MAG]
    if failure == M.FAILURE_STUCK:
        for i in range(3):
            s[M.S_MAG_X + i] = s[M.S_MAG_OLD + i]
    elif failure == M.FAILURE_GARBAGE:
        rng[3] = rng[3] + GAMMA
        r = draw(rng[3])
        s[M.S_MAG_X] += MAG_GARBAGE * table[r & MASK]
        s[M.S_MAG_Y] += MAG_GARBAGE * table[(r >> S10) & MASK]
        s[M.S_MAG_Z] += MAG_GARBAGE * table[(r >> S20) & MASK]
    elif failure == M.FAILURE_WRONG:
        s[M.S_MAG_X] += MAG_WRONG
    elif failure == M.FAILURE_SLOW:
        s[M.S_MAG_NEXT] = s[L.S_TIME_MS] + SLOW_PERIOD_MS
    elif failure == M.FAILURE_DELAYED:
        shift(s, M.S_MAG_OLD, M.MAG_SLOTS, M.S_MAG_X, 3)


@jit
def spoil_baro(s: L.Row, p: L.Row, rng: Any, table: Any) -> float:
    """Apply the failure to the new height; returns NED down, m."""
    failure = p[M.P_FAIL_BARO]
    now = s[L.S_TIME_MS]
    if failure == M.FAILURE_GARBAGE:
        rng[3] = rng[3] + GAMMA
        s[M.S_BARO_ALT] += BARO_GARBAGE * table[draw(rng[3]) & MASK]
    elif failure == M.FAILURE_STUCK:
        s[M.S_BARO_ALT] = s[M.S_BARO_SHOWN]
    elif failure == M.FAILURE_SLOW:
        if now % SLOW_PERIOD_MS == 0.0:
            s[M.S_BARO_SHOWN] = s[M.S_BARO_ALT]
        s[M.S_BARO_ALT] = s[M.S_BARO_SHOWN]
    elif failure == M.FAILURE_DELAYED:
        if now % BARO_STEP_MS == 0.0:
            shift(s, M.S_BARO_OLD, M.BARO_SLOTS, M.S_BARO_ALT, 1)
            s[M.S_BARO_SHOWN] = s[M.S_BARO_ALT]
        s[M.S_BARO_ALT] = s[M.S_BARO_SHOWN]
    return -s[M.S_BARO_ALT]


@jit
def shift(s: L.Row, old: int, slots: int, sample: int, size: int) -> None:
    """Delay a sample: push it into a queue, and replace it by the sample of `slots` samples ago."""
    for i in range(size):
        out = s[old + i]
        for k in range(slots - 1):
            s[old + k * size + i] = s[old + (k + 1) * size + i]
        s[old + (slots - 1) * size + i] = s[sample + i]
        s[sample + i] = out
