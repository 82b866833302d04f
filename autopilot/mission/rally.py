"""Rally points: where RTL may go instead of home (docs/reference/mission-semantics.md, 3 item 5)."""

from __future__ import annotations

from collections.abc import Iterable

from autopilot.interface.geo import GeoPoint, altitude_amsl, distance
from autopilot.mission.commands import RALLY_COMMANDS
from autopilot.mission.items import MissionItem


def rally_place(item: MissionItem, home: GeoPoint, ground: float | None) -> GeoPoint:
    """Position of rally `item`, altitude AMSL, m. `ground`: that of the ground there, if it is known."""
    alt = altitude_amsl(item.frame, item.z, home, ground)
    return GeoPoint(item.x, item.y, item.z if alt is None else alt)


def nearest(places: Iterable[GeoPoint], here: GeoPoint) -> GeoPoint | None:
    """The place with the smallest horizontal distance from `here`, or None."""
    return min(places, key=lambda place: distance(here, place), default=None)


def check_rally(items: Iterable[MissionItem]) -> str | None:
    """Complaint about `items` as rally points, or None."""
    for at, item in enumerate(items):
        if item.command not in RALLY_COMMANDS:
            return f"rally item {at}: command {item.command} is no rally point"
    return None
