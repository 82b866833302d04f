"""Failures of sensors (MAVLink's FAILURE_TYPE), sample by sample. Nothing runs, and no noise is drawn, while all
work.

A failure is `P_FAIL_...`; whoever sets it fills the sensor's `S_..._OLD` with its latest sample. How much each is:
docs/failures.md.
"""

from __future__ import annotations

from typing import Any

from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from sitl.kernel import layout as M
from sitl.kernel.noise import GAMMA, MASK, S10, S20, S30B, S40, S50, draw

#: A slow sensor's period, ms: of GPS, barometer and compass; of the inertial ones.
SLOW_PERIOD_MS, SLOW_INERTIAL_MS = 1000.0, 100.0
#: An intermittent sensor is silent for the first so many ms of every so many.
GAP_MS, EVERY_MS = 2000.0, 4000.0
INERTIAL_GAP_MS, INERTIAL_EVERY_MS = 100.0, 1000.0

#: Standard deviation of garbage: rad/s, m/s2; m, m/s; gauss; m.
GYRO_GARBAGE, ACC_GARBAGE = 1.0, 5.0
GPS_GARBAGE, SPEED_GARBAGE, MAG_GARBAGE, BARO_GARBAGE = 30.0, 5.0, 0.5, 10.0
#: A jammed receiver: without any fix at first, ms; between two fixes m, and their speeds m/s (standard deviations).
JAM_BLIND_MS, JAM_WALK, JAM_SPEED = 3000.0, 70.0, 150.0
#: What a wrong sensor adds: rad/s and m/s2 about and along each axis, gauss to the nose.
GYRO_WRONG, ACC_WRONG, MAG_WRONG = 0.2, 2.0, 0.3
#: Time between the barometer's samples that a delay keeps, ms.
BARO_STEP_MS = 100.0


@jit
def in_gap(failure: float, now: float) -> bool:
    """True while a GPS, barometer or compass that fails so says nothing."""
    return failure == M.FAILURE_OFF or (failure == M.FAILURE_INTERMITTENT and now % EVERY_MS < GAP_MS)


@jit
def fail_inertial(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """Fail the gyros and accelerometers of the next tick, and set which of all sensors are silent."""
    now = s[L.S_TIME_MS]
    s[M.S_MAG_LOST] = 1.0 if in_gap(p[M.P_FAIL_MAG], now) else 0.0
    s[M.S_BARO_LOST] = 1.0 if in_gap(p[M.P_FAIL_BARO], now) else 0.0
    rng[3] = rng[3] + GAMMA
    r = draw(rng[3])
    a, b, c = table[r & MASK], table[(r >> S10) & MASK], table[(r >> S20) & MASK]
    d, e, f = table[(r >> S30B) & MASK], table[(r >> S40) & MASK], table[(r >> S50) & MASK]
    fail_axes(
        s,
        p[M.P_FAIL_GYRO],
        M.S_GYRO_ON,
        M.S_GYRO_SHOWN,
        M.S_GYRO_LOST,
        M.S_GYRO_OLD,
        M.S_GYRO_X,
        GYRO_WRONG,
        GYRO_GARBAGE * a,
        GYRO_GARBAGE * b,
        GYRO_GARBAGE * c,
    )
    fail_axes(
        s,
        p[M.P_FAIL_ACC],
        M.S_ACC_ON,
        M.S_ACC_SHOWN,
        M.S_ACC_LOST,
        M.S_ACC_OLD,
        M.S_ACC_X,
        ACC_WRONG,
        ACC_GARBAGE * d,
        ACC_GARBAGE * e,
        ACC_GARBAGE * f,
    )


@jit
def fail_axes(
    s: L.Row,
    failure: float,
    on: int,
    shown: int,
    lost: int,
    old: int,
    sample: int,
    wrong: float,
    x: float,
    y: float,
    z: float,
) -> None:
    """Fail a sensor with three axes, by the places of its fields; x, y, z: its garbage of this tick."""
    now = s[L.S_TIME_MS]
    s[on], s[lost] = 1.0, 0.0
    s[shown], s[shown + 1], s[shown + 2] = 0.0, 0.0, 0.0
    if failure == M.FAILURE_GARBAGE:
        s[shown], s[shown + 1], s[shown + 2] = x, y, z
    elif failure == M.FAILURE_WRONG:
        s[shown], s[shown + 1], s[shown + 2] = wrong, wrong, wrong
    elif failure == M.FAILURE_OFF or (failure == M.FAILURE_INTERMITTENT and now % INERTIAL_EVERY_MS < INERTIAL_GAP_MS):
        s[on], s[lost] = 0.0, 1.0
    elif failure == M.FAILURE_STUCK or (failure == M.FAILURE_SLOW and now % SLOW_INERTIAL_MS > 0.0):
        if failure == M.FAILURE_SLOW and now % SLOW_INERTIAL_MS == L.TICK_MS:  # the tick behind it had a true sample
            for i in range(3):
                s[old + i] = s[sample + i]
        s[on] = 0.0
        for i in range(3):
            s[shown + i] = s[old + i]


@jit
def spoil_gps(s: L.Row, p: L.Row, rng: Any, table: Any) -> None:
    """The fix that has just come: place and velocity."""
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
    """A jammed receiver: no fix at first, then one now and then, whose place walks off and whose velocity is
    anything (ArduPilot's SIM_GPS.cpp, simulate_jamming). It says itself that it is useless, so none is used."""
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
    """The field that has just been read."""
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
    """The height that has just been read; NED down, m."""
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
    """A sample goes in, that of `slots` samples ago comes out."""
    for i in range(size):
        out = s[old + i]
        for k in range(slots - 1):
            s[old + k * size + i] = s[old + (k + 1) * size + i]
        s[old + (slots - 1) * size + i] = s[sample + i]
        s[sample + i] = out
