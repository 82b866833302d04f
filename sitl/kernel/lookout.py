"""Lookout for other aircraft (`autopilot.interface.traffic.Lookout`), in compiled code.

Ten times a second the vehicle judges the reports that it was given, as its autopilot would. It stops if the highest
level has changed, or if a condition of a running evasion has ended.
"""

from __future__ import annotations

from autopilot.control.approach import LOOK_MS, level_of, offset
from autopilot.interface import layout as L
from autopilot.interface.marks import jit
from sitl.kernel import layout as M
from sitl.kernel.reporting import place_of


@jit
def sights(s: L.Row, p: L.Row, now_ms: int) -> bool:
    """True if the autopilot must act on other aircraft now."""
    lat, lon, alt = place_of(p, s[L.S_EPN], s[L.S_EPE], s[L.S_EPD])
    of = M.P_OUT_LIMITS
    highest = 0
    for k in range(int(p[M.P_OUT_COUNT])):
        at = M.P_OUT_OTHERS + 7 * k
        north, east = offset(lat, lon, p[at], p[at + 1])
        down = alt - p[at + 2]
        if p[M.P_OUT_ABOVE] != 0.0 and (p[M.P_OUT_ABOVE] > 0.0) == (down > 0.0):
            return True
        level, _, _ = level_of(
            north,
            east,
            -down,
            p[at + 3] - s[L.S_EVN],
            p[at + 4] - s[L.S_EVE],
            p[at + 5] - s[L.S_EVD],
            now_ms - int(p[at + 6]),
            p[of],
            p[of + 1],
            p[of + 2],
            p[of + 3],
            p[of + 4],
            p[of + 5],
        )
        highest = max(highest, level)
    return highest != int(p[M.P_OUT_LEVEL]) or s[L.S_EPD] > p[M.P_OUT_DEEPEST]


@jit
def look_out(s: L.Row, p: L.Row) -> None:
    """Raise the event SIGHTED if the autopilot must act."""
    now_ms = int(s[L.S_TIME_MS])
    if now_ms % LOOK_MS == 0 and sights(s, p, now_ms):
        s[L.S_EVENTS] += L.EV_SIGHTED
