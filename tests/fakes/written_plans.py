"""Plans written as lines of text: `QGC WPL 110`, and the old fence and rally files, as other programs write them
(`autopilot.mission.plan_text` reads them)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import isfinite

from autopilot.interface.geo import ABOVE_HOME, GeoPoint
from autopilot.mav import Cmd, Frame
from autopilot.mission.fence import parse_fence
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import PlanError
from autopilot.mission.plan_text import HEADER


def exact(value: float) -> str:
    """`value` with all its digits and without an exponent, which not every reader takes."""
    if not isfinite(value):
        return "nan"
    return format(Decimal(repr(value)), "f") if value != int(value) else f"{value:.1f}"


def format_waypoints(items: Sequence[MissionItem], home: GeoPoint | None = None) -> str:
    """A `QGC WPL 110` file of `items` (numbered from 1) behind a home line, zeros without `home`."""
    place = home or GeoPoint(0.0, 0.0, 0.0)
    rows = [_format_line(0, 1, MissionItem(Cmd.NAV_WAYPOINT, Frame.GLOBAL, x=place.lat, y=place.lon, z=place.alt))]
    rows += [_format_line(seq, 0, item) for seq, item in enumerate(items, 1)]
    return "\n".join([HEADER, *rows]) + "\n"


def _format_line(seq: int, current: int, item: MissionItem) -> str:
    numbers = (item.param1, item.param2, item.param3, item.param4, item.x, item.y, item.z)
    fields = [str(seq), str(current), str(item.frame), str(item.command), *map(exact, numbers)]
    return "\t".join([*fields, str(int(item.autocontinue))])


def format_fence_text(items: Sequence[MissionItem]) -> str:
    """An old fence file. Raises PlanError when `items` are more than one inclusion polygon and a return point."""
    fence = parse_fence(items)
    polygon = fence.polygons[0] if len(fence.polygons) == 1 else None
    if polygon is None or not polygon.inclusion or fence.circles or fence.return_point is None:
        raise PlanError("fence", "one inclusion polygon and a return point", "something else")
    points = [fence.return_point, *polygon.vertices, polygon.vertices[0]]
    return "".join(f"{exact(lat)}\t{exact(lon)}\n" for lat, lon in points)


def format_rally_text(items: Sequence[MissionItem]) -> str:
    """An old rally file. Raises PlanError for a point whose altitude is not above home."""
    rows = []
    for item in items:
        if item.frame not in ABOVE_HOME:
            raise PlanError(f"rally point {item.seq}", "an altitude above home (frame 3)", f"frame {item.frame}")
        rows.append(f"RALLY {exact(item.x)}\t{exact(item.y)}\t{exact(item.z)}\t0.0\t0.0\t0\n")
    return "".join(rows)
