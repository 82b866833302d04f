"""Flying by hand and by angles: pilot modes and attitude targets (50 Hz).

Angles, rates and thrust go to the attitude controller directly; the reference is carried with the vehicle, so that the
next target begins where the vehicle is.
"""

from __future__ import annotations

from math import cos, sin

from autopilot.control import layout as L
from autopilot.control.attitude import from_euler, limit
from autopilot.control.heading import wrap, yaw_of
from autopilot.control.jit import jit
from autopilot.control.position import control_height, fly_reference, set_thrust
from autopilot.control.reference import follow_vehicle, shape

STABILIZE, ALT_HOLD, LOITER, MANUAL, STEERING, ACRO = range(6)


@jit
def climb(s: L.Row, p: L.Row, rate: float) -> None:
    """Move only the height of the reference, at `rate` m/s upwards; the rest goes with the vehicle."""
    d, vd, ad = s[L.RPD], s[L.RVD], s[L.RAD]
    follow_vehicle(s)
    s[L.RPD], s[L.RVD], s[L.RAD] = d, vd, ad
    if s[L.RPD] - s[L.EPD] > 1.0:
        s[L.RPD] = s[L.EPD] + 1.0
    if s[L.RPD] - s[L.EPD] < -2.0:
        s[L.RPD] = s[L.EPD] - 2.0
    n, e = s[L.RVN], s[L.RVE]
    shape(s, n, e, -rate, p[L.ACCEL], p[L.STICK_ACCEL_Z], p[L.JERK], p[L.JERK_Z])
    s[L.RPN], s[L.RPE] = s[L.EPN], s[L.EPE]


@jit
def demand_angles(s: L.Row, roll: float, pitch: float, yaw: float, yaw_rate: float) -> None:
    """Give the attitude controller these angles, rad."""
    s[L.QT0], s[L.QT1], s[L.QT2], s[L.QT3] = from_euler(roll, pitch, yaw)
    s[L.YAW_FF] = yaw_rate
    s[L.RATE_MODE] = 0.0


@jit
def turn_heading(s: L.Row, p: L.Row, rate: float) -> None:
    """Turn the heading reference by hand, rad/s."""
    s[L.RYAW_RATE] += limit(rate - s[L.RYAW_RATE], p[L.YAW_ACCEL] * L.TICK)
    s[L.RYAW] = wrap(s[L.RYAW] + s[L.RYAW_RATE] * L.TICK)
    s[L.KEEP_YAW] = s[L.RYAW]


@jit
def fly_attitude(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Angles with a climb rate or a thrust; level and at rest in height when not renewed in time."""
    s[L.IVN], s[L.IVE] = 0.0, 0.0
    late = s[L.TIME_MS] - s[L.TARGET_MS] > t[L.T_TIMEOUT_MS]
    roll = 0.0 if late else t[L.T_ROLL]
    pitch = 0.0 if late else t[L.T_PITCH]
    if t[L.T_USE_RATE] == 1.0:
        turn_heading(s, p, 0.0 if late else t[L.T_YAW_RATE])
    else:
        turn_heading(s, p, limit(3.0 * wrap(t[L.T_YAW] - s[L.RYAW]), p[L.YAW_RATE]))
    demand_angles(s, roll, pitch, s[L.RYAW], s[L.RYAW_RATE])
    if t[L.T_BY_CLIMB] == 1.0 or late:
        climb(s, p, 0.0 if late else limit(t[L.T_CLIMB], max(p[L.SPEED_UP], p[L.SPEED_DOWN])))
        set_thrust(s, p, control_height(s, p), s[L.ER + 8])
    else:
        follow_vehicle(s)
        s[L.THRUST] = min(max(t[L.T_THRUST], 0.0), 1.0)


@jit
def climb_stick(p: L.Row) -> float:
    """Climb rate of the throttle stick, m/s, with ArduPilot's dead zone of a tenth about the middle."""
    x = p[L.STICK_T] - 0.5
    if x > 0.05:
        return (x - 0.05) / 0.45 * p[L.STICK_UP]
    if x < -0.05:
        return (x + 0.05) / 0.45 * p[L.STICK_DN]
    return 0.0


@jit
def throttle(s: L.Row, p: L.Row) -> float:
    """Collective of the throttle stick: the middle hovers."""
    x = min(max(p[L.STICK_T], 0.0), 1.0)
    if x < 0.5:
        return 2.0 * x * s[L.HOVER]
    return s[L.HOVER] + (2.0 * x - 1.0) * (0.95 - s[L.HOVER])


@jit
def fly_sticks(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Pilot modes. Pitch stick forward is positive and flies forward (nose down)."""
    kind = t[L.T_STICKS]
    yaw_rate = p[L.STICK_Y] * p[L.STICK_YAW_RATE]
    if kind == ACRO:
        follow_vehicle(s)
        s[L.RYAW] = yaw_of(s)
        s[L.KEEP_YAW] = s[L.RYAW]
        s[L.RYAW_RATE] = 0.0
        s[L.RATE_MODE] = 1.0
        s[L.RDX] = p[L.STICK_R] * p[L.ACRO_RATE]
        s[L.RDY] = -p[L.STICK_P] * p[L.ACRO_RATE]
        s[L.RDZ] = p[L.STICK_Y] * p[L.ACRO_YAW_RATE]
        s[L.THRUST] = throttle(s, p)
        return
    turn_heading(s, p, yaw_rate)
    if kind == LOITER and s[L.POS_OK] == 1.0:
        c, sn = cos(s[L.RYAW]), sin(s[L.RYAW])
        x, y = p[L.STICK_P] * p[L.LOITER_SPEED], p[L.STICK_R] * p[L.LOITER_SPEED]
        if s[L.RPD] - s[L.EPD] > 1.0:
            s[L.RPD] = s[L.EPD] + 1.0
        shape(
            s,
            c * x - sn * y,
            sn * x + c * y,
            -climb_stick(p),
            p[L.LOITER_ACCEL],
            p[L.STICK_ACCEL_Z],
            p[L.JERK],
            p[L.JERK_Z],
        )
        fly_reference(s, p)
        return
    s[L.IVN], s[L.IVE] = 0.0, 0.0
    roll = p[L.STICK_R] * p[L.STICK_LEAN]
    pitch = -p[L.STICK_P] * p[L.STICK_LEAN]
    demand_angles(s, roll, pitch, s[L.RYAW], s[L.RYAW_RATE])
    if kind == STABILIZE:
        follow_vehicle(s)
        s[L.THRUST] = throttle(s, p)
    else:
        climb(s, p, climb_stick(p))
        set_thrust(s, p, control_height(s, p), s[L.ER + 8])
