"""Bodies that stand level on the ground or on water: their truth in the common form, their vane, their report."""

from __future__ import annotations

from math import sqrt

from autopilot.control.rover_steering import motor_throttle
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.marks import inline, jit
from sitl.kernel import layout as M
from sitl.kernel.reporting import cut_pulses, fill_common

#: The wind vane: how long it averages, and the share of the free wind that blows on it (`blow` at height 0).
WIND_MEMORY_S = 2.0
MAST_SHARE = 0.5


@jit
def place_body(s: L.Row, u: float, v: float, r: float, c: float, sn: float) -> None:
    """The truth in the form that sensors and report share with the copter: NED velocity, quaternion, rates."""
    s[M.S_VN], s[M.S_VE], s[M.S_VD] = u * c - v * sn, u * sn + v * c, 0.0
    s[M.S_WX], s[M.S_WY], s[M.S_WZ] = 0.0, 0.0, r
    # half angle from the cosine; near half a turn from the sine
    if c > -0.5:
        half = sqrt(0.5 * (1.0 + c))
        s[M.S_Q0], s[M.S_Q3] = half, 0.5 * sn / half
    else:
        half = sqrt(0.5 * (1.0 - c))
        s[M.S_Q0], s[M.S_Q3] = 0.5 * sn / half, half
    s[M.S_Q1], s[M.S_Q2] = 0.0, 0.0


@inline
def read_vane(s: L.Row) -> None:
    """The wind by the vane on the mast."""
    s[L.S_WEN] += (L.TICK / WIND_MEMORY_S) * (s[M.S_WIND_N] / MAST_SHARE - s[L.S_WEN])
    s[L.S_WEE] += (L.TICK / WIND_MEMORY_S) * (s[M.S_WIND_E] / MAST_SHARE - s[L.S_WEE])


@jit
def driven_throttle(s: L.Row, p: L.Row) -> float:
    """Throttle that the motor is given, -1 .. 1: a motor test's, or the guidance's."""
    return p[M.P_TEST_1] if p[M.P_TEST_1] != 0.0 else motor_throttle(s, p)


@jit
def driven_wheel(s: L.Row, p: L.Row) -> float:
    """Angle that the wheels or the rudder are given, rad, in the same way."""
    return p[M.P_TEST_2] * p[L.P_WHEEL_MAX] if p[M.P_TEST_2] != 0.0 else s[L.S_WHEEL]


@jit
def fill_driven(s: L.Row, p: L.Row, t: L.Row, r: L.Row) -> None:
    """The whole vector of one vehicle that drives. What it has not (range finder, height error, lean) stays 0."""
    fill_common(s, p, t, r)
    speed = s[L.S_EVN] * s[L.S_EVN] + s[L.S_EVE] * s[L.S_EVE]
    r[R.TRUE_CONTACT] = 1.0
    r[R.STOPPED] = 1.0 if speed < 0.01 else 0.0
    r[R.THROTTLE] = abs(s[L.S_THROTTLE])
    r[R.SERVO_1] = 1500.0 + 500.0 * driven_wheel(s, p) / p[L.P_WHEEL_MAX]
    r[R.SERVO_1 + 2] = 1500.0 + 500.0 * driven_throttle(s, p)
    cut_pulses(p, r)
    r[R.WANT_R] = s[L.S_RATE_REF]
    r[R.WANT_VN] = s[L.S_SPEED_REF] * s[L.S_ER]
    r[R.WANT_VE] = s[L.S_SPEED_REF] * s[L.S_ER + 3]
