"""Plans drawn on a map: a fence around an area, rally points, a mission through places, a survey in lanes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import atan2, ceil, cos, hypot, sin

from autopilot.interface.geo import GeoPoint, to_global, to_local
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem

Place = tuple[float, float]
"""Latitude and longitude, degrees."""
Flat = tuple[float, float]
"""Metres north and east."""
MOST_LANES = 500
NARROWEST_M = 0.1
_ROUNDING = 1e-3
"""Part of a lane that may be missing, so that a side of four lane distances has four lanes."""


def fence_around(places: Sequence[Place]) -> list[MissionItem]:
    """Return an inclusion polygon; corners in order, not closed."""
    count = float(len(places))
    return [
        MissionItem(Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, Frame.GLOBAL, param1=count, x=lat, y=lon, seq=seq)
        for seq, (lat, lon) in enumerate(places)
    ]


def rally_at(places: Sequence[Place], height_m: float) -> list[MissionItem]:
    """Return rally points at this height above home."""
    return [
        MissionItem(Cmd.NAV_RALLY_POINT, x=lat, y=lon, z=height_m, seq=seq) for seq, (lat, lon) in enumerate(places)
    ]


def mission_through(places: Sequence[Place], height_m: float, *, flies: bool) -> list[MissionItem]:
    """Return takeoff (if the vehicle flies), the places in order, return."""
    items = [MissionItem(Cmd.NAV_TAKEOFF, z=height_m)] if flies else []
    items += [MissionItem(Cmd.NAV_WAYPOINT, x=lat, y=lon, z=height_m) for lat, lon in places]
    return [*items, MissionItem(Cmd.NAV_RETURN_TO_LAUNCH)]


def lanes_over(places: Sequence[Place], apart_m: float) -> list[Place]:
    """Return the ends of parallel lanes over a polygon, in alternating direction, starting half a lane inside its edge.
    Lanes follow the longest side, which needs the fewest turns. ValueError for more than `MOST_LANES`, or without
    area."""
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
    """Return the direction of the longest side from north, rad."""
    sides = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)]
    north, east = max(sides, key=lambda side: hypot(*side))
    return atan2(east, north)


def _turned(place: Flat, by_rad: float) -> Flat:
    """Rotate clockwise, seen from above."""
    north, east = place
    return north * cos(by_rad) - east * sin(by_rad), north * sin(by_rad) + east * cos(by_rad)


def _crossings(corners: Sequence[Flat], east: float) -> Iterator[float]:
    """Yield the points where sides of the polygon cross the line `east`, m north. A corner belongs to one of its
    sides."""
    for (n1, e1), (n2, e2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (e1 <= east) != (e2 <= east):
            yield n1 + (n2 - n1) * (east - e1) / (e2 - e1)
