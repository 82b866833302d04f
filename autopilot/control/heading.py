"""Heading control: a heading reference for yaw demands, limited in rate and acceleration."""

from __future__ import annotations

from math import pi, sqrt

from autopilot.control.attitude import limit
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import atan2

KEEP, ALONG, ANGLE, RATE, POINT = range(5)
REACHED = 0.035  # rad: a yaw demand counts as reached within 2 degrees


@jit
def wrap(angle: float) -> float:
    """Wrap to -pi .. pi, for angles at most a few turns away."""
    while angle > pi:
        angle -= 2.0 * pi
    while angle < -pi:
        angle += 2.0 * pi
    return angle


@jit
def yaw_of(s: L.Row) -> float:
    """Heading of the estimate, rad."""
    return atan2(s[L.S_ER + 3], s[L.S_ER])


@jit
def begin_yaw(s: L.Row, t: L.Row) -> None:
    """Begin a new yaw demand: note the present heading, and the turn of an ANGLE demand."""
    s[L.S_YAW_SEQ] = t[L.T_YAW_SEQ]
    s[L.S_YAW_DONE] = 0.0
    s[L.S_KEEP_YAW] = s[L.S_RYAW]
    turn = t[L.T_YAW_TURN]
    s[L.S_YAW_LEFT] = turn + wrap(wrap(t[L.T_YAW_ANGLE] - s[L.S_RYAW]) - turn)


@jit
def steer(s: L.Row, p: L.Row, t: L.Row, along: float, moving: bool) -> None:
    """Advance the heading reference by a tick; `along` is the direction of travel, rad, valid while `moving`."""
    mode = t[L.T_YAW_MODE]
    fastest = p[L.P_YAW_RATE]
    if mode == ANGLE and t[L.T_YAW_RATE] > 0.0:
        fastest = min(t[L.T_YAW_RATE], fastest)
    if mode == RATE:
        wanted = limit(t[L.T_YAW_RATE], 3.0)
    else:
        if mode == ANGLE:
            left = s[L.S_YAW_LEFT]
        elif mode == ALONG and moving:
            left = wrap(along - s[L.S_RYAW])
            s[L.S_KEEP_YAW] = along
        elif mode == POINT:
            n = t[L.T_POINT_N] - s[L.S_EPN]
            e = t[L.T_POINT_E] - s[L.S_EPE]
            left = wrap(atan2(e, n) - s[L.S_RYAW]) if n * n + e * e > 1.0 else 0.0
        else:
            left = wrap(s[L.S_KEEP_YAW] - s[L.S_RYAW])
        size = abs(left)
        near = p[L.P_YAW_ACCEL] / 9.0
        wanted = 3.0 * size if size <= near else sqrt(2.0 * p[L.P_YAW_ACCEL] * (size - 0.5 * near))
        wanted = min(wanted, fastest)
        if left < 0.0:
            wanted = -wanted
    step = p[L.P_YAW_ACCEL] * L.TICK
    s[L.S_RYAW_RATE] += limit(wanted - s[L.S_RYAW_RATE], step)
    change = s[L.S_RYAW_RATE] * L.TICK
    s[L.S_RYAW] = wrap(s[L.S_RYAW] + change)
    s[L.S_YAW_LEFT] -= change
    demanded = mode == ANGLE and s[L.S_YAW_DONE] == 0.0 and abs(s[L.S_YAW_LEFT]) < REACHED
    if demanded and abs(wrap(t[L.T_YAW_ANGLE] - yaw_of(s))) < 2.0 * REACHED:
        s[L.S_YAW_DONE] = 1.0
        s[L.S_EVENTS] += L.EV_YAW_DONE
