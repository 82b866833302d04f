"""Plans that are drawn on a map: a fence around an area, rally points, a mission through places, a survey of an area in
lanes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import atan2, ceil, cos, hypot, sin

from autopilot.interface.geo import GeoPoint, to_global, to_local
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem

Place = tuple[float, float]
"""Latitude, longitude, degrees."""
Flat = tuple[float, float]
"""Metres north and east."""
MOST_LANES = 500
NARROWEST_M = 0.1
_ROUNDING = 1e-3
"""Share of a lane that is given up, so that a side of four distances has four lanes."""


def fence_around(places: Sequence[Place]) -> list[MissionItem]:
    """A polygon to stay in; its corners in order, not closed."""
    count = float(len(places))
    return [
        MissionItem(Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, Frame.GLOBAL, param1=count, x=lat, y=lon, seq=seq)
        for seq, (lat, lon) in enumerate(places)
    ]


def rally_at(places: Sequence[Place], height_m: float) -> list[MissionItem]:
    """Rally points, at this height above home."""
    return [
        MissionItem(Cmd.NAV_RALLY_POINT, x=lat, y=lon, z=height_m, seq=seq) for seq, (lat, lon) in enumerate(places)
    ]


def mission_through(places: Sequence[Place], height_m: float, *, flies: bool) -> list[MissionItem]:
    """Takeoff where it flies, the places in order, return."""
    items = [MissionItem(Cmd.NAV_TAKEOFF, z=height_m)] if flies else []
    items += [MissionItem(Cmd.NAV_WAYPOINT, x=lat, y=lon, z=height_m) for lat, lon in places]
    return [*items, MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)]


def lanes_over(places: Sequence[Place], apart_m: float) -> list[Place]:
    """Ends of parallel lanes over a polygon, there and back in turn, half a distance inside of its edge: along its
    longest side, which makes the fewest turns. ValueError when there are more than `MOST_LANES`, or
    no area."""
    origin = GeoPoint(*places[0], 0.0)
    corners = [to_local(origin, lat, lon, 0.0)[:2] for lat, lon in places]
    along = _longest_side(corners)
    turned = [_turned(corner, -along) for corner in corners]
    low, high = min(east for _, east in turned), max(east for _, east in turned)
    if high - low < NARROWEST_M:
        raise ValueError("its corners lie on one line, and an area has a width")
    count = max(1, ceil((high - low) / apart_m - _ROUNDING))
    if count > MOST_LANES:
        raise ValueError(f"{count} lanes; at most {MOST_LANES}")
    first = (low + high - (count - 1) * apart_m) / 2.0
    ends: list[Place] = []
    for lane in range(count):
        east = first + lane * apart_m
        crossings = sorted(_crossings(turned, east), reverse=lane % 2 == 1)
        for north in crossings:
            n, e = _turned((north, east), along)
            place = to_global(origin, (n, e, 0.0))
            ends.append((round(place.lat, 7), round(place.lon, 7)))
    return ends


def _longest_side(corners: Sequence[Flat]) -> float:
    """Direction of the longest side from north, rad."""
    sides = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)]
    north, east = max(sides, key=lambda side: hypot(*side))
    return atan2(east, north)


def _turned(place: Flat, by_rad: float) -> Flat:
    """Clockwise, seen from above."""
    north, east = place
    return north * cos(by_rad) - east * sin(by_rad), north * sin(by_rad) + east * cos(by_rad)


def _crossings(corners: Sequence[Flat], east: float) -> Iterator[float]:
    """Points, m north, where the polygon's sides cross the line `east`, m. A corner belongs to one of its sides."""
    for (n1, e1), (n2, e2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (e1 <= east) != (e2 <= east):
            yield n1 + (n2 - n1) * (east - e1) / (e2 - e1)
