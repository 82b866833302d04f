"""A fence plan: polygons, circles and a return point, made from fence items (docs/reference/mission-semantics.md, 3).

Geometry is done on the plane around a polygon's first corner, with ArduPilot's flat projection
(`autopilot.interface.geo`). It is good for fences of some tens of kilometres, also across the antimeridian.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import isfinite

from autopilot.interface.earth import on_earth
from autopilot.interface.geo import GeoPoint, to_local, wrap_longitude
from autopilot.interface.mathematics import hypot
from autopilot.interface.records import dataclass, field
from autopilot.mav import Cmd
from autopilot.mission.commands import FENCE_COMMANDS
from autopilot.mission.items import MissionItem

_VERTEX = (Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, Cmd.NAV_FENCE_POLYGON_VERTEX_EXCLUSION)
_CIRCLE = (Cmd.NAV_FENCE_CIRCLE_INCLUSION, Cmd.NAV_FENCE_CIRCLE_EXCLUSION)
_INCLUSION = (Cmd.NAV_FENCE_POLYGON_VERTEX_INCLUSION, Cmd.NAV_FENCE_CIRCLE_INCLUSION)


class FenceError(ValueError):
    """The items are not a valid fence; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Polygon:
    """Corners as (lat, lon) in degrees, in order, not closed. `corners`: the same as metres from the first."""

    vertices: tuple[tuple[float, float], ...]
    inclusion: bool
    corners: tuple[tuple[float, float], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "corners", tuple(self._local(lat, lon) for lat, lon in self.vertices))

    def depth(self, lat: float, lon: float) -> float:
        """Distance from the point to the edge, m, positive inside the polygon."""
        north, east = self._local(lat, lon)
        inside = False
        nearest = float("inf")
        n1, e1 = self.corners[-1][0] - north, self.corners[-1][1] - east
        for corner_n, corner_e in self.corners:
            n2, e2 = corner_n - north, corner_e - east
            if (n1 > 0.0) != (n2 > 0.0) and e1 - n1 * (e2 - e1) / (n2 - n1) > 0.0:
                inside = not inside
            nearest = min(nearest, distance_to_segment(n1, e1, n2, e2))
            n1, e1 = n2, e2
        return nearest if inside else -nearest

    def _local(self, lat: float, lon: float) -> tuple[float, float]:
        return to_local(GeoPoint(*self.vertices[0]), lat, lon, 0.0)[:2]


def middle(places: Collection[tuple[float, float]]) -> tuple[float, float]:
    """Centre of the box around places, degrees: the return point of a polygon without one (AC_PolyFence_loader.cpp)."""
    lats, lons = zip(*places, strict=True)
    east = [wrap_longitude(lon - lons[0]) for lon in lons]
    return 0.5 * (min(lats) + max(lats)), wrap_longitude(lons[0] + 0.5 * (min(east) + max(east)))


@dataclass(frozen=True, slots=True)
class Zone:
    """A circle: centre in degrees, radius in metres."""

    lat: float
    lon: float
    radius: float
    inclusion: bool

    def depth(self, lat: float, lon: float) -> float:
        """Distance from the point to the edge, m, positive inside the circle."""
        north, east, _ = to_local(GeoPoint(lat, lon), self.lat, self.lon, 0.0)
        return self.radius - hypot(north, east)


@dataclass(frozen=True, slots=True)
class Fence:
    """Inclusion and exclusion zones. Without zones every place is inside."""

    polygons: tuple[Polygon, ...] = ()
    circles: tuple[Zone, ...] = ()
    return_point: tuple[float, float] | None = None

    def __bool__(self) -> bool:
        return bool(self.polygons or self.circles)

    def margin(self, lat: float, lon: float, *, any_inclusion: bool = False) -> float:
        """Distance from (`lat`, `lon`) degrees to the nearest limit, m: positive inside, negative outside, inf without
        zones. `any_inclusion` (FENCE_OPTIONS bit 1): one inclusion zone is enough instead of all."""
        return self.margin_of(self.depths(lat, lon), any_inclusion=any_inclusion)

    def depths(self, lat: float, lon: float) -> tuple[float, ...]:
        """Distance from a place (degrees) to the edge of each polygon, then of each circle, m; positive inside."""
        polygons = (polygon.depth(lat, lon) for polygon in self.polygons)
        return (*polygons, *(circle.depth(lat, lon) for circle in self.circles))

    def margin_of(self, depths: Sequence[float], *, any_inclusion: bool = False) -> float:
        """`margin` of a place with these `depths`."""
        zones: tuple[Polygon | Zone, ...] = (*self.polygons, *self.circles)
        inner = [depth for zone, depth in zip(zones, depths, strict=True) if zone.inclusion]
        outer = [-depth for zone, depth in zip(zones, depths, strict=True) if not zone.inclusion]
        within = (max(inner) if any_inclusion else min(inner)) if inner else float("inf")
        return min([within, *outer])

    def inside(self, lat: float, lon: float, *, any_inclusion: bool = False) -> bool:
        """True if the place (degrees) is inside all inclusion zones (or any) and no exclusion zone. The edge counts as
        inside."""
        return self.margin(lat, lon, any_inclusion=any_inclusion) >= 0.0


def parse_fence(items: Sequence[MissionItem], *, empty_circles: bool = True) -> Fence:
    """Fence of `items`; a circle of radius 0 has no area. Raises FenceError."""
    polygons: list[Polygon] = []
    circles: list[Zone] = []
    back: tuple[float, float] | None = None
    at = 0
    while at < len(items):
        item = items[at]
        if item.command in _VERTEX:
            polygons.append(_polygon(items, at))
            at += len(polygons[-1].vertices)
            continue
        if item.command in _CIRCLE:
            if not (item.param1 > 0.0 or (empty_circles and item.param1 == 0.0)):
                raise FenceError(f"fence item {at}: radius {item.param1:g}, must be above 0")
            circles.append(Zone(item.x, item.y, item.param1, item.command in _INCLUSION))
        elif item.command == Cmd.NAV_FENCE_RETURN_POINT:
            if back is not None:
                raise FenceError(f"fence item {at}: a second return point")
            back = (item.x, item.y)
        else:
            raise FenceError(f"fence item {at}: command {item.command} is no fence item")
        _check_place(item, at)
        at += 1
    return Fence(tuple(polygons), tuple(circles), back)


def check_fence(items: Sequence[MissionItem], *, empty_circles: bool = False) -> str | None:
    """Complaint about `items` as a fence, or None. `empty_circles`: a radius of 0 is allowed."""
    try:
        parse_fence(items, empty_circles=empty_circles)
    except FenceError as error:
        return str(error)
    return None


def _polygon(items: Sequence[MissionItem], at: int) -> Polygon:
    first = items[at]
    count = int(first.param1) if isfinite(first.param1) else 0
    if count < 3 or count != first.param1:
        raise FenceError(f"fence item {at}: {first.param1:g} vertices, must be 3 or more")
    corners = items[at : at + count]
    if len(corners) < count:
        raise FenceError(f"fence item {at}: {len(corners)} of {count} vertices")
    for offset, corner in enumerate(corners):
        if corner.command != first.command or corner.param1 != first.param1:
            raise FenceError(f"fence item {at + offset}: not a vertex of the polygon before it")
        _check_place(corner, at + offset)
    return Polygon(tuple((c.x, c.y) for c in corners), first.command in _INCLUSION)


def _check_place(item: MissionItem, at: int) -> None:
    if item.command in FENCE_COMMANDS and not on_earth(item.x, item.y):
        raise FenceError(f"fence item {at}: position {item.x:g}, {item.y:g} out of range")


def distance_to_segment(n1: float, e1: float, n2: float, e2: float) -> float:
    """Distance of the origin from the segment between two points, m."""
    dn, de = n2 - n1, e2 - e1
    length = dn * dn + de * de
    along = max(0.0, min(1.0, -(n1 * dn + e1 * de) / length)) if length > 0.0 else 0.0
    return hypot(n1 + along * dn, e1 + along * de)
