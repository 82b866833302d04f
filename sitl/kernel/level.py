"""Bodies that stand level on ground or water: their truth in the common form, their wind vane, their report."""

from __future__ import annotations

from math import sqrt

from autopilot.control.attitude import limit
from autopilot.control.rover_steering import motor_throttle
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.marks import inline, jit
from sitl.kernel import layout as M
from sitl.kernel.imu import obeys
from sitl.kernel.reporting import cut_pulses, fill_common

#: The wind vane: averaging time, and the share of the free wind at its height (`blow` at height 0).
WIND_MEMORY_S = 2.0
MAST_SHARE = 0.5


@jit
def place_body(s: L.Row, u: float, v: float, r: float, c: float, sn: float) -> None:
    """Write the truth in the form that sensors and report share with the copter: NED velocity, quaternion, rates."""
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
def turn_level(c: float, sn: float, angle: float) -> tuple[float, float]:
    """Cosine and sine of the heading after a turn by a small `angle`, rad: first order in the angle, then one Newton
    step back to unit length."""
    c, sn = c - angle * sn, sn + angle * c
    unit = 1.5 - 0.5 * (c * c + sn * sn)
    return c * unit, sn * unit


@inline
def read_vane(s: L.Row) -> None:
    """Read the wind from the vane on the mast."""
    s[L.S_WEN] += (L.TICK / WIND_MEMORY_S) * (s[M.S_WIND_N] / MAST_SHARE - s[L.S_WEN])
    s[L.S_WEE] += (L.TICK / WIND_MEMORY_S) * (s[M.S_WIND_E] / MAST_SHARE - s[L.S_WEE])


@jit
def driven_throttle(s: L.Row, p: L.Row) -> float:
    """Throttle of the motor, -1 .. 1, from a motor test or from the guidance."""
    return p[M.P_TEST_1] if p[M.P_TEST_1] != 0.0 else motor_throttle(s, p)


@jit
def driven_wheel(s: L.Row, p: L.Row) -> float:
    """Angle of the wheels or the rudder, rad, from a motor test or from the guidance."""
    return p[M.P_TEST_2] * p[L.P_WHEEL_MAX] if p[M.P_TEST_2] != 0.0 else s[L.S_WHEEL]


@inline
def move_outputs(s: L.Row, p: L.Row, steps: int) -> tuple[float, float]:
    """Throttle -1 .. 1 and angle of the wheels or the rudder, rad, in a tick. The servo moves once in a tick, because
    its pulses come at that rate."""
    throttle = driven_throttle(s, p) * s[L.S_ARMED] if obeys(s, p, steps) else 0.0
    limited = limit(driven_wheel(s, p) - s[M.S_WHEEL_TRUE], p[M.P_SERVO_RATE] * p[M.P_DT] * steps)
    s[M.S_WHEEL_TRUE] += limited
    return throttle, s[M.S_WHEEL_TRUE]


@jit
def fill_driven(s: L.Row, p: L.Row, t: L.Row, r: L.Row) -> None:
    """Fill the whole report of one rover or boat. Values that it does not have (range finder, height error, lean) stay
    0."""
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
