"""Positions for staying in place (hover, or a circle for wings), and for coming to rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.control.avoidance import stopping_distance
from autopilot.interface import report
from autopilot.interface.geo import Ned, to_global
from autopilot.interface.mathematics import hypot
from autopilot.interface.targets import Circle, Hold, Land, Leg, Target, Yaw, YawMode
from autopilot.vehicles.mode_table import TerrainFollow

_KEEP: Final = Yaw(YawMode.KEEP)
_SMALLEST_M: Final = 1.0
_NEAREST_M: Final = 0.5  # least LOIT_RADIUS that acts
_MOST_UP_M, _MOST_DOWN_M = 3.0, 2.0  # limits of a stopping distance, m (POSCONTROL_STOPPING_DIST_*)


def stay(facts: VehicleFacts, yaw: Yaw = _KEEP, place: Ned | None = None, mode: TerrainFollow | None = None) -> Target:
    """Target that keeps the vehicle at `place` (NED m), None: here. With a stall speed it circles and ignores `yaw`;
    above the ground, if TERRAIN_FOLLOW has its `mode`. What drifts comes back (ArduRover's start_loiter)."""
    if facts.vehicle_class.drifts and place is None:
        return keep_place(facts)
    if not facts.vehicle_class.has_stall_speed:
        return Hold(place, yaw)
    circle = loiter(facts, facts.vehicle.state.position if place is None else place)
    return circle if mode is None else over_terrain(facts, circle, mode)


def loiter(facts: VehicleFacts, center: Ned, radius: float = 0.0) -> Circle:
    """Circle about `center` without an end; it counts as reached at its edge. `radius` m, negative: counter-clockwise;
    0: the kind's default, as for one that is too small for the kind."""
    measure, own = facts.vehicle_class.measures.circle_radius, radius
    if abs(own) <= measure.too_small:
        radius = -abs(facts.measure(measure)) if own < 0.0 else facts.measure(measure)
    usual = 0.0 <= own <= measure.too_small
    return Circle(center, max(abs(radius), _SMALLEST_M), -1 if radius < 0.0 else 1, turns=0.0, usual=usual)


def followed_ground(facts: VehicleFacts, place: Ned, mode: TerrainFollow) -> float | None:
    """The known ground at a place, NED d (m), in a `mode` in which TERRAIN_FOLLOW has the vehicle follow it."""
    origin = facts.vehicle.origin
    if not int(facts.param("TERRAIN_FOLLOW")) & (TerrainFollow.ALL_MODES | mode) or origin is None:
        return None
    there = to_global(origin, place)
    ground = facts.ground_at(there.lat, there.lon) if facts.terrain.known else None
    return None if ground is None else origin.alt - ground


def over_terrain(facts: VehicleFacts, circle: Circle, mode: TerrainFollow) -> Circle:
    """The circle at the height above the ground that it has at its centre, where the ground is followed (ArduPlane's
    setup_terrain_target_alt)."""
    ground = followed_ground(facts, circle.center, mode)
    return circle if ground is None else replace(circle, over_ground=ground - circle.center[2])


def comes_to_rest(facts: VehicleFacts) -> bool:
    """True for a vehicle that can stand still: it has no stall speed and does not drift."""
    kind = facts.vehicle_class
    return kind.hovers or not (kind.flies or kind.drifts)


def stopping_point(facts: VehicleFacts) -> Ned:
    """Position at which the vehicle would come to rest, NED m. Hovering vehicles use the gains and accelerations of
    their waypoints (ArduPilot AC_PosControl.cpp, get_stopping_point_NE_m, get_stopping_point_U_m), rovers their
    deceleration. For other kinds it is the present position."""
    here = facts.vehicle.state.position
    if not comes_to_rest(facts):
        return here
    if not facts.vehicle_class.hovers:
        return braking_point(facts)
    vector = facts.vehicle.state.report
    north, east, down = (float(vector[field]) for field in (report.VN, report.VE, report.VD))
    speed = hypot(north, east)
    fastest = min(speed, facts.first(facts.vehicle_class.measures.cruise))
    ahead = _way_to_rest(facts, fastest, "PSC_POSXY_P", "WPNAV_ACCEL") / speed if speed > 0.0 else 0.0
    sink = _way_to_rest(facts, abs(down), "PSC_POSZ_P", "WPNAV_ACCEL_Z")
    lower = min(sink, _MOST_DOWN_M) if down > 0.0 else -min(sink, _MOST_UP_M)
    return (here[0] + ahead * north, here[1] + ahead * east, here[2] + lower)


def aim(facts: VehicleFacts, target: Target) -> Ned:
    """Position that `target` leads to, NED m; without one the position at which the vehicle comes to rest."""
    match target:
        case Leg():
            return target.goal or target.end
        case Circle(center=place) | Hold(position=tuple(place)):
            return place
        case Land(position=tuple(place)):
            return (*place, facts.vehicle.state.position[2])
        case _:
            return stopping_point(facts)


def braking_point(facts: VehicleFacts) -> Ned:
    """Position at which a driving vehicle stops by its deceleration, NED m (AR_WPNav.cpp, get_stopping_location)."""
    (north, east, down), (vn, ve, _) = facts.vehicle.state.position, facts.vehicle.state.velocity
    brakes = facts.param("ATC_DECEL_MAX", 0.0) or facts.param("ATC_ACCEL_MAX", 1.0)
    ahead = 0.5 * hypot(vn, ve) / brakes if brakes > 0.0 else 0.0
    return (north + ahead * vn, east + ahead * ve, down)


def keep_place(facts: VehicleFacts) -> Hold:
    """LOITER of what drives: stop, and drive back when pushed out of LOIT_RADIUS (Rover/mode_loiter.cpp)."""
    return Hold(braking_point(facts), radius=max(facts.param("LOIT_RADIUS", 2.0), _NEAREST_M))


def _way_to_rest(facts: VehicleFacts, speed: float, gain: str, accel: str) -> float:
    return stopping_distance(speed, max(facts.param(gain, 1.0), 0.1), max(facts.param(accel, 100.0) / 100.0, 0.1))
