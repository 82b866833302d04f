"""Guidance along a smooth curve: a cubic Hermite segment from the start to the end of the leg.

Tangents follow ArduPilot's idea (SPLINE_WAYPOINT): at the end towards the next waypoint (straight leg) or parallel to
the line from start to next (another spline); at the start parallel to the line from the previous waypoint to the end.
The point of the curve nearest ahead of the reference is carried along as a parameter.
"""

from __future__ import annotations

from math import sqrt

from autopilot.control import layout as L
from autopilot.control.jit import jit
from autopilot.control.legs import leg_limits
from autopilot.control.reference import SHAPE, approach, leash, shape

#: Share of its distance from the reference, along the curve, that the point of the curve makes up for in a tick.
FOLLOW = 0.2


@jit
def begin_spline(s: L.Row, t: L.Row) -> None:
    """Tangents of the curve; `begin_leg` has set start and direction."""
    size = s[L.S_LENGTH]
    s[L.S_TAU] = 0.0
    if t[L.T_HAS_PREV] == 1.0:
        set_tangent(
            s, L.S_TM0N, t[L.T_END_N] - t[L.T_PREV_N], t[L.T_END_E] - t[L.T_PREV_E], t[L.T_END_D] - t[L.T_PREV_D], size
        )
    else:
        set_tangent(s, L.S_TM0N, s[L.S_U_N], s[L.S_U_E], s[L.S_U_D], size)
    if t[L.T_HAS_NEXT] == 1.0 and t[L.T_NEXT_SPLINE] == 1.0:
        set_tangent(
            s, L.S_TM1N, t[L.T_NEXT_N] - s[L.S_A_N], t[L.T_NEXT_E] - s[L.S_A_E], t[L.T_NEXT_D] - s[L.S_A_D], size
        )
    elif t[L.T_HAS_NEXT] == 1.0:
        set_tangent(
            s, L.S_TM1N, t[L.T_NEXT_N] - t[L.T_END_N], t[L.T_NEXT_E] - t[L.T_END_E], t[L.T_NEXT_D] - t[L.T_END_D], size
        )
    else:
        set_tangent(s, L.S_TM1N, s[L.S_U_N], s[L.S_U_E], s[L.S_U_D], size)


@jit
def set_tangent(s: L.Row, i: int, n: float, e: float, d: float, size: float) -> None:
    """Tangent of length `size` in the direction (n, e, d)."""
    k = sqrt(n * n + e * e + d * d)
    k = size / k if k > 0.01 else 0.0
    s[i], s[i + 1], s[i + 2] = k * n, k * e, k * d


@jit
def speed_ahead(s: L.Row, p: L.Row, t: L.Row, u: float, here: float) -> float:
    """Speed that the curvature at parameter `u` allows now, with the way `here` -> `u` left to slow down in."""
    end_n, end_e = t[L.T_END_N], t[L.T_END_E]
    da0, db0, db1 = 6.0 * u * (u - 1.0), (3.0 * u - 1.0) * (u - 1.0), u * (3.0 * u - 2.0)
    ca0, cb0, cb1 = 12.0 * u - 6.0, 6.0 * u - 4.0, 6.0 * u - 2.0
    vn = da0 * (s[L.S_A_N] - end_n) + db0 * s[L.S_TM0N] + db1 * s[L.S_TM1N]
    ve = da0 * (s[L.S_A_E] - end_e) + db0 * s[L.S_TM0E] + db1 * s[L.S_TM1E]
    cn = ca0 * (s[L.S_A_N] - end_n) + cb0 * s[L.S_TM0N] + cb1 * s[L.S_TM1N]
    ce = ca0 * (s[L.S_A_E] - end_e) + cb0 * s[L.S_TM0E] + cb1 * s[L.S_TM1E]
    size = max(vn * vn + ve * ve, 1e-6)
    bend = abs(vn * ce - ve * cn) / (size * sqrt(size))
    if bend < 1e-6:
        return p[L.P_SPEED_GROUND] + p[L.P_SPEED_UP]
    way = (u - here) * sqrt(size)
    return sqrt(p[L.P_ACCEL] * (0.8 / bend + 1.2 * way))


@jit
def fly_spline(s: L.Row, p: L.Row, t: L.Row) -> None:
    """One tick along the curve."""
    u = s[L.S_TAU]
    u2 = u * u
    u3 = u2 * u
    a0, b0, a1, b1 = 2.0 * u3 - 3.0 * u2 + 1.0, u3 - 2.0 * u2 + u, 3.0 * u2 - 2.0 * u3, u3 - u2
    da0, db0, db1 = 6.0 * u2 - 6.0 * u, 3.0 * u2 - 4.0 * u + 1.0, 3.0 * u2 - 2.0 * u
    ca0, cb0, cb1 = 12.0 * u - 6.0, 6.0 * u - 4.0, 6.0 * u - 2.0
    end_n, end_e, end_d = t[L.T_END_N], t[L.T_END_E], t[L.T_END_D]
    pn = a0 * s[L.S_A_N] + b0 * s[L.S_TM0N] + a1 * end_n + b1 * s[L.S_TM1N]
    pe = a0 * s[L.S_A_E] + b0 * s[L.S_TM0E] + a1 * end_e + b1 * s[L.S_TM1E]
    pd = a0 * s[L.S_A_D] + b0 * s[L.S_TM0D] + a1 * end_d + b1 * s[L.S_TM1D]
    vn = da0 * (s[L.S_A_N] - end_n) + db0 * s[L.S_TM0N] + db1 * s[L.S_TM1N]
    ve = da0 * (s[L.S_A_E] - end_e) + db0 * s[L.S_TM0E] + db1 * s[L.S_TM1E]
    vd = da0 * (s[L.S_A_D] - end_d) + db0 * s[L.S_TM0D] + db1 * s[L.S_TM1D]
    cn = ca0 * (s[L.S_A_N] - end_n) + cb0 * s[L.S_TM0N] + cb1 * s[L.S_TM1N]
    ce = ca0 * (s[L.S_A_E] - end_e) + cb0 * s[L.S_TM0E] + cb1 * s[L.S_TM1E]
    size = sqrt(vn * vn + ve * ve + vd * vd)
    if size < 1e-3:
        size = 1e-3
    un, ue, ud = vn / size, ve / size, vd / size
    fastest, accel = leg_limits(p, sqrt(un * un + ue * ue), ud)
    for i in range(4):
        fastest = min(fastest, speed_ahead(s, p, t, min(u + 0.12 * i, 1.0), u))
    gn, ge, gd = end_n - pn, end_e - pe, end_d - pd
    left = sqrt(gn * gn + ge * ge + gd * gd)
    last = s[L.S_CORNER] if t[L.T_HAS_NEXT] == 1.0 else 0.0
    if last > 0.0:
        last = fastest
        speed = fastest
    else:
        speed = min(approach(left, 1.0, 0.75 * accel), fastest)
    v = s[L.S_RVN] * un + s[L.S_RVE] * ue + s[L.S_RVD] * ud
    speed = min(speed, v + p[L.P_ACCEL] / SHAPE) * leash(s)  # speeds up by the plain limit only
    # the point of the curve goes with the reference; what it is ahead or behind must not count as a way to go
    ahead = (pn - s[L.S_RPN]) * un + (pe - s[L.S_RPE]) * ue + (pd - s[L.S_RPD]) * ud
    s[L.S_TAU] = min(u + max(v * L.TICK - FOLLOW * ahead, 0.05 * L.TICK) / size, 1.0)
    pn, pe, pd = pn - ahead * un, pe - ahead * ue, pd - ahead * ud
    feed = -0.75 * accel if v > speed else 0.0
    s[L.S_FF_N] = feed * un
    s[L.S_FF_E] = feed * ue
    if s[L.S_TAU] < 1.0:
        turn = v * v / (size * size)
        s[L.S_FF_N] += turn * (cn - (cn * un + ce * ue) * un)
        s[L.S_FF_E] += turn * (ce - (cn * un + ce * ue) * ue)
    d = min(max(speed * ud + 1.6 * (pd - s[L.S_RPD]), -p[L.P_SPEED_UP]), p[L.P_SPEED_DOWN])
    shape(
        s,
        speed * un + 1.6 * (pn - s[L.S_RPN]),
        speed * ue + 1.6 * (pe - s[L.S_RPE]),
        d,
        p[L.P_ACCEL_CORNER],
        p[L.P_ACCEL_Z],
        p[L.P_JERK],
        p[L.P_JERK_Z],
    )
