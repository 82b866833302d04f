"""Sample missions of `sortie demo`: a square of 60 m around home at 10 m, return and landing, about 90 s; for wings a
circuit of 500 m at 60 m with a landing."""

from __future__ import annotations

from dataclasses import replace
from math import radians

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.mathematics import cos, sin
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.vehicles.vehicle_class import VehicleClass

SIDE_M, HEIGHT_M = 60.0, 10.0
_CIRCUIT_M, _CIRCUIT_HEIGHT_M, _PITCH_DEG = 500.0, 60.0, 12.0
_LIFT_M = 30.0
_APPROACH_M, _APPROACH_HEIGHT_M = 450.0, 40.0  # behind home: a slope of 5 degrees
_TO_TANGENT = 1.0  # param4 of a loiter: leave it on the tangent


def sample(kind: VehicleClass, home: GeoPoint, heading_deg: float = 0.0) -> tuple[MissionItem, ...]:
    """Return the sample mission of a kind of vehicle, without the home item. Its takeoff names home, because 0/0 is a
    place far away for a PX4."""
    if not kind.has_stall_speed:
        items = square(home, heading_deg, takeoff=kind.flies)
    else:
        items = upright(circuit(home, heading_deg)) if kind.lands_anywhere else circuit(home, heading_deg)
    first, *others = items
    return (replace(first, x=round(home.lat, 7), y=round(home.lon, 7)) if kind.flies else first, *others)


def upright(items: tuple[MissionItem, ...]) -> tuple[MissionItem, ...]:
    """Convert a circuit to takeoff and landing on lift motors, without the descent."""
    up, *ways, _, down = items
    lift = replace(up, command=Cmd.NAV_VTOL_TAKEOFF, param1=0.0, z=_LIFT_M)
    return (lift, *ways, replace(down, command=Cmd.NAV_VTOL_LAND))


def square(home: GeoPoint, heading_deg: float = 0.0, *, takeoff: bool = True) -> tuple[MissionItem, ...]:
    """Return a square without the home item: takeoff (copter), four corners ahead and to the right of `home`,
    return."""
    corners = ((SIDE_M, 0.0), (SIDE_M, SIDE_M), (0.0, SIDE_M), (0.0, 0.0))
    items = [MissionItem(Cmd.NAV_TAKEOFF, z=HEIGHT_M)] if takeoff else []
    items += [_at(Cmd.NAV_WAYPOINT, home, heading_deg, corner, HEIGHT_M) for corner in corners]
    return (*items, MissionItem(Cmd.NAV_RETURN_TO_LAUNCH))


def circuit(home: GeoPoint, heading_deg: float = 0.0) -> tuple[MissionItem, ...]:
    """Return a circuit without the home item: takeoff, a square ahead and to the right of `home`, a descending loiter
    behind home, landing at home along the heading."""
    side = _CIRCUIT_M
    corners = ((side, 0.0), (side, side), (-side, side))
    approach = (-_APPROACH_M, 0.0)
    return (
        MissionItem(Cmd.NAV_TAKEOFF, param1=_PITCH_DEG, z=_CIRCUIT_HEIGHT_M),
        *(_at(Cmd.NAV_WAYPOINT, home, heading_deg, corner, _CIRCUIT_HEIGHT_M) for corner in corners),
        _at(Cmd.NAV_LOITER_TO_ALT, home, heading_deg, approach, _APPROACH_HEIGHT_M, _TO_TANGENT),
        _at(Cmd.NAV_LAND, home, heading_deg, (0.0, 0.0), 0.0),
    )


def _at(
    command: Cmd, home: GeoPoint, heading_deg: float, spot: tuple[float, float], up: float, param4: float = 0.0
) -> MissionItem:
    """Return an item at a place ahead and to the right of home, m."""
    heading, (ahead, right) = radians(heading_deg), spot
    north = ahead * cos(heading) - right * sin(heading)
    east = ahead * sin(heading) + right * cos(heading)
    place = to_global(home, (north, east, 0.0))
    return MissionItem(command, param4=param4, x=round(place.lat, 7), y=round(place.lon, 7), z=up)
