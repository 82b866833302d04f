"""Approach of another aircraft: the threat level by ArduPilot's law (AP_Avoidance.cpp). The autopilot uses it for full
judgements, and the kernel to stop where a level changes.

The horizontal distance is that at the closest point of the relative motion within the prediction time. ArduPilot
mistakes metres of vertical motion for centimetres, so the predicted height difference is nearly the present one. If
both aircraft come closer in height, it does not predict it at all.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Final

from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.interface.marks import jit
from autopilot.interface.mathematics import cos
from autopilot.mav import CollisionThreat

OLDEST_MS: Final = 5000
"""Age at which a report is no longer a threat, ms (MAX_OBSTACLE_AGE_MS)."""
LOOK_MS: Final = 100
"""Vehicle time between two looks at possible threats, ms."""
NONE, LOW, HIGH = int(CollisionThreat.NONE), int(CollisionThreat.LOW), int(CollisionThreat.HIGH)
_CENTI: Final = 0.01
_DEGREE: Final = pi / 180.0


@jit
def offset(lat: float, lon: float, there_lat: float, there_lon: float) -> tuple[float, float]:
    """North and east, m, of one place from another: `autopilot.interface.geo.to_local` without its remainder."""
    scale = max(cos((lat + there_lat) / 2.0 * _DEGREE), 0.01)
    turn = there_lon - lon + 180.0
    if turn < 0.0:
        turn += 360.0
    elif turn >= 360.0:
        turn -= 360.0
    return (there_lat - lat) * METRES_PER_DEGREE, (turn - 180.0) * METRES_PER_DEGREE * scale


@jit
def nearest_ahead(north: float, east: float, v_north: float, v_east: float, seconds: float) -> float:
    """Smallest horizontal distance, m, within `seconds` from now, from relative position and velocity."""
    squared = (v_north * v_north + v_east * v_east) * seconds
    along = -(north * v_north + east * v_east)
    share_s = 0.0 if squared <= 0.0 else min(max(along / squared, 0.0), 1.0) * seconds
    n, e = north + v_north * share_s, east + v_east * share_s
    return sqrt(n * n + e * e)


@jit
def height_ahead(up: float, sinking: float, seconds: float) -> float:
    """Height difference, m, as ArduPilot predicts it; see the module. `up`: the other aircraft above the vehicle;
    `sinking`: its sink rate relative to the vehicle, m/s."""
    if (up >= 0.0 and sinking >= 0.0) or (up <= 0.0 and sinking <= 0.0):
        return abs(up)
    return abs(up - _CENTI * sinking * seconds)


@jit
def level_of(
    north: float,
    east: float,
    up: float,
    v_north: float,
    v_east: float,
    sinking: float,
    age_ms: int,
    fail_s: float,
    fail_m: float,
    fail_z_m: float,
    warn_s: float,
    warn_m: float,
    warn_z_m: float,
) -> tuple[int, float, float]:
    """Threat level from relative position, m, and velocity, m/s, and the closest distance, horizontal and vertical, m.
    `fail_`, `warn_`: AVD_F_ and AVD_W_ times and distances. The age of the report is added to the times."""
    old_s = age_ms // 1000
    closest = nearest_ahead(north, east, v_north, v_east, fail_s + old_s)
    level = HIGH
    if closest >= fail_m:
        closest = nearest_ahead(north, east, v_north, v_east, warn_s + old_s)
        level = LOW if closest < warn_m else NONE
    closest_z = height_ahead(up, sinking, warn_s + old_s)
    if level != NONE:
        if closest_z > warn_z_m:
            level = NONE
        else:
            closest_z = height_ahead(up, sinking, fail_s + old_s)
            level = LOW if closest_z > fail_z_m else level
    if age_ms > OLDEST_MS:
        level = NONE
    return level, closest, closest_z
