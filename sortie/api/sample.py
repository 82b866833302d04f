"""The sample mission of `sortie demo`: a square of 60 m around home at 10 m, then return and land. About 90 s."""

from __future__ import annotations

from math import radians

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.mathematics import cos, sin
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem

SIDE_M, HEIGHT_M = 60.0, 10.0


def square(home: GeoPoint, heading_deg: float = 0.0, *, takeoff: bool = True) -> tuple[MissionItem, ...]:
    """Items without the home item: takeoff (copter), four corners ahead and to the right of `home`, return."""
    heading = radians(heading_deg)
    corners = ((SIDE_M, 0.0), (SIDE_M, SIDE_M), (0.0, SIDE_M), (0.0, 0.0))
    items = [MissionItem(Cmd.NAV_TAKEOFF, z=HEIGHT_M)] if takeoff else []
    for ahead, right in corners:
        north = ahead * cos(heading) - right * sin(heading)
        east = ahead * sin(heading) + right * cos(heading)
        place = to_global(home, (north, east, 0.0))
        items.append(MissionItem(Cmd.NAV_WAYPOINT, x=round(place.lat, 7), y=round(place.lon, 7), z=HEIGHT_M))
    items.append(MissionItem(Cmd.NAV_RETURN_TO_LAUNCH))
    return tuple(items)
