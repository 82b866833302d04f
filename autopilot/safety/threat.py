"""Threat of another aircraft: how near it will come if both fly on as they do.

The judgement is ArduPilot's (AP_Avoidance.cpp), so that both decide alike in the same situation: the horizontal
distance is that of the nearest point of the relative motion within the time ahead, to which the age of the report is
added; the position is not moved on by that age. Of the vertical motion ArduPilot counts metres as centimetres, so that
the difference in height is nearly the present one; and where both come closer in height it is not predicted at all.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from autopilot.interface.geo import GeoPoint, Ned, to_local
from autopilot.interface.mathematics import hypot
from autopilot.interface.records import dataclass
from autopilot.interface.traffic import Contact
from autopilot.mav import CollisionThreat

OLDEST_MS: Final = 5000
"""Age at which a report is no threat any more, ms (MAX_OBSTACLE_AGE_MS)."""
_CENTI: Final = 0.01
_STANDING_MPS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """AVD_F_ and AVD_W_ distances and times: s, m horizontal, m vertical."""

    fail_s: float
    fail_m: float
    fail_z_m: float
    warn_s: float
    warn_m: float
    warn_z_m: float


@dataclass(frozen=True, slots=True)
class Threat:
    """Approach of `contact`. `relative`: where it was reported, NED m from the vehicle; `closest_m` horizontal,
    `closest_z_m` in height; `time_s`: until then."""

    contact: Contact
    level: CollisionThreat
    relative: Ned
    closest_m: float
    closest_z_m: float
    time_s: float


def nearest_ahead(north: float, east: float, v_north: float, v_east: float, seconds: float) -> float:
    """Least horizontal distance, m, of what is there and moves so, relative to the vehicle, from now on within
    `seconds`."""
    squared = (v_north * v_north + v_east * v_east) * seconds
    along = -(north * v_north + east * v_east)
    share_s = 0.0 if squared <= 0.0 else min(max(along / squared, 0.0), 1.0) * seconds
    return hypot(north + v_north * share_s, east + v_east * share_s)


def _height_ahead(up: float, sinking: float, seconds: float) -> float:
    """Difference in height, m, as ArduPilot predicts it: see the module. `up`: of the other above the vehicle;
    `sinking`: m/s faster than the vehicle."""
    if (up >= 0.0 and sinking >= 0.0) or (up <= 0.0 and sinking <= 0.0):
        return abs(up)
    return abs(up - _CENTI * sinking * seconds)


def judge(here: GeoPoint, velocity: Ned, contact: Contact, limits: Limits, now_ms: int) -> Threat:
    """The threat of `contact` to a vehicle that is `here` with this velocity, NED m/s."""
    relative = to_local(here, contact.place.lat, contact.place.lon, contact.place.alt)
    north, east, down = relative
    own_n, own_e, own_d = velocity
    v_n, v_e, v_d = contact.velocity or (0.0, 0.0, 0.0)
    v_n, v_e, v_d = v_n - own_n, v_e - own_e, v_d - own_d
    old_s = (now_ms - contact.time_ms) // 1000
    closest = nearest_ahead(north, east, v_n, v_e, limits.fail_s + old_s)
    level = CollisionThreat.HIGH
    if closest >= limits.fail_m:
        closest = nearest_ahead(north, east, v_n, v_e, limits.warn_s + old_s)
        level = CollisionThreat.LOW if closest < limits.warn_m else CollisionThreat.NONE
    closest_z = _height_ahead(-down, v_d, limits.warn_s + old_s)
    if level is not CollisionThreat.NONE:
        if closest_z > limits.warn_z_m:
            level = CollisionThreat.NONE
        else:
            closest_z = _height_ahead(-down, v_d, limits.fail_s + old_s)
            level = CollisionThreat.LOW if closest_z > limits.fail_z_m else level
    if now_ms - contact.time_ms > OLDEST_MS:
        level = CollisionThreat.NONE
    to_go, speed = hypot(north, east) - closest, hypot(v_n, v_e)
    return Threat(contact, level, relative, closest, closest_z, to_go / speed if to_go and speed else 0.0)


def room(threat: Threat, velocity: Ned, limits: Limits, now_ms: int) -> float:
    """Room of a vehicle, m: it can move so far before a level below HIGH may be another. Its velocity counts as what a
    change of it makes in the time ahead. Neither the nearest point nor the difference in height changes by more than
    that, but for what the predicted height may be `off`."""
    north, east, down = threat.relative
    v_n, v_e, v_d = threat.contact.velocity or (0.0, 0.0, 0.0)
    v_n, v_e, v_d = v_n - velocity[0], v_e - velocity[1], v_d - velocity[2]
    old_s = (now_ms - threat.contact.time_ms) // 1000
    fail_s, warn_s = limits.fail_s + old_s, limits.warn_s + old_s
    off = _CENTI * abs(v_d) * max(fail_s, warn_s)
    fail = nearest_ahead(north, east, v_n, v_e, fail_s) - limits.fail_m
    warn = nearest_ahead(north, east, v_n, v_e, warn_s) - limits.warn_m
    fail_z, warn_z = abs(down) - limits.fail_z_m, abs(down) - limits.warn_z_m
    if threat.level is CollisionThreat.NONE:  # clear of both distances, or in height
        return max(min(fail, warn), warn_z - off)
    return min(max(-fail, -warn), -warn_z - off, max(fail, fail_z - off))


def away_from(threat: Threat) -> Ned | None:
    """Direction away from the other's way, NED of length 1: at a right angle to its velocity, or straight away from
    one that stands. None: there is none."""
    north, east, down = (-part for part in threat.relative)
    v_n, v_e, v_d = threat.contact.velocity or (0.0, 0.0, 0.0)
    squared = v_n * v_n + v_e * v_e + v_d * v_d
    if squared >= _STANDING_MPS * _STANDING_MPS:
        along = (north * v_n + east * v_e + down * v_d) / squared
        north, east, down = north - along * v_n, east - along * v_e, down - along * v_d
    size = sqrt(north * north + east * east + down * down)
    return None if size == 0.0 else (north / size, east / size, down / size)
