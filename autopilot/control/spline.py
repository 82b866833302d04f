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
    size = s[L.LENGTH]
    s[L.TAU] = 0.0
    if t[L.T_HAS_PREV] == 1.0:
        set_tangent(
            s, L.TM0N, t[L.T_END_N] - t[L.T_PREV_N], t[L.T_END_E] - t[L.T_PREV_E], t[L.T_END_D] - t[L.T_PREV_D], size
        )
    else:
        set_tangent(s, L.TM0N, s[L.U_N], s[L.U_E], s[L.U_D], size)
    if t[L.T_HAS_NEXT] == 1.0 and t[L.T_NEXT_SPLINE] == 1.0:
        set_tangent(s, L.TM1N, t[L.T_NEXT_N] - s[L.A_N], t[L.T_NEXT_E] - s[L.A_E], t[L.T_NEXT_D] - s[L.A_D], size)
    elif t[L.T_HAS_NEXT] == 1.0:
        set_tangent(
            s, L.TM1N, t[L.T_NEXT_N] - t[L.T_END_N], t[L.T_NEXT_E] - t[L.T_END_E], t[L.T_NEXT_D] - t[L.T_END_D], size
        )
    else:
        set_tangent(s, L.TM1N, s[L.U_N], s[L.U_E], s[L.U_D], size)


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
    vn = da0 * (s[L.A_N] - end_n) + db0 * s[L.TM0N] + db1 * s[L.TM1N]
    ve = da0 * (s[L.A_E] - end_e) + db0 * s[L.TM0E] + db1 * s[L.TM1E]
    cn = ca0 * (s[L.A_N] - end_n) + cb0 * s[L.TM0N] + cb1 * s[L.TM1N]
    ce = ca0 * (s[L.A_E] - end_e) + cb0 * s[L.TM0E] + cb1 * s[L.TM1E]
    size = max(vn * vn + ve * ve, 1e-6)
    bend = abs(vn * ce - ve * cn) / (size * sqrt(size))
    if bend < 1e-6:
        return p[L.SPEED_GROUND] + p[L.SPEED_UP]
    way = (u - here) * sqrt(size)
    return sqrt(p[L.ACCEL] * (0.8 / bend + 1.2 * way))


@jit
def fly_spline(s: L.Row, p: L.Row, t: L.Row) -> None:
    """One tick along the curve."""
    u = s[L.TAU]
    u2 = u * u
    u3 = u2 * u
    a0, b0, a1, b1 = 2.0 * u3 - 3.0 * u2 + 1.0, u3 - 2.0 * u2 + u, 3.0 * u2 - 2.0 * u3, u3 - u2
    da0, db0, db1 = 6.0 * u2 - 6.0 * u, 3.0 * u2 - 4.0 * u + 1.0, 3.0 * u2 - 2.0 * u
    ca0, cb0, cb1 = 12.0 * u - 6.0, 6.0 * u - 4.0, 6.0 * u - 2.0
    end_n, end_e, end_d = t[L.T_END_N], t[L.T_END_E], t[L.T_END_D]
    pn = a0 * s[L.A_N] + b0 * s[L.TM0N] + a1 * end_n + b1 * s[L.TM1N]
    pe = a0 * s[L.A_E] + b0 * s[L.TM0E] + a1 * end_e + b1 * s[L.TM1E]
    pd = a0 * s[L.A_D] + b0 * s[L.TM0D] + a1 * end_d + b1 * s[L.TM1D]
    vn = da0 * (s[L.A_N] - end_n) + db0 * s[L.TM0N] + db1 * s[L.TM1N]
    ve = da0 * (s[L.A_E] - end_e) + db0 * s[L.TM0E] + db1 * s[L.TM1E]
    vd = da0 * (s[L.A_D] - end_d) + db0 * s[L.TM0D] + db1 * s[L.TM1D]
    cn = ca0 * (s[L.A_N] - end_n) + cb0 * s[L.TM0N] + cb1 * s[L.TM1N]
    ce = ca0 * (s[L.A_E] - end_e) + cb0 * s[L.TM0E] + cb1 * s[L.TM1E]
    size = sqrt(vn * vn + ve * ve + vd * vd)
    if size < 1e-3:
        size = 1e-3
    un, ue, ud = vn / size, ve / size, vd / size
    fastest, accel = leg_limits(p, sqrt(un * un + ue * ue), ud)
    for i in range(4):
        fastest = min(fastest, speed_ahead(s, p, t, min(u + 0.12 * i, 1.0), u))
    gn, ge, gd = end_n - pn, end_e - pe, end_d - pd
    left = sqrt(gn * gn + ge * ge + gd * gd)
    last = s[L.CORNER] if t[L.T_HAS_NEXT] == 1.0 else 0.0
    if last > 0.0:
        last = fastest
        speed = fastest
    else:
        speed = min(approach(left, 1.0, 0.75 * accel), fastest)
    v = s[L.RVN] * un + s[L.RVE] * ue + s[L.RVD] * ud
    speed = min(speed, v + p[L.ACCEL] / SHAPE) * leash(s)  # speeds up by the plain limit only
    # the point of the curve goes with the reference; what it is ahead or behind must not count as a way to go
    ahead = (pn - s[L.RPN]) * un + (pe - s[L.RPE]) * ue + (pd - s[L.RPD]) * ud
    s[L.TAU] = min(u + max(v * L.TICK - FOLLOW * ahead, 0.05 * L.TICK) / size, 1.0)
    pn, pe, pd = pn - ahead * un, pe - ahead * ue, pd - ahead * ud
    feed = -0.75 * accel if v > speed else 0.0
    s[L.FF_N] = feed * un
    s[L.FF_E] = feed * ue
    if s[L.TAU] < 1.0:
        turn = v * v / (size * size)
        s[L.FF_N] += turn * (cn - (cn * un + ce * ue) * un)
        s[L.FF_E] += turn * (ce - (cn * un + ce * ue) * ue)
    d = min(max(speed * ud + 1.6 * (pd - s[L.RPD]), -p[L.SPEED_UP]), p[L.SPEED_DOWN])
    shape(
        s,
        speed * un + 1.6 * (pn - s[L.RPN]),
        speed * ue + 1.6 * (pe - s[L.RPE]),
        d,
        p[L.ACCEL_CORNER],
        p[L.ACCEL_Z],
        p[L.JERK],
        p[L.JERK_Z],
    )
