"""Guidance along straight legs: set-up, velocity field, corners, and the end of a leg.

At a corner without a stop, the field of the next leg takes over early. If two lines meet at the angle `theta`, a turn
at constant speed v and acceleration a passes the corner at the distance v^2 sin^2(theta/2) / (2 a). So the corner speed
follows from the allowed distance (half the acceptance radius; the rest is left for wind and estimate).
"""

from __future__ import annotations

from math import sqrt

from autopilot.control.curves import leg_limits
from autopilot.control.reference import SHAPE, approach, leash, move, overspeed_gain, shape_within
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import atan2

#: Gains of the field, 1/s: along the leg at its end, and across it.
ALONG_GAIN = 1.0
ACROSS_GAIN = 1.6
ACROSS_SHARE = 0.7
#: Share of the acceleration limit for the braking curve; the rest is for jerk and corrections.
BRAKE_SHARE = 0.75
#: Share of the time in which acceleration builds up that is added to the turn.
BLEND_JERK = 0.5
#: Speed below which a leg begins at rest, m/s.
REST = 1.0
#: Speed below which the reference has come to rest at the end of its leg, m/s.
STOPS = 0.2


@jit
def begin_leg(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Set direction and length of the leg and of the next, corner speed and turning point."""
    if t[L.T_HAS_START] == 1.0:
        s[L.S_A_N], s[L.S_A_E], s[L.S_A_D] = t[L.T_START_N], t[L.T_START_E], t[L.T_START_D]
    else:
        s[L.S_A_N], s[L.S_A_E], s[L.S_A_D] = s[L.S_RPN], s[L.S_RPE], s[L.S_RPD]
    n = t[L.T_END_N] - s[L.S_A_N]
    e = t[L.T_END_E] - s[L.S_A_E]
    d = t[L.T_END_D] - s[L.S_A_D]
    size = sqrt(n * n + e * e + d * d)
    s[L.S_LENGTH] = size
    if size > 0.01:
        s[L.S_U_N], s[L.S_U_E], s[L.S_U_D] = n / size, e / size, d / size
    else:
        s[L.S_U_N], s[L.S_U_E], s[L.S_U_D] = 0.0, 0.0, 0.0
    s[L.S_LEG_YAW] = atan2(e, n) if n * n + e * e > 0.02 * d * d else s[L.S_RYAW]
    slow = s[L.S_RVN] * s[L.S_RVN] + s[L.S_RVE] * s[L.S_RVE] + s[L.S_RVD] * s[L.S_RVD] < REST * REST
    s[L.S_FROM_REST] = 1.0 if slow else 0.0
    s[L.S_CORNER] = 0.0
    s[L.S_PHASE] = 0.0
    if t[L.T_HAS_NEXT] == 1.0 and size > 0.01:
        begin_corner(s, p, t)


@jit
def begin_corner(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Set corner speed and blend distance towards the next leg."""
    n = t[L.T_NEXT_N] - t[L.T_END_N]
    e = t[L.T_NEXT_E] - t[L.T_END_E]
    d = t[L.T_NEXT_D] - t[L.T_END_D]
    size = sqrt(n * n + e * e + d * d)
    s[L.S_W_LENGTH] = size
    if size < 0.01:
        return
    s[L.S_W_N], s[L.S_W_E], s[L.S_W_D] = n / size, e / size, d / size
    s[L.S_NEXT_YAW] = atan2(e, n) if n * n + e * e > 0.02 * d * d else s[L.S_LEG_YAW]
    cosine = s[L.S_U_N] * s[L.S_W_N] + s[L.S_U_E] * s[L.S_W_E] + s[L.S_U_D] * s[L.S_W_D]
    half = sqrt(max(0.5 * (1.0 - cosine), 0.0))  # sin(theta / 2)
    aside = 0.45 * t[L.T_RADIUS]
    accel = p[L.P_ACCEL_CORNER]
    if abs(s[L.S_U_D] - s[L.S_W_D]) > 0.1:
        accel = min(accel, p[L.P_ACCEL_Z] / abs(s[L.S_U_D] - s[L.S_W_D]))
    speed = p[L.P_SPEED_GROUND] + p[L.P_SPEED_UP]
    if half > 0.02:
        speed = min(speed, sqrt(2.0 * accel * aside) / half)
    speed = min(speed, sqrt(p[L.P_ACCEL] * size))  # slow enough to stop on a short next leg
    s[L.S_CORNER] = speed
    # constant acceleration turns within v^2 sin(theta/2) / a of the corner; jerk needs a little more
    s[L.S_BLEND] = min(speed * half * (speed / accel + BLEND_JERK * accel / p[L.P_JERK]), 0.5 * s[L.S_LENGTH])


@jit
def fly_leg(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Fly one tick along the leg, or, after the corner has begun, along the next."""
    share = leash(s) * (1.0 - s[L.S_HELD_BACK])
    if s[L.S_PHASE] == 0.0:
        rn, re, rd = s[L.S_RPN] - s[L.S_A_N], s[L.S_RPE] - s[L.S_A_E], s[L.S_RPD] - s[L.S_A_D]
        left = s[L.S_LENGTH] - (rn * s[L.S_U_N] + re * s[L.S_U_E] + rd * s[L.S_U_D])
        if s[L.S_CORNER] > 0.0 and left <= s[L.S_BLEND]:
            s[L.S_PHASE] = 1.0
        length = s[L.S_LENGTH] - s[L.S_BLEND] if s[L.S_CORNER] > 0.0 else s[L.S_LENGTH]
        field(
            s, p, s[L.S_A_N], s[L.S_A_E], s[L.S_A_D], s[L.S_U_N], s[L.S_U_E], s[L.S_U_D], length, s[L.S_CORNER], share
        )
    else:
        field(
            s,
            p,
            t[L.T_END_N],
            t[L.T_END_E],
            t[L.T_END_D],
            s[L.S_W_N],
            s[L.S_W_E],
            s[L.S_W_D],
            s[L.S_W_LENGTH],
            0.0,
            share,
        )


@jit
def field(
    s: L.Row,
    p: L.Row,
    an: float,
    ae: float,
    ad: float,
    un: float,
    ue: float,
    ud: float,
    length: float,
    last: float,
    share: float,
) -> None:
    """Move the reference along the line from (an, ae, ad) in direction u, and back onto it if it is beside it. At the
    end its speed is `last`."""
    rn, re, rd = s[L.S_RPN] - an, s[L.S_RPE] - ae, s[L.S_RPD] - ad
    along = rn * un + re * ue + rd * ud
    left = length - along
    horizontal = sqrt(un * un + ue * ue)
    fastest, accel = leg_limits(p, horizontal, ud)
    brake = BRAKE_SHARE * accel
    v = s[L.S_RVN] * un + s[L.S_RVE] * ue + s[L.S_RVD] * ud
    # sideways error and velocity across the line
    pn, pe, pd = rn - along * un, re - along * ue, rd - along * ud
    side_n, side_e = s[L.S_RVN] - v * un, s[L.S_RVE] - v * ue
    turning = sqrt(side_n * side_n + side_e * side_e)
    if last > 0.0:
        speed = sqrt(last * last + 2.0 * brake * max(left, 0.0))
        feed = -brake if speed < fastest else 0.0
    elif left >= 0.0:
        speed = approach(left, ALONG_GAIN, brake)
        feed = -brake if speed > brake / ALONG_GAIN else -ALONG_GAIN * v
        if speed >= fastest:
            feed = 0.0
    else:
        speed = -approach(-left, ALONG_GAIN, brake)
        feed = 0.0
    speed = min(speed, fastest)
    if v < speed:
        feed = 0.0
    if turning > 0.6:  # in a corner, turn first and speed up after
        speed = min(speed, max(v, turning))
    if s[L.S_FROM_REST] == 1.0 and v >= 0.0:  # the acceleration builds up by WPNAV_JERK, like ArduPilot's S-curves
        ahead = max(s[L.S_RAN] * un + s[L.S_RAE] * ue + s[L.S_RAD] * ud, 0.0)
        aside_n, aside_e = s[L.S_RAN] - ahead * un, s[L.S_RAE] - ahead * ue
        aside = aside_n * aside_n + aside_e * aside_e
        grown = sqrt(ahead * ahead + aside) + p[L.P_LEG_JERK] * L.TICK
        speed = min(speed, v + sqrt(grown * grown - aside) / SHAPE)
    speed *= share
    off = sqrt(pn * pn + pe * pe)
    back = 0.0
    side = 0.0  # deceleration needed for the way back to the line
    limit = p[L.P_ACCEL]
    if off > 1e-6:
        limit = p[L.P_ACCEL_CORNER] if turning > 0.6 else p[L.P_ACCEL]
        plan = ACROSS_SHARE * limit
        rate = min(approach(off, ACROSS_GAIN, plan), p[L.P_SPEED_GROUND])
        back = -rate / off
        home = -(side_n * pn + side_e * pe) / off  # speed with which it already comes back
        if home > 0.0:
            side = min(plan, ACROSS_GAIN * home) / off * min(home / max(rate, 1e-3), 1.0)
    down = -approach(pd, ALONG_GAIN, p[L.P_ACCEL_Z]) if pd >= 0.0 else approach(-pd, ALONG_GAIN, p[L.P_ACCEL_Z])
    n = speed * un + back * pn
    e = speed * ue + back * pe
    size = sqrt(n * n + e * e)
    if size > p[L.P_SPEED_GROUND]:
        n *= p[L.P_SPEED_GROUND] / size
        e *= p[L.P_SPEED_GROUND] / size
    s[L.S_FF_N], s[L.S_FF_E], s[L.S_FF_D] = feed * un + side * pn, feed * ue + side * pe, feed * ud
    d = min(max(speed * ud + down, -p[L.P_SPEED_UP]), p[L.P_SPEED_DOWN])
    shape_within(s, p, n, e, d, limit, p[L.P_JERK])


@jit
def aim_at_end(s: L.Row, p: L.Row, t: L.Row) -> None:
    """Move the reference one tick straight towards the end from any motion, with the settings of stops, as ArduCopter's
    GUIDED does without bit 6 of GUID_OPTIONS (`AC_PosControl::input_pos_NEU_m`)."""
    n, e, d = t[L.T_END_N] - s[L.S_RPN], t[L.T_END_E] - s[L.S_RPE], t[L.T_END_D] - s[L.S_RPD]
    level, height = sqrt(n * n + e * e), abs(d)
    size = max(sqrt(level * level + height * height), 1e-6)
    above = overspeed_gain(s[L.S_RVD], p[L.P_SPEED_UP], p[L.P_SPEED_DOWN])
    accel, accel_z = p[L.P_STOP_ACCEL], above * p[L.P_STOP_ACCEL_Z]
    gain, gain_z = p[L.P_STOP_GAIN], p[L.P_STOP_GAIN_Z]
    fastest = leg_limits(p, level / size, d / size)[0] / size
    share = leash(s)
    speed = share * min(approach(level, 0.5 * gain, 0.5 * accel), fastest * level) / max(level, 1e-6)
    rate = share * min(approach(height, 0.5 * gain_z, 0.5 * accel_z), fastest * height) / max(height, 1e-6)
    jerk, jerk_z = p[L.P_STOP_JERK], above * p[L.P_STOP_JERK_Z]
    move(s, speed * n, speed * e, rate * d, accel, accel_z, jerk, jerk_z, gain, gain_z, L.TICK)


@jit
def leg_flown(s: L.Row, t: L.Row) -> bool:
    """True within the radius of the end (3-D), or beyond the plane through the end across the leg. For a stop: within
    the radius, and the reference at rest."""
    n, e, d = s[L.S_EPN] - t[L.T_END_N], s[L.S_EPE] - t[L.T_END_E], s[L.S_EPD] - t[L.T_END_D]
    near = n * n + e * e + d * d <= t[L.T_RADIUS] * t[L.T_RADIUS]
    if s[L.S_CORNER] == 0.0:
        v = s[L.S_RVN] * s[L.S_RVN] + s[L.S_RVE] * s[L.S_RVE] + s[L.S_RVD] * s[L.S_RVD]
        return near and v < STOPS * STOPS
    return near or (s[L.S_LENGTH] > 0.01 and n * s[L.S_U_N] + e * s[L.S_U_E] + d * s[L.S_U_D] >= 0.0)
