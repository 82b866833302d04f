"""Free distance of a straight way between barriers: its distance from fences and from seen objects.

Level geometry, metres north and east of the origin. As in ArduPilot's OABendyRuler, it is positive inside an area to
stay in and outside one to stay out of, minus FENCE_MARGIN. It is negative if the way begins on the wrong side, or by
the length beyond an edge that it crosses. BendyRuler uses the distances to all edges of a polygon except that from its
last corner to its first, which it only must not cross. Sources: AC_Avoidance/AP_OABendyRuler.cpp
(calc_margin_from_...), AP_Math/polygon.cpp (Polygon_closest_distance_line).
"""

from __future__ import annotations

from math import inf, radians

import numpy as np
import numpy.typing as npt

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import to_local
from autopilot.interface.mathematics import cos, hypot, sin
from autopilot.interface.obstacles import Scan
from autopilot.interface.records import dataclass
from autopilot.mission.fence import Fence, distance_to_segment
from autopilot.safety.fence_limits import FenceType

Place = tuple[float, float]
_DIRECTIONS = 72
Floats = npt.NDArray[np.float64]


class Enclosure:
    """A polygon to stay in (`inside`) or out of."""

    def __init__(self, corners: tuple[Place, ...], inside: bool) -> None:
        self.corners = corners
        self.inside = inside
        self._from: Floats = np.array(corners).reshape(-1, 2).T
        self._to: Floats = np.roll(self._from, -1, axis=1)

    def holds(self, at: Place) -> bool:
        """True for a place on the allowed side."""
        (n1, e1), (n2, e2) = self._from, self._to
        spans = (n1 > at[0]) != (n2 > at[0])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            beyond = at[1] < e1 + (at[0] - n1) * (e2 - e1) / (n2 - n1)
        return bool(np.count_nonzero(spans & beyond) % 2) is self.inside

    def crossing(self, begin: Place, end: Place) -> float:
        """Share of the way at which it first crosses an edge; inf: never."""
        dn, de = end[0] - begin[0], end[1] - begin[1]
        edge = self._to - self._from
        off_n, off_e = self._from[0] - begin[0], self._from[1] - begin[1]
        across = dn * edge[1] - de * edge[0]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            along = (off_n * edge[1] - off_e * edge[0]) / across
            on_edge = (off_n * de - off_e * dn) / across
        met = (along > 0.0) & (along < 1.0) & (on_edge >= 0.0) & (on_edge <= 1.0)
        return float(along[met].min()) if met.any() else inf

    def distance(self, begin: Place, end: Place, edges: slice) -> float:
        """Distance between the way and the nearest of `edges`, m; if it crosses one, the length beyond it, below 0."""
        share = self.crossing(begin, end)
        if share != inf:
            return -(1.0 - share) * hypot(end[0] - begin[0], end[1] - begin[1])
        begins, ends = self._from[:, edges], self._to[:, edges]
        from_ends = min(float(_to_edges(at, begins, ends).min()) for at in (begin, end))
        return min(from_ends, float(_to_way(self._from, begin, end).min()))


def _to_edges(at: Place, begins: Floats, ends: Floats) -> Floats:
    """Distances from a place to many segments, m."""
    dn, de = ends - begins
    off_n, off_e = at[0] - begins[0], at[1] - begins[1]
    squared = dn * dn + de * de
    share = np.clip((off_n * dn + off_e * de) / np.where(squared > 0.0, squared, 1.0), 0.0, 1.0)
    distances: Floats = np.sqrt(np.square(off_n - share * dn) + np.square(off_e - share * de))
    return distances


def _to_way(places: Floats, begin: Place, end: Place) -> Floats:
    """Distances from many places to one segment, m."""
    dn, de = end[0] - begin[0], end[1] - begin[1]
    off_n, off_e = places[0] - begin[0], places[1] - begin[1]
    squared = dn * dn + de * de
    share = np.clip((off_n * dn + off_e * de) / squared, 0.0, 1.0) if squared > 0.0 else 0.0
    distances: Floats = np.sqrt(np.square(off_n - share * dn) + np.square(off_e - share * de))
    return distances


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle to stay in (`inside`) or out of."""

    middle: Place
    radius: float
    inside: bool

    def room(self, begin: Place, end: Place) -> float:
        """Distance between the way and the circle's edge, m; below 0 beyond the edge."""
        (n, e), ends = self.middle, (begin, end)
        if self.inside:
            return self.radius - max(hypot(at[0] - n, at[1] - e) for at in ends)
        return distance_to_segment(begin[0] - n, begin[1] - e, end[0] - n, end[1] - e) - self.radius


@dataclass(frozen=True, slots=True)
class Barriers:
    """Barriers of a way. `margin`: distance from areas and discs, m; `objects`: rows of north, east, height difference,
    radius; `closed`: the distances to closing edges count; `ceiling`: m above the vehicle."""

    areas: tuple[Enclosure, ...] = ()
    discs: tuple[Disc, ...] = ()
    margin: float = 0.0
    objects: Floats | None = None
    closed: bool = True
    ceiling: float = inf

    def room(self, begin: Place, end: Place, low: float = 0.0, high: float = 0.0) -> float:
        """Smallest free distance on a level or vertical way from `begin` to `end`, between `low` and `high` m above the
        vehicle; inf: no barriers."""
        least, edges = self.ceiling - high, slice(None if self.closed else -1)
        for area in self.areas:
            distance_m = area.distance(begin, end, edges)
            least = min(least, (distance_m if area.holds(begin) else -distance_m) - self.margin)
        for disc in self.discs:
            least = min(least, disc.room(begin, end) - self.margin)
        if self.objects is not None and self.objects.size:
            beside = -self.objects[2] - np.clip(-self.objects[2], low, high)
            distance_m = np.sqrt(np.square(_to_way(self.objects[:2], begin, end)) + np.square(beside))
            least = min(least, float((distance_m - self.objects[3]).min()))
        return least


def fence_barriers(facts: VehicleFacts, types: FenceType, zones: Fence) -> Barriers:
    """Barriers of the active fences of `types`; `zones` are those of the plan."""
    areas: list[Enclosure] = []
    discs: list[Disc] = []
    origin = facts.vehicle.origin
    if types & FenceType.CIRCLE:
        discs.append(Disc(facts.home_ned[:2], facts.param("FENCE_RADIUS", 300.0), inside=True))
    if types & FenceType.POLYGON and origin is not None:
        for polygon in zones.polygons:
            corners = tuple(to_local(origin, lat, lon, 0.0)[:2] for lat, lon in polygon.vertices)
            areas.append(Enclosure(corners, polygon.inclusion))
        places = [to_local(origin, zone.lat, zone.lon, 0.0)[:2] for zone in zones.circles]
        discs += [Disc(at, zone.radius, zone.inclusion) for at, zone in zip(places, zones.circles, strict=True)]
    return Barriers(tuple(areas), tuple(discs), max(facts.param("FENCE_MARGIN", 2.0), 0.0))


def look_at_fences(facts: VehicleFacts, zones: Fence, range_m: float) -> Scan:
    """Scan as if polygons of the fence were walls, enabled or not: the proximity sensor of SITL
    (AP_Proximity_SITL.cpp)."""
    areas, here = fence_barriers(facts, FenceType.POLYGON, zones).areas, facts.vehicle.state.position[:2]
    distances_m = []
    for k in range(_DIRECTIONS):
        bearing = facts.vehicle.state.yaw + radians(k * 360.0 / _DIRECTIONS)
        end = here[0] + range_m * cos(bearing), here[1] + range_m * sin(bearing)
        share = min((area.crossing(here, end) for area in areas), default=inf)
        distances_m.append(share * range_m)
    return Scan(distances_m, 0.0, 360.0 / _DIRECTIONS, range_m)
