"""Threat of another aircraft: the closest approach if both fly on unchanged.

The judgement is ArduPilot's (`autopilot.control.approach`), so both decide alike in the same situation. The age of a
report is added to the prediction time; the position is not extrapolated.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

from autopilot.control.approach import level_of
from autopilot.interface.geo import GeoPoint, Ned, to_local
from autopilot.interface.mathematics import hypot
from autopilot.interface.records import dataclass
from autopilot.interface.traffic import Contact, Limits
from autopilot.mav import CollisionThreat

_STANDING_MPS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Threat:
    """Approach of `contact`. `relative`: its reported place, NED m from the vehicle; `closest_m`: horizontal;
    `closest_z_m`: vertical; `time_s`: until the closest approach."""

    contact: Contact
    level: CollisionThreat
    relative: Ned
    closest_m: float
    closest_z_m: float
    time_s: float


def judge(here: GeoPoint, velocity: Ned, contact: Contact, limits: Limits, now_ms: int) -> Threat:
    """Threat of `contact` to a vehicle at `here` with this velocity, NED m/s."""
    relative = to_local(here, contact.place.lat, contact.place.lon, contact.place.alt)
    north, east, down = relative
    own_n, own_e, own_d = velocity
    v_n, v_e, v_d = contact.velocity or (0.0, 0.0, 0.0)
    v_n, v_e, v_d = v_n - own_n, v_e - own_e, v_d - own_d
    level, closest, closest_z = level_of(
        north, east, -down, v_n, v_e, v_d, now_ms - contact.time_ms, *limits.in_order()
    )
    to_go, speed = hypot(north, east) - closest, hypot(v_n, v_e)
    return Threat(
        contact, CollisionThreat(level), relative, closest, closest_z, to_go / speed if to_go and speed else 0.0
    )


def away_from(threat: Threat) -> Ned | None:
    """Direction away from the other's course, NED of length 1: at a right angle to its velocity, or straight away from
    a standing one. None: undefined."""
    north, east, down = (-part for part in threat.relative)
    v_n, v_e, v_d = threat.contact.velocity or (0.0, 0.0, 0.0)
    squared = v_n * v_n + v_e * v_e + v_d * v_d
    if squared >= _STANDING_MPS * _STANDING_MPS:
        along = (north * v_n + east * v_e + down * v_d) / squared
        north, east, down = north - along * v_n, east - along * v_e, down - along * v_d
    size = sqrt(north * north + east * east + down * down)
    return None if size == 0.0 else (north / size, east / size, down / size)
