"""The ground under a machine, in compiled code, by the same formula as `autopilot.interface.terrain.HeightMap`.

The height is read once in a tick, for the place at the middle of the tick. A machine without a map stands on the plane
through its home.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

from autopilot.control.watch import stop
from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import cos
from sitl.kernel import layout as M
from sitl.kernel.rotorcraft import stop_body

#: Limits of a copter's undercarriage: horizontal and vertical speed, m/s, and depth in the ground, m.
SLIDES_MPS, DROPS_MPS, SINKS_M = 3.0, 4.0, 0.3
_HALF_TICK = 0.5 * L.TICK


@jit
def height_below(p: L.Row, ground: Any, n: float, e: float) -> float:
    """Height of the ground above sea level at n, e m from the origin; NaN outside the map."""
    lat = p[L.P_ORIGIN_LAT] + n / METRES_PER_DEGREE
    scale = max(cos((p[L.P_ORIGIN_LAT] + lat) * 0.5 * pi / 180.0), 0.01)
    y = (lat - p[M.P_MAP_SOUTH]) * p[M.P_MAP_PER_LAT]
    x = (p[L.P_ORIGIN_LON] + e / (METRES_PER_DEGREE * scale) - p[M.P_MAP_WEST]) * p[M.P_MAP_PER_LON]
    if not (y >= 0.0 and x >= 0.0 and y <= ground.shape[0] - 1 and x <= ground.shape[1] - 1):
        return float("nan")
    i = min(int(y), ground.shape[0] - 2)
    j = min(int(x), ground.shape[1] - 2)
    u = y - i
    v = x - j
    south = float(ground[i, j]) * (1.0 - v) + float(ground[i, j + 1]) * v
    north = float(ground[i + 1, j]) * (1.0 - v) + float(ground[i + 1, j + 1]) * v
    height: float = south * (1.0 - u) + north * u
    return height


@jit
def look_down(s: L.Row, p: L.Row, ground: Any) -> None:
    """Read the height of the ground in this tick. Over a gap of the map the last height stays."""
    if p[M.P_MAP] != 0.0:
        height = height_below(p, ground, s[M.S_PN] + _HALF_TICK * s[M.S_VN], s[M.S_PE] + _HALF_TICK * s[M.S_VE])
        if height == height:
            s[L.S_FLOOR] = p[L.P_ORIGIN_ALT] - height
    s[L.S_RANGE] = 0.0
    over = max(s[L.S_FLOOR] - s[M.S_PD], 0.0)
    upright = 1.0 - 2.0 * (s[M.S_Q1] * s[M.S_Q1] + s[M.S_Q2] * s[M.S_Q2])
    if upright > 0.5 and p[M.P_FINDER_MIN] * upright <= over <= p[M.P_FINDER_MAX] * upright:
        s[L.S_RANGE] = over


@jit
def strike(s: L.Row, p: L.Row) -> None:
    """Crash a machine that touches the ground too fast or has flown into it. It then lies still with its motors off."""
    deep = s[M.S_PD] - s[L.S_FLOOR]
    if deep < 0.0 or s[L.S_AIR] == 0.0:
        return
    speed = sqrt(s[M.S_VN] * s[M.S_VN] + s[M.S_VE] * s[M.S_VE])
    if speed < SLIDES_MPS and s[M.S_VD] < DROPS_MPS and deep < SINKS_M:
        return
    if s[L.S_ARMED] == 1.0:
        s[M.S_TOUCHDOWN] = sqrt(speed * speed + s[M.S_VD] * s[M.S_VD])
        stop(s)
        s[L.S_EVENTS] += L.EV_CRASHED
    stop_body(s, p)


@jit
def follow_ground(s: L.Row) -> None:
    """Move a driving body up and down with the ground."""
    s[M.S_VD] = (s[L.S_FLOOR] - s[M.S_PD]) / L.TICK
    s[M.S_PD] = s[L.S_FLOOR]


@jit
def fill_ground(s: L.Row, p: L.Row, r: L.Row, ground: Any) -> None:
    """Fill in the height of the ground and the range finder's distance. The distance is measured along the body's own
    axis to level ground."""
    floor = s[L.S_FLOOR]
    if p[M.P_MAP] != 0.0:
        height = height_below(p, ground, s[M.S_PN], s[M.S_PE])
        if height == height:
            floor = p[L.P_ORIGIN_ALT] - height
    r[R.TRUE_GROUND] = p[L.P_ORIGIN_ALT] - floor
    r[R.RANGE_FINDER] = 0.0
    r[R.RANGE_LEAST], r[R.RANGE_MOST] = p[M.P_FINDER_MIN], p[M.P_FINDER_MAX]
    upright = 1.0 - 2.0 * (s[M.S_Q1] * s[M.S_Q1] + s[M.S_Q2] * s[M.S_Q2])
    if p[M.P_FINDER_MAX] > 0.0 and upright > 0.5:
        seen = max(floor - s[M.S_PD], 0.0) / upright
        if p[M.P_FINDER_MIN] <= seen and seen <= p[M.P_FINDER_MAX]:
            r[R.RANGE_FINDER] = seen
