"""Legs and climbs as PX4 flies them: `lib/motion_planning` (PositionSmoothing, TrajectoryConstraints, TrajMath) and
`FlightTaskAuto` of PX4 1.16, from their descriptions there.

The reference goes straight to the end of its leg, as fast as it could still brake with a delay of twice the time in
which the acceleration builds up, down to the corner speed. That is the speed on a circle that touches both legs at the
acceptance radius from the corner, at a share of the acceleration (MPC_XY_TRAJ_P). While it turns towards its leg it
aims at a point of the line, and is no faster than before the turn. It waits for a lagging vehicle. A leg is flown
within the radius (horizontal) and NAV_MC_ALT_RAD (vertical), and the next begins there.

A climb from the ground is slower below MPC_LAND_ALT1. It begins when the ramp of its speed limit (MPC_TKO_RAMP_T) has
risen to zero.
"""

from __future__ import annotations

from math import sqrt

from autopilot.control.reference import SHAPE, move
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import acos, tan

#: Shortest distance at which a turning reference aims at a point of its line, m.
AIM = 5.0
#: Turning: speed above this, m/s, and cosine of the angle to the end below this.
TURNING_SPEED, TURNING_COS = 0.2, 0.98
#: Distance below which two places are the same, m.
SAME = 0.001
#: Limit of one axis below which it does not slow down the other, m/s.
SLOW = 0.5
WIDEST = 3.14159


@jit
def braking_speed(jerk: float, accel: float, left: float, last: float) -> float:
    """Speed, m/s, from which it can brake to `last` within `left` m."""
    b = 4.0 * accel * accel / jerk
    return max(0.5 * (-b + sqrt(b * b + 4.0 * (2.0 * accel * left + last * last))), last)


@jit
def corner_speed(accel: float, radius: float, un: float, ue: float, wn: float, we: float) -> float:
    """Speed, m/s, round the corner between two lines that leave it in these directions (unit vectors)."""
    angle = acos(min(max(un * wn + ue * we, -1.0), 1.0))
    return sqrt(accel * radius * tan(0.5 * min(angle, WIDEST)))


@jit
def unit(n: float, e: float) -> tuple[float, float, float]:
    """Direction and length; zeros for a zero vector."""
    size = sqrt(n * n + e * e)
    return (n / size, e / size, size) if size > 1e-6 else (0.0, 0.0, size)


@jit
def way_speed(s: L.Row, p: L.Row, t: L.Row) -> float:
    """Allowed horizontal speed at the present place, m/s."""
    accel, jerk, fastest = p[L.P_SMOOTH_ACCEL], p[L.P_SMOOTH_JERK], p[L.P_SPEED_GROUND]
    bn, be, left = unit(s[L.S_RPN] - t[L.T_END_N], s[L.S_RPE] - t[L.T_END_E])
    last = 0.0
    if t[L.T_HAS_NEXT] == 1.0:
        wn, we, onward = unit(t[L.T_NEXT_N] - t[L.T_END_N], t[L.T_NEXT_E] - t[L.T_END_E])
        if onward > SAME and onward >= t[L.T_RADIUS]:
            last = corner_speed(p[L.P_SMOOTH] * accel, t[L.T_RADIUS], bn, be, wn, we)
            last = min(last, braking_speed(jerk, accel, onward, 0.0), fastest)
    return min(fastest, braking_speed(jerk, accel, left, last))


@jit
def height_speed(s: L.Row, p: L.Row, t: L.Row, accel: float, fastest: float) -> float:
    """Vertical speed, m/s. Where the slope changes, the reference continues by the angle between the two slopes; PX4
    counts their horizontal distance from the origin."""
    last = 0.0
    if t[L.T_HAS_NEXT] == 1.0 and abs(t[L.T_NEXT_D] - t[L.T_END_D]) > SAME:
        end = sqrt(t[L.T_END_N] * t[L.T_END_N] + t[L.T_END_E] * t[L.T_END_E])
        here = sqrt(s[L.S_RPN] * s[L.S_RPN] + s[L.S_RPE] * s[L.S_RPE])
        onward = sqrt(t[L.T_NEXT_N] * t[L.T_NEXT_N] + t[L.T_NEXT_E] * t[L.T_NEXT_E])
        un, ud, _ = unit(end - here, t[L.T_END_D] - s[L.S_RPD])
        wn, wd, _ = unit(end - onward, t[L.T_END_D] - t[L.T_NEXT_D])
        last = min(corner_speed(accel, p[L.P_SMOOTH_NEAR], un, ud, wn, wd), fastest)
    return min(fastest, braking_speed(p[L.P_SMOOTH_JERK], accel, abs(t[L.T_END_D] - s[L.S_RPD]), last))


@jit
def turns(s: L.Row, t: L.Row) -> bool:
    """True while the reference does not fly towards the end yet."""
    un, ue, speed = unit(s[L.S_RVN], s[L.S_RVE])
    wn, we, left = unit(t[L.T_END_N] - s[L.S_RPN], t[L.T_END_E] - s[L.S_RPE])
    return speed > TURNING_SPEED and un * wn + ue * we < TURNING_COS and left > t[L.T_RADIUS]


@jit
def aim(s: L.Row, t: L.Row) -> tuple[float, float, float]:
    """Point of the leg to which a turning reference flies."""
    along = 0.0
    for i in range(3):
        along += (s[L.S_RPN + i] - s[L.S_A_N + i]) * s[L.S_U_N + i]
    off = 0.0
    for i in range(3):
        aside = s[L.S_RPN + i] - s[L.S_A_N + i] - along * s[L.S_U_N + i]
        off += aside * aside
    ahead = max(t[L.T_RADIUS], AIM)
    along += sqrt(max(ahead * ahead - off, 0.0))
    return (s[L.S_A_N] + along * s[L.S_U_N], s[L.S_A_E] + along * s[L.S_U_E], s[L.S_A_D] + along * s[L.S_U_D])


@jit
def pace(s: L.Row, p: L.Row) -> float:
    """Share of the time that passes for the reference while the vehicle lags (MPC_XY_ERR_MAX)."""
    n, e = s[L.S_RPN] - s[L.S_EPN], s[L.S_RPE] - s[L.S_EPE]
    if p[L.P_SMOOTH_ERROR] <= 0.0 or n * s[L.S_RVN] + e * s[L.S_RVE] < 0.0:
        return 1.0
    return 1.0 - min(sqrt(n * n + e * e) / p[L.P_SMOOTH_ERROR], 1.0)


@jit
def follow(s: L.Row, p: L.Row, n: float, e: float, d: float, accel_z: float) -> None:
    """Move the reference towards this velocity."""
    jerk = p[L.P_SMOOTH_JERK]
    move(s, n, e, d, p[L.P_SMOOTH_ACCEL], accel_z, jerk, jerk, SHAPE, SHAPE, L.TICK * pace(s, p))


@jit
def fly_leg_smoothly(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """Fly one tick of the leg; True when it is flown."""
    up = t[L.T_END_D] < s[L.S_RPD]
    accel_z = p[L.P_SMOOTH_UP] if up else p[L.P_SMOOTH_DOWN]
    fast, rate = way_speed(s, p, t), height_speed(s, p, t, accel_z, p[L.P_SPEED_UP] if up else p[L.P_SPEED_DOWN])
    to_n, to_e, to_d = t[L.T_END_N], t[L.T_END_E], t[L.T_END_D]
    if turns(s, t):
        fast = min(s[L.S_WAY_SPEED], fast)
        if s[L.S_LENGTH] > 0.01:
            to_n, to_e, to_d = aim(s, t)
    else:
        s[L.S_WAY_SPEED] = fast
    n, e, d = to_n - s[L.S_RPN], to_e - s[L.S_RPE], to_d - s[L.S_RPD]
    size = sqrt(n * n + e * e + d * d)
    share = sqrt(fast * fast + rate * rate) / size if size > 1e-6 else 0.0
    n, e, d = share * n, share * e, share * d
    level = sqrt(n * n + e * e)
    if level > fast:
        share = fast / level
        n, e = share * n, share * e
        if fast >= SLOW or level >= SLOW:
            d *= share
    if abs(d) > rate:
        share = rate / abs(d)
        d *= share
        if rate >= SLOW or abs(d) >= SLOW:
            n, e = share * n, share * e
    follow(s, p, n, e, d, accel_z)
    return is_flown(s, p, t)


@jit
def is_flown(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """True within the horizontal radius and the vertical tolerance."""
    n, e, d = s[L.S_EPN] - t[L.T_END_N], s[L.S_EPE] - t[L.T_END_E], s[L.S_EPD] - t[L.T_END_D]
    return n * n + e * e <= t[L.T_RADIUS] * t[L.T_RADIUS] and abs(d) <= p[L.P_SMOOTH_NEAR]


@jit
def climb_smoothly(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """Fly one tick straight up; True when the height is reached. Near the ground the reference does not run ahead."""
    up = t[L.T_END_D] < s[L.S_RPD]
    accel, fastest = (p[L.P_SMOOTH_UP], p[L.P_SPEED_UP]) if up else (p[L.P_SMOOTH_DOWN], p[L.P_SPEED_DOWN])
    if up and s[L.S_LIFT_D] - s[L.S_EPD] < p[L.P_SLOW_CLIMB_TO]:
        accel, fastest = min(accel, p[L.P_SLOW_CLIMB_ACCEL]), p[L.P_SLOW_CLIMB]
    rate = height_speed(s, p, t, accel, fastest)
    follow(s, p, 0.0, 0.0, -rate if up else rate, accel)
    return s[L.S_AIR] == 1.0 and abs(t[L.T_END_D] - s[L.S_EPD]) <= p[L.P_SMOOTH_NEAR]
