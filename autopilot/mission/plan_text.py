"""The old fence and rally text files of MAVProxy and Mission Planner.

Fence: one "lat lon" a line: return point, polygon, and the polygon's first vertex again. Rally: "RALLY lat lon alt
break_alt land_dir flags", altitude above home; what follows it is for planes and is not kept.
Source: docs/reference/mission-semantics.md, 4 item 8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from autopilot.geo import ABOVE_HOME
from autopilot.mav import Cmd, Frame
from autopilot.mission.fence import parse_fence
from autopilot.mission.items import MissionItem
from autopilot.mission.plan_types import Plan, PlanError, check_position, make_plan
from autopilot.mission.plan_waypoints import content_lines, exact, number

__all__ = ["format_fence_text", "format_rally_text", "parse_fence_text", "parse_rally_text"]

_LEAST_LINES = 5  # return point, a triangle, its first corner again
_VERTEX = int(Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION)


def parse_fence_text(text: str) -> Plan:
    """The fence in an old fence file. Raises PlanError."""
    lines = content_lines(text)
    places = [_parse_place(place, re.split(r"[\s,]+", line)) for place, line in lines]
    if len(places) < _LEAST_LINES:
        raise PlanError("fence", f"a return point and a closed polygon, {_LEAST_LINES} lines", f"{len(places)} lines")
    if places[-1] != places[1]:
        raise PlanError(lines[-1][0], f"the first vertex again ({lines[1][1]})", lines[-1][1])
    corners = places[1:-1]
    back = MissionItem(int(Cmd.NAV_FENCE_RETURN_POINT), Frame.GLOBAL, x=places[0][0], y=places[0][1])
    vertices = [MissionItem(_VERTEX, Frame.GLOBAL, float(len(corners)), x=lat, y=lon) for lat, lon in corners]
    return make_plan(None, [back, *vertices])


def format_fence_text(items: Sequence[MissionItem]) -> str:
    """An old fence file. Raises PlanError when `items` are more than one inclusion polygon and a return point."""
    fence = parse_fence(items)
    polygon = fence.polygons[0] if len(fence.polygons) == 1 else None
    if polygon is None or not polygon.inclusion or fence.circles or fence.return_point is None:
        raise PlanError("fence", "one inclusion polygon and a return point", "something else")
    points = [fence.return_point, *polygon.vertices, polygon.vertices[0]]
    return "".join(f"{exact(lat)}\t{exact(lon)}\n" for lat, lon in points)


def parse_rally_text(text: str) -> Plan:
    """The rally points in an old rally file. Raises PlanError."""
    items: list[MissionItem] = []
    for place, line in content_lines(text):
        fields = re.split(r"[\s,]+", line)
        if fields[0].upper() != "RALLY" or not 4 <= len(fields) <= 7:
            raise PlanError(place, '"RALLY lat lon alt break_alt land_dir flags"', line)
        lat, lon = _parse_place(place, fields[1:3])
        alt = number(fields[3], place, "altitude")
        items.append(MissionItem(int(Cmd.NAV_RALLY_POINT), Frame.GLOBAL_RELATIVE_ALT, x=lat, y=lon, z=alt))
    return make_plan(None, items)


def format_rally_text(items: Sequence[MissionItem]) -> str:
    """An old rally file. Raises PlanError for a point whose altitude is not above home."""
    rows = []
    for item in items:
        if item.frame not in ABOVE_HOME:
            raise PlanError(f"rally point {item.seq}", "an altitude above home (frame 3)", f"frame {item.frame}")
        rows.append(f"RALLY {exact(item.x)}\t{exact(item.y)}\t{exact(item.z)}\t0.0\t0.0\t0\n")
    return "".join(rows)


def _parse_place(place: str, fields: Sequence[str]) -> tuple[float, float]:
    if len(fields) != 2:
        raise PlanError(place, '"lat lon"', " ".join(fields))
    lat, lon = number(fields[0], place, "latitude"), number(fields[1], place, "longitude")
    check_position(MissionItem(_VERTEX, x=lat, y=lon), place)
    return lat, lon
