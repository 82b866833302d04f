"""Where the nose points: yaw demands turned into a rate- and acceleration-limited heading reference."""

from __future__ import annotations

from math import atan2, pi, sqrt

from autopilot.control import layout as L
from autopilot.control.attitude import limit
from autopilot.control.jit import jit

KEEP, ALONG, ANGLE, RATE, POINT = range(5)
REACHED = 0.035  # rad: a yaw demand counts as reached within 2 degrees


@jit
def wrap(angle: float) -> float:
    """Into -pi .. pi, for angles less than a few turns away."""
    while angle > pi:
        angle -= 2.0 * pi
    while angle < -pi:
        angle += 2.0 * pi
    return angle


@jit
def yaw_of(s: L.Row) -> float:
    """Heading of the estimate, rad."""
    return atan2(s[L.ER + 3], s[L.ER])


@jit
def begin_yaw(s: L.Row, t: L.Row) -> None:
    """A new yaw demand: remember where the nose is, and how far an ANGLE demand has to turn which way."""
    s[L.YAW_SEQ] = t[L.T_YAW_SEQ]
    s[L.YAW_DONE] = 0.0
    s[L.KEEP_YAW] = s[L.RYAW]
    left = wrap(t[L.T_YAW_ANGLE] - s[L.RYAW])
    if t[L.T_YAW_DIR] > 0.0 and left < -REACHED:
        left += 2.0 * pi
    elif t[L.T_YAW_DIR] < 0.0 and left > REACHED:
        left -= 2.0 * pi
    s[L.YAW_LEFT] = left


@jit
def steer(s: L.Row, p: L.Row, t: L.Row, along: float, moving: bool) -> None:
    """One tick of the heading reference; `along` is the direction of travel, meaningful while `moving`."""
    mode = t[L.T_YAW_MODE]
    fastest = p[L.YAW_RATE]
    if mode == ANGLE and t[L.T_YAW_RATE] > 0.0:
        fastest = t[L.T_YAW_RATE]
    if mode == RATE:
        wanted = limit(t[L.T_YAW_RATE], 3.0)
    else:
        if mode == ANGLE:
            left = s[L.YAW_LEFT]
        elif mode == ALONG and moving:
            left = wrap(along - s[L.RYAW])
            s[L.KEEP_YAW] = along
        elif mode == POINT:
            n = t[L.T_POINT_N] - s[L.EPN]
            e = t[L.T_POINT_E] - s[L.EPE]
            left = wrap(atan2(e, n) - s[L.RYAW]) if n * n + e * e > 1.0 else 0.0
        else:
            left = wrap(s[L.KEEP_YAW] - s[L.RYAW])
        size = abs(left)
        near = p[L.YAW_ACCEL] / 9.0
        wanted = 3.0 * size if size <= near else sqrt(2.0 * p[L.YAW_ACCEL] * (size - 0.5 * near))
        wanted = min(wanted, fastest)
        if left < 0.0:
            wanted = -wanted
    step = p[L.YAW_ACCEL] * L.TICK
    s[L.RYAW_RATE] += limit(wanted - s[L.RYAW_RATE], step)
    change = s[L.RYAW_RATE] * L.TICK
    s[L.RYAW] = wrap(s[L.RYAW] + change)
    s[L.YAW_LEFT] -= change
    demanded = mode == ANGLE and s[L.YAW_DONE] == 0.0 and abs(s[L.YAW_LEFT]) < REACHED
    if demanded and abs(wrap(t[L.T_YAW_ANGLE] - yaw_of(s))) < 2.0 * REACHED:
        s[L.YAW_DONE] = 1.0
        s[L.EVENTS] += L.EV_YAW_DONE
