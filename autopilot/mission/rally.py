"""Rally points: alternatives to home for RTL (docs/reference/mission-semantics.md, 3 item 5). For a firmware that has
them, circles follow each point, from which a landing there begins."""

from __future__ import annotations

from collections.abc import Iterable

from autopilot.interface.geo import GeoPoint, altitude_amsl, distance
from autopilot.mav import Cmd
from autopilot.mission.commands import RALLY_COMMANDS
from autopilot.mission.items import MissionItem


def rally_place(item: MissionItem, home: GeoPoint, ground: float | None) -> GeoPoint:
    """Position of rally `item`, altitude AMSL, m. `ground`: height of the ground there, if known."""
    alt = altitude_amsl(item.frame, item.z, home, ground)
    return GeoPoint(item.x, item.y, item.z if alt is None else alt)


def nearest(places: Iterable[GeoPoint], here: GeoPoint) -> GeoPoint | None:
    """Place with the smallest horizontal distance from `here`, or None."""
    return min(places, key=lambda place: distance(here, place), default=None)


def points(items: Iterable[MissionItem]) -> tuple[MissionItem, ...]:
    """Rally points without their approaches."""
    return tuple(item for item in items if item.command in RALLY_COMMANDS)


def check_rally(items: Iterable[MissionItem]) -> str | None:
    """Complaint about `items` as rally points and their approaches, or None."""
    for at, item in enumerate(items):
        approach = at > 0 and item.command == Cmd.NAV_LOITER_TO_ALT
        if item.command not in RALLY_COMMANDS and not approach:
            return f"rally item {at}: command {item.command} is no rally point"
    return None
