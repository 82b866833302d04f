"""What was really surveyed: photos that the camera took along the lines of the plan.

A line leads from each waypoint of the survey to the next, and from the last back to where the pattern repeats. A photo
counts when it was taken over one of them; hanging in the air takes none, and one beside the lines is of something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot

from autopilot.geo import GeoPoint, height_above_home, to_local
from autopilot.mav import Cmd
from autopilot.mission.items import MissionItem

Spot = tuple[float, float, float]
"""m north and east of the pad, above the pad."""


def survey_lines(items: Sequence[MissionItem], home: GeoPoint) -> list[tuple[Spot, Spot]]:
    """The lines that a mission flies with its camera on (from DO_SET_CAM_TRIGG_DIST to the jump that repeats it)."""
    points: list[tuple[int, Spot]] = []
    start: int | None = None
    lines: list[tuple[Spot, Spot]] = []
    for item in items:
        if item.command == Cmd.NAV_WAYPOINT:
            north, east, _ = to_local(home, item.x, item.y, home.alt)
            points.append((item.seq, (north, east, height_above_home(item.frame, item.z, home))))
        elif item.command == Cmd.DO_SET_CAM_TRIGG_DIST:
            start = max(len(points) - 1, 0)
        elif item.command == Cmd.DO_JUMP and start is not None and points:
            again = next((spot for at, spot in points if at >= item.param1), None)
            lines += [] if again is None else [(points[-1][1], again)]
    if start is None:
        return []
    return [*pairwise(spot for _, spot in points[start:]), *lines]


def over_a_line(place: Spot, lines: Sequence[tuple[Spot, Spot]], off_m: float) -> bool:
    """Is it within `off_m` of one of them?"""
    return any(_off(place, begin, end) <= off_m for begin, end in lines)


def _off(place: Spot, begin: Spot, end: Spot) -> float:
    """Distance from a line, m."""
    way = [b - a for a, b in zip(begin, end, strict=True)]
    to = [p - a for a, p in zip(begin, place, strict=True)]
    length_2 = sum(step * step for step in way)
    along = 0.0 if length_2 == 0.0 else min(max(sum(a * b for a, b in zip(to, way, strict=True)) / length_2, 0.0), 1.0)
    return hypot(*(t - along * w for t, w in zip(to, way, strict=True)))
