"""Guidance along a spline: a cubic Hermite segment from the start to the end of the leg, as ArduCopter's.

Tangents (SPLINE_WAYPOINT, `AC_WPNav::set_spline_destination_NEU_m`). At the start: zero after a stop; otherwise along
the leg before, or the last tangent of a spline before; for a vehicle that moves otherwise, along its velocity. At the
end: towards the next waypoint, or from start to next if a spline follows; zero at a stop. The speed advances the
curve's parameter. Half of the acceleration limits is for speeding up and braking, half for the bend.
"""

from __future__ import annotations

from math import sqrt

from autopilot.control.curves import BESIDE, RESTS, fade_onto, keep_pace, track_limits
from autopilot.control.reference import shape_within
from autopilot.interface import layout as L
from autopilot.interface.marks import jit

#: Largest sum of both tangents over the distance from start to end.
LONGEST = 4.0
#: Share of the acceleration limits along the curve, and across it.
SHARE = 0.5
#: Gain, 1/s, with which a reference that moves otherwise joins the curve, and its largest lag, m.
ONTO, BEHIND = 1.6, 5.0
#: Largest distance of the curve from the straight motion of its velocity in a tick, m.
GAP = 1e-3


@jit
def begin_spline(s: L.Row, p: L.Row, t: L.Row, passed: bool, splined: bool) -> None:
    """Set the tangents of the curve; `begin_leg` has set start and direction. `passed`: the leg before ended without a
    stop; `splined`: it was a spline."""
    s[L.S_TAU] = 0.0 if s[L.S_LENGTH] > 0.01 else 1.0
    n, e, d = s[L.S_TM1N], s[L.S_TM1E], s[L.S_TM1D]
    joins = passed and t[L.T_HAS_PREV] == 1.0
    if not joins:
        n, e, d = tangent_of_motion(s)
    elif not splined:
        n, e, d = s[L.S_A_N] - t[L.T_PREV_N], s[L.S_A_E] - t[L.T_PREV_E], s[L.S_A_D] - t[L.T_PREV_D]
    s[L.S_TM0N], s[L.S_TM0E], s[L.S_TM0D] = n, e, d
    n, e, d = 0.0, 0.0, 0.0
    if t[L.T_HAS_NEXT] == 1.0 and t[L.T_NEXT_SPLINE] == 1.0:
        n, e, d = t[L.T_NEXT_N] - s[L.S_A_N], t[L.T_NEXT_E] - s[L.S_A_E], t[L.T_NEXT_D] - s[L.S_A_D]
    elif t[L.T_HAS_NEXT] == 1.0:
        n, e, d = t[L.T_NEXT_N] - t[L.T_END_N], t[L.T_NEXT_E] - t[L.T_END_E], t[L.T_NEXT_D] - t[L.T_END_D]
    s[L.S_TM1N], s[L.S_TM1E], s[L.S_TM1D] = n, e, d
    size = 0.0
    for i in (L.S_TM0N, L.S_TM1N):
        size += sqrt(s[i] * s[i] + s[i + 1] * s[i + 1] + s[i + 2] * s[i + 2])
    if size > LONGEST * s[L.S_LENGTH]:
        for i in range(6):
            s[L.S_TM0N + i] *= LONGEST * s[L.S_LENGTH] / size
    s[L.S_LAST_SPEED] = 0.0
    if s[L.S_CORNER] > 0.0:
        s[L.S_LAST_SPEED] = speed_at(s, p, t, 1.0)[0]
    if s[L.S_CORNER] > 0.0 and t[L.T_NEXT_SPLINE] == 1.0:
        onto = speed_onto(s, p, t, s[L.S_TM1N], s[L.S_TM1E], s[L.S_TM1D])
        s[L.S_LAST_SPEED] = min(s[L.S_LAST_SPEED], onto)
    first, un, ue, ud, _ = direction_at(s, t, 0.0)
    s[L.S_ALONG] = max(s[L.S_RVN] * un + s[L.S_RVE] * ue + s[L.S_RVD] * ud, 0.0) if first > 1e-6 else 0.0
    _, accel = track_limits(p, un, ue, ud)
    stops = s[L.S_ALONG] * s[L.S_ALONG] - s[L.S_LAST_SPEED] * s[L.S_LAST_SPEED] <= 2.0 * SHARE * accel * s[L.S_LENGTH]
    aside, beside = 0.0, 0.0
    step = L.TICK * s[L.S_PACE]
    s[L.S_OFF + 3] = s[L.S_RVN] - s[L.S_ALONG] * un
    s[L.S_OFF + 4] = s[L.S_RVE] - s[L.S_ALONG] * ue
    s[L.S_OFF + 5] = s[L.S_RVD] - s[L.S_ALONG] * ud
    for i in range(3):
        # its place one tick later, when the curve is at its start
        s[L.S_OFF + i] = s[L.S_RPN + i] + step * (s[L.S_RVN + i] - s[L.S_OFF + 3 + i]) - s[L.S_A_N + i]
        s[L.S_OFF + 6 + i] = 0.0
        beside += s[L.S_OFF + i] * s[L.S_OFF + i]
        aside += s[L.S_OFF + 3 + i] * s[L.S_OFF + 3 + i]
    near = aside < RESTS * RESTS and beside < BESIDE * BESIDE
    s[L.S_CURVING] = 1.0 if near and (joins or stops) else 0.0


@jit
def stop_at_end(s: L.Row, t: L.Row) -> None:
    """End the curve: the remaining offset and motion of the reference fade."""
    s[L.S_ALONG] = 0.0
    for i in range(3):
        s[L.S_OFF + i] = s[L.S_RPN + i] - t[L.T_END_N + i]
        s[L.S_OFF + 3 + i] = s[L.S_RVN + i]
        s[L.S_OFF + 6 + i] = 0.0


@jit
def tangent_of_motion(s: L.Row) -> tuple[float, float, float]:
    """Tangent along the reference's velocity, as long as the leg, m; zero at rest, or if it moves away from the leg's
    end."""
    n, e, d = s[L.S_RVN], s[L.S_RVE], s[L.S_RVD]
    speed = sqrt(n * n + e * e + d * d)
    if speed < RESTS or n * s[L.S_U_N] + e * s[L.S_U_E] + d * s[L.S_U_D] <= 0.0:
        return 0.0, 0.0, 0.0
    scale = s[L.S_LENGTH] / speed
    return n * scale, e * scale, d * scale


@jit
def speed_onto(s: L.Row, p: L.Row, t: L.Row, n: float, e: float, d: float) -> float:
    """Speed allowed by the bend at the start of the next curve, which begins with the tangent (n, e, d). Its end is
    unknown here and is taken as straight."""
    wn, we, wd = t[L.T_NEXT_N] - t[L.T_END_N], t[L.T_NEXT_E] - t[L.T_END_E], t[L.T_NEXT_D] - t[L.T_END_D]
    length, size = sqrt(wn * wn + we * we + wd * wd), sqrt(n * n + e * e + d * d)
    if length < 0.01 or size < 0.01:
        return 0.0
    scale = min(LONGEST * length / (length + size), 1.0)
    n, e, d, size = n * scale, e * scale, d * scale, size * scale
    un, ue, ud = n / size, e / size, d / size
    speed, _ = track_limits(p, un, ue, ud)
    bn = (6.0 - 2.0 * scale) * wn - 4.0 * n
    be = (6.0 - 2.0 * scale) * we - 4.0 * e
    bd = (6.0 - 2.0 * scale) * wd - 4.0 * d
    along = bn * un + be * ue + bd * ud
    bn, be, bd = bn - along * un, be - along * ue, bd - along * ud
    bend = sqrt(bn * bn + be * be + bd * bd)
    if bend > 1e-6:
        _, most = track_limits(p, bn / bend, be / bend, bd / bend)
        speed = min(speed, size * sqrt(SHARE * most / bend))
    return speed


@jit
def speed_onto_spline(s: L.Row, p: L.Row, t: L.Row) -> float:
    """Speed at the end of a straight leg before a spline; 0 for others."""
    if t[L.T_SPLINE] == 1.0 or t[L.T_HAS_NEXT] == 0.0 or t[L.T_NEXT_SPLINE] == 0.0:
        return 0.0
    size = s[L.S_LENGTH]
    return speed_onto(s, p, t, size * s[L.S_U_N], size * s[L.S_U_E], size * s[L.S_U_D])


@jit
def terms(s: L.Row, t: L.Row, i: int, u: float) -> tuple[float, float, float, float]:
    """Place of axis `i` at parameter `u`, m, and its three derivatives."""
    a, b = s[L.S_A_N + i], t[L.T_END_N + i]
    v, w = s[L.S_TM0N + i], s[L.S_TM1N + i]
    c = 3.0 * (b - a) - 2.0 * v - w
    k = 2.0 * (a - b) + v + w
    return a + u * (v + u * (c + u * k)), v + u * (2.0 * c + 3.0 * u * k), 2.0 * c + 6.0 * u * k, 6.0 * k


@jit
def direction_at(s: L.Row, t: L.Row, u: float) -> tuple[float, float, float, float, float]:
    """Size of the first derivative, direction of travel, size of the second derivative."""
    _, n1, n2, n3 = terms(s, t, 0, u)
    _, e1, e2, e3 = terms(s, t, 1, u)
    _, d1, d2, d3 = terms(s, t, 2, u)
    first, second = sqrt(n1 * n1 + e1 * e1 + d1 * d1), sqrt(n2 * n2 + e2 * e2 + d2 * d2)
    if first > 1e-6:
        return first, n1 / first, e1 / first, d1 / first, second
    if second > 1e-6:  # without a tangent: the direction in which it will go; at the end that from which it came
        ahead = 1.0 / second if u < 0.5 else -1.0 / second
        return 0.0, ahead * n2, ahead * e2, ahead * d2, second
    size = max(sqrt(n3 * n3 + e3 * e3 + d3 * d3), 1e-6)
    return 0.0, n3 / size, e3 / size, d3 / size, second


@jit
def speed_at(s: L.Row, p: L.Row, t: L.Row, u: float) -> tuple[float, float]:
    """Speed allowed by limits and bend at `u`, and the acceleration along the curve."""
    first, un, ue, ud, _ = direction_at(s, t, u)
    speed, accel = track_limits(p, un, ue, ud)
    _, _, n2, _ = terms(s, t, 0, u)
    _, _, e2, _ = terms(s, t, 1, u)
    _, _, d2, _ = terms(s, t, 2, u)
    along = n2 * un + e2 * ue + d2 * ud
    n2, e2, d2 = n2 - along * un, e2 - along * ue, d2 - along * ud
    bend = sqrt(n2 * n2 + e2 * e2 + d2 * d2)
    if bend > 1e-6 and first > 1e-6:
        _, most = track_limits(p, n2 / bend, e2 / bend, d2 / bend)
        speed = min(speed, first * sqrt(SHARE * most / bend))
    return speed, SHARE * accel


@jit
def turns_back(s: L.Row, p: L.Row, speed: float, un: float, ue: float, ud: float) -> bool:
    """True if the curve has turned by more in a tick than can be flown. Forth and back on one line it does so at once,
    without a bend."""
    n = speed * un - (s[L.S_RVN] - s[L.S_OFF + 3])
    e = speed * ue - (s[L.S_RVE] - s[L.S_OFF + 4])
    d = speed * ud - (s[L.S_RVD] - s[L.S_OFF + 5])
    most = L.TICK * p[L.P_ACCEL_CORNER]
    return n * n + e * e + d * d > most * most


@jit
def close_gap(s: L.Row, n: float, e: float, d: float) -> None:
    """Let the offset fade that arises when a curve turns back within the tick."""
    step = L.TICK * s[L.S_PACE]
    n = s[L.S_RPN] - s[L.S_OFF] + step * (s[L.S_RVN] - s[L.S_OFF + 3]) - n
    e = s[L.S_RPE] - s[L.S_OFF + 1] + step * (s[L.S_RVE] - s[L.S_OFF + 4]) - e
    d = s[L.S_RPD] - s[L.S_OFF + 2] + step * (s[L.S_RVD] - s[L.S_OFF + 5]) - d
    if n * n + e * e + d * d > GAP * GAP:
        s[L.S_OFF] += n
        s[L.S_OFF + 1] += e
        s[L.S_OFF + 2] += d


@jit
def fly_spline(s: L.Row, p: L.Row, t: L.Row) -> bool:
    """Advance one tick along the curve; True when it is flown."""
    u, moves = s[L.S_TAU], 1.0
    if s[L.S_CURVING] == 0.0:  # the curve waits for a lagging reference
        n, e, d = (
            terms(s, t, 0, u)[0] - s[L.S_RPN],
            terms(s, t, 1, u)[0] - s[L.S_RPE],
            terms(s, t, 2, u)[0] - s[L.S_RPD],
        )
        moves = min(max(2.0 - 2.0 * sqrt(n * n + e * e + d * d) / BEHIND, 0.0), 1.0)
    dt = moves * keep_pace(s, p)
    first, un, ue, ud, second = direction_at(s, t, u)
    n, _, n2, _ = terms(s, t, 0, u)
    e, _, e2, _ = terms(s, t, 1, u)
    d, _, d2, _ = terms(s, t, 2, u)
    along = n2 * un + e2 * ue + d2 * ud
    way = s[L.S_ALONG] * dt  # by first and second derivative: first * step + along / 2 * step^2
    slope = first + sqrt(max(first * first + 2.0 * along * way, 0.0))
    step = L.TICK if first + second < 1e-6 else 0.0  # a curve that is a point ends in time
    if slope > 1e-6:
        step = 2.0 * way / slope
    speed, accel = speed_at(s, p, t, u)
    ln, le, ld = t[L.T_END_N] - n, t[L.T_END_E] - e, t[L.T_END_D] - d
    left = sqrt(ln * ln + le * le + ld * ld)
    left = max(left - way, 0.0)  # when this tick is over; from there in ticks, each at its first speed
    half = 0.5 * accel * dt
    last = s[L.S_LAST_SPEED] + half
    speed = min(speed, sqrt(2.0 * accel * left + last * last) - half)
    before = s[L.S_ALONG]
    s[L.S_ALONG] = min(max(speed, before - accel * dt), before + accel * dt)
    s[L.S_TAU] = min(u + step, 1.0)
    share = 1.0 - s[L.S_HELD_BACK]
    speed = share * s[L.S_ALONG]
    turn = speed * speed / (first * first) if first > 1e-6 else 0.0
    n2, e2, d2 = turn * (n2 - along * un), turn * (e2 - along * ue), turn * (d2 - along * ud)
    if n2 * n2 + e2 * e2 + d2 * d2 > p[L.P_ACCEL_CORNER] * p[L.P_ACCEL_CORNER] or turns_back(s, p, speed, un, ue, ud):
        s[L.S_CURVING] = 0.0  # too fast for this bend
    if s[L.S_CURVING] == 1.0:
        gain = share * (s[L.S_ALONG] - before) / L.TICK - s[L.S_HELD_RATE] * s[L.S_ALONG]
        close_gap(s, n, e, d)
        fade_onto(s, n, e, d)
        s[L.S_RVN] += speed * un
        s[L.S_RVE] += speed * ue
        s[L.S_RVD] += speed * ud
        s[L.S_RAN] += gain * un + n2
        s[L.S_RAE] += gain * ue + e2
        s[L.S_RAD] += gain * ud + d2
    else:
        # only as fast as the curve itself, or the reference would keep the distance at which that waits
        s[L.S_FF_N], s[L.S_FF_E] = moves * moves * n2, moves * moves * e2
        speed *= moves * s[L.S_PACE]
        down = min(max(speed * ud + ONTO * (d - s[L.S_RPD]), -p[L.P_SPEED_UP]), p[L.P_SPEED_DOWN])
        north, east = speed * un + ONTO * (n - s[L.S_RPN]), speed * ue + ONTO * (e - s[L.S_RPE])
        size = max(sqrt(north * north + east * east) / p[L.P_SPEED_GROUND], 1.0)
        accel, jerk = p[L.P_ACCEL_CORNER], p[L.P_JERK]
        shape_within(s, p, north / size, east / size, down, accel, jerk)
    if s[L.S_TAU] < 1.0:
        return False
    if s[L.S_CORNER] > 0.0:
        return True
    if u < 1.0 and s[L.S_CURVING] == 1.0:
        stop_at_end(s, t)
    n, e, d = s[L.S_EPN] - t[L.T_END_N], s[L.S_EPE] - t[L.T_END_E], s[L.S_EPD] - t[L.T_END_D]
    return n * n + e * e + d * d <= t[L.T_RADIUS] * t[L.T_RADIUS]
