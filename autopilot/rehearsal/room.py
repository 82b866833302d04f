"""Distances of the legs of a plan from its fence: segments against polygons and circles, all pairs at once.

On the plane about home, metres. The distance of two segments that do not cross is the smallest of the distances of the
four ends from the other segment (Ericson, Real-Time Collision Detection, 5.1.9).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from autopilot.control import arrays
from autopilot.interface.footprint import Numbers
from autopilot.interface.records import dataclass
from autopilot.mission.fence import Fence
from autopilot.rehearsal.way import FlyingField

_PIECE: Final = 512
"""Number of segments in a step, so that its tables fit in the cache."""
Points = NDArray[np.float64]
"""Array (n, 2), north and east in metres."""


@dataclass(frozen=True, slots=True)
class Segments:
    """`begin` and `end` of n segments, (n, 2) metres north and east."""

    begin: Points
    end: Points


def room(segments: Segments, fence: Fence, field: FlyingField, *, any_inclusion: bool = False) -> Numbers:
    """Distances (n,) from each segment to the nearest edge that it must not cross, m; below 0 if it is outside
    somewhere, inf without zones. `any_inclusion` (FENCE_OPTIONS bit 1): being within one inclusion zone is enough; a
    segment from one into another is checked at 65 points."""
    inner: list[Numbers] = []
    outer: list[Numbers] = []
    for polygon in fence.polygons:
        corners = np.array([field.local(lat, lon) for lat, lon in polygon.vertices])
        (inner if polygon.inclusion else outer).append(_polygon_room(segments, corners, polygon.inclusion))
    for zone in fence.circles:
        center = np.array([field.local(zone.lat, zone.lon)])
        if zone.inclusion:
            far = np.maximum(_lengths(segments.begin - center), _lengths(segments.end - center))
            inner.append(zone.radius - far)
        else:
            outer.append(distances(center, segments.begin, segments.end)[:, 0] - zone.radius)
    if any_inclusion and len(inner) > 1:
        inner = [_united(segments, inner, fence, field)]
    least: Numbers = np.min([np.full(len(segments.begin), np.inf), *inner, *outer], axis=0)
    return least


def _united(segments: Segments, inner: list[Numbers], fence: Fence, field: FlyingField) -> Numbers:
    """Distance within the union of inclusion zones: in a single zone, or along points of the segment from zone to
    zone."""
    best: Numbers = np.max(inner, axis=0)
    zones = [Fence((zone,)) for zone in fence.polygons if zone.inclusion]
    zones += [Fence((), (zone,)) for zone in fence.circles if zone.inclusion]
    halves = np.linspace(0.0, 1.0, 65)[:, None, None]
    for at in np.flatnonzero(best < 0.0):
        points = segments.begin[at] + halves * (segments.end[at] - segments.begin[at])
        single = Segments(points.reshape(-1, 2), points.reshape(-1, 2))
        best[at] = np.min(np.max([room(single, zone, field) for zone in zones], axis=0))
    return best


def _polygon_room(segments: Segments, corners: Points, inclusion: bool) -> Numbers:
    """Distances (n,) to the polygon's edge, negative on its wrong side or across it."""
    pieces = range(0, len(segments.begin), _PIECE)
    rooms = [
        _piece(segments.begin[at : at + _PIECE], segments.end[at : at + _PIECE], corners, inclusion) for at in pieces
    ]
    return np.concatenate(rooms) if rooms else np.empty(0)


def _piece(begin: Points, end: Points, corners: Points, inclusion: bool) -> Numbers:
    """Distances (n,) to the edges; negative for segments outside, by their farthest point."""
    nexts = np.roll(corners, -1, axis=0)
    to_begin = distances(begin, corners, nexts).min(axis=0)
    to_end = distances(end, corners, nexts).min(axis=0)
    to_corner = distances(corners, begin, end).min(axis=1)
    distance_m: Numbers = np.minimum(np.minimum(to_begin, to_end), to_corner)
    bad_begin = inside(begin, corners, nexts) != inclusion
    bad_end = inside(end, corners, nexts) != inclusion
    outside = np.maximum(np.where(bad_begin, to_begin, 0.0), np.where(bad_end, to_end, 0.0))
    table = _crossings(begin, end, corners, nexts)
    for at in np.flatnonzero(np.any(table >= 0.0, axis=1)):
        outside[at] = max(outside[at], _depth(begin[at], end[at], table[at], corners, inclusion))
    return np.where(bad_begin | bad_end | (outside > 0.0), -outside, distance_m)


def _depth(begin: Points, end: Points, parts: Numbers, corners: Points, inclusion: bool) -> float:
    """Largest depth of a crossing segment outside, m, in the middle between two of its crossings."""
    bounds = np.concatenate([[0.0], np.sort(parts[parts >= 0.0]), [1.0]])
    middles = begin + ((bounds[:-1] + bounds[1:]) / 2.0)[:, None] * (end - begin)
    nexts = np.roll(corners, -1, axis=0)
    bad = inside(middles, corners, nexts) != inclusion
    return float(np.max(np.where(bad, distances(middles, corners, nexts).min(axis=0), 0.0)))


def distances(points: Points, begin: Points, end: Points) -> Numbers:
    """Distances (segments, points) of points from segments, m."""
    along = end - begin
    square = np.maximum(np.einsum("ij,ij->i", along, along), np.finfo(np.float64).tiny)[:, None]
    north = points[None, :, 0] - begin[:, None, 0]
    east = points[None, :, 1] - begin[:, None, 1]
    share = np.clip((north * along[:, None, 0] + east * along[:, None, 1]) / square, 0.0, 1.0)
    distance: Numbers = arrays.hypot(north - share * along[:, None, 0], east - share * along[:, None, 1])
    return distance


def _crossings(begin: Points, end: Points, corners: Points, nexts: Points) -> Numbers:
    """Shares (n, m) at which a segment crosses an edge, -1 if it does not. A corner on the line counts as to its right,
    so that a way through a corner crosses only one of its two edges."""
    right = _side(begin[:, None], end[:, None], corners[None]) >= 0.0
    before = _side(corners[None], nexts[None], begin[:, None])
    behind = _side(corners[None], nexts[None], end[:, None])
    crosses = (right != np.roll(right, -1, axis=1)) & (before * behind < 0.0)
    parts: Numbers = np.where(crosses, before / np.where(crosses, before - behind, 1.0), -1.0)
    return parts


def _side(a: Points, b: Points, c: Points) -> Numbers:
    """Side of c relative to a -> b; above 0: right."""
    turned: Numbers = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (
        c[..., 0] - a[..., 0]
    )
    return turned


def inside(points: Points, corners: Points, nexts: Points) -> NDArray[np.bool_]:
    """True (n,) inside the polygon, by the number of edges to the east."""
    north, east = points[:, None, 0], points[:, None, 1]
    n1, e1, n2, e2 = corners[None, :, 0], corners[None, :, 1], nexts[None, :, 0], nexts[None, :, 1]
    spans = (n1 > north) != (n2 > north)
    rise = np.where(n2 == n1, 1.0, n2 - n1)
    edge = e1 + (north - n1) * (e2 - e1) / rise
    odd: NDArray[np.bool_] = (spans & (edge > east)).sum(axis=1) % 2 == 1
    return odd


def _lengths(vectors: Points) -> Numbers:
    lengths: Numbers = arrays.hypot(vectors[:, 0], vectors[:, 1])
    return lengths
