"""Plans made in code: items by metres from home, and some plans that are good."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi, sin

from autopilot.interface.geo import GeoPoint, to_global
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan

HOME = GeoPoint(47.0, 8.0, 400.0)
POLYGON, OUT = Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, Cmd.NAV_FENCE_POLYGON_VERTEX_EXCLUSION
WITHIN, AROUND = Cmd.NAV_FENCE_CIRCLE_INCLUSION, Cmd.NAV_FENCE_CIRCLE_EXCLUSION


def at(north: float, east: float) -> dict[str, float]:
    """Latitude and longitude so many metres from home."""
    place = to_global(HOME, (north, east, 0.0))
    return {"x": place.lat, "y": place.lon}


def wp(north: float, east: float, z: float = 20.0, **more: float) -> MissionItem:
    return replace(MissionItem(Cmd.NAV_WAYPOINT, z=z, **at(north, east)), **more)  # type: ignore[arg-type]


def do(command: Cmd, param1: float = 0.0, param2: float = 0.0, **more: float) -> MissionItem:
    return MissionItem(command, param1=param1, param2=param2, **more)  # type: ignore[arg-type]


def ring(command: Cmd, north: float, east: float, radius: float, corners: int = 12) -> list[MissionItem]:
    turns = [2.0 * pi * corner / corners for corner in range(corners)]
    places = [at(north + radius * cos(turn), east + radius * sin(turn)) for turn in turns]
    return [MissionItem(command, param1=corners, **place) for place in places]


def plan_of(*items: MissionItem, fence: list[MissionItem] | None = None, rally: tuple[MissionItem, ...] = ()) -> Plan:
    def numbered(ones: list[MissionItem], first: int) -> tuple[MissionItem, ...]:
        return tuple(replace(one, seq=number) for number, one in enumerate(ones, first))

    return Plan(HOME, numbered(list(items), 1), numbered(fence or [], 0), numbered(list(rally), 0))


UP, BACK = MissionItem(Cmd.NAV_TAKEOFF, z=20.0), MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)
GOOD = (UP, wp(100, 0), wp(100, 100), wp(0, 100), BACK)
WIDE = ring(POLYGON, 50, 50, 400)
