"""Obstacles in the world (boxes, cylinders, walls, wires and buildings), their places and distances.

Each is an upright prism over an outline (a box, a wall, a building), an upright cylinder (a mast, a tree) or a wire
between two points. Distances are to the surface, below 0 inside. Positions are NED metres from the place where the
run's first vehicle was switched on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import fsum, inf, radians
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.interface.geo import Ned, distance_to_line
from autopilot.interface.mathematics import cos, hypot, sin
from autopilot.interface.records import dataclass

SECTORS: Final = 72
"""Number of directions of a scan, 5 degrees each, clockwise."""
_RAYS: Final = 5  # in each direction
_BEARINGS: Final = [radians(360.0 * k / (SECTORS * _RAYS)) for k in range(-(_RAYS // 2), SECTORS * _RAYS - _RAYS // 2)]
_COS: Final = np.array([cos(bearing) for bearing in _BEARINGS])
_SIN: Final = np.array([sin(bearing) for bearing in _BEARINGS])
Place = tuple[float, float]
Floats = npt.NDArray[np.float64]
Rays = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Prism:
    """Upright prism over `outline` (north, east; at least three corners), from `low` to `high` m up."""

    name: str
    outline: tuple[Place, ...]
    low: float
    high: float

    def distance(self, at: Ned) -> float:
        """Distance to the surface, m; below 0 inside."""
        across = _to_outline(self.outline, at[0], at[1])
        along = max(self.low + at[2], -at[2] - self.high)
        return _corner(across, along)

    def reach(self) -> tuple[float, float, float]:
        """Circle that contains it: middle north, east, radius."""
        n, e = (fsum(corner[axis] for corner in self.outline) / len(self.outline) for axis in (0, 1))
        return n, e, max(hypot(corner[0] - n, corner[1] - e) for corner in self.outline)


@dataclass(frozen=True, slots=True)
class Cylinder:
    """Upright cylinder about `middle` (north, east), from `low` to `high` m up."""

    name: str
    middle: Place
    radius: float
    low: float
    high: float

    def distance(self, at: Ned) -> float:
        """Distance to the surface, m; below 0 inside."""
        across = hypot(at[0] - self.middle[0], at[1] - self.middle[1]) - self.radius
        return _corner(across, max(self.low + at[2], -at[2] - self.high))

    def reach(self) -> tuple[float, float, float]:
        """Circle that contains it."""
        return *self.middle, self.radius


@dataclass(frozen=True, slots=True)
class Cable:
    """Straight wire between two places, NED, with this radius, m."""

    name: str
    begin: Ned
    end: Ned
    radius: float

    def distance(self, at: Ned) -> float:
        """Distance to the surface, m; below 0 inside."""
        return distance_to_line(at, self.begin, self.end) - self.radius

    def reach(self) -> tuple[float, float, float]:
        """Circle that contains it."""
        n, e = (0.5 * (self.begin[axis] + self.end[axis]) for axis in (0, 1))
        return n, e, 0.5 * hypot(self.end[0] - self.begin[0], self.end[1] - self.begin[1]) + self.radius


Obstacle = Prism | Cylinder | Cable


def _corner(across: float, along: float) -> float:
    """Distance to a surface from its horizontal distance `across` m and its vertical distance `along` m, both below 0
    inside."""
    return hypot(max(across, 0.0), max(along, 0.0)) if max(across, along) > 0.0 else max(across, along)


def _to_outline(outline: Sequence[Place], north: float, east: float) -> float:
    """Horizontal distance to an outline, m; below 0 inside."""
    best, inside = inf, False
    for (n1, e1), (n2, e2) in pairwise((*outline, outline[0])):
        dn, de = n2 - n1, e2 - e1
        squared = dn * dn + de * de
        share = min(max(((north - n1) * dn + (east - e1) * de) / squared, 0.0), 1.0) if squared > 0.0 else 0.0
        best = min(best, hypot(north - n1 - share * dn, east - e1 - share * de))
        if (n1 > north) != (n2 > north) and east < e1 + (north - n1) * de / dn:
            inside = not inside
    return -best if inside else best


class Obstacles:
    def __init__(self, shapes: Iterable[Obstacle]) -> None:
        self.shapes = tuple(shapes)
        self._reach: Floats = np.array([shape.reach() for shape in self.shapes]).reshape(-1, 3)

    def _within(self, north: float, east: float, metres: float) -> list[Obstacle]:
        """Obstacles that may have a part within this horizontal distance."""
        across = np.square(self._reach[:, 0] - north) + np.square(self._reach[:, 1] - east)
        apart = np.sqrt(across) - self._reach[:, 2]
        return [self.shapes[k] for k in np.flatnonzero(apart <= metres).tolist()]

    def nearest(self, at: Ned, within_m: float = inf) -> tuple[float, Obstacle | None]:
        """Distance to the nearest obstacle, m (below 0 inside), and the obstacle; (inf, None) if none is within
        `within_m`."""
        best: tuple[float, Obstacle | None] = (inf, None)
        for shape in self._within(at[0], at[1], within_m):
            away = shape.distance(at)
            if away < best[0]:
                best = (away, shape)
        return best if best[0] <= within_m else (inf, None)

    def around(self, at: Ned, heading: float, range_m: float) -> Floats:
        """Distance in each of `SECTORS` directions, m, clockwise from `heading` (rad), for a level scanner; inf if
        nothing is within `range_m`."""
        rays = (_COS * cos(heading) - _SIN * sin(heading), _SIN * cos(heading) + _COS * sin(heading))
        distances = np.full(len(_BEARINGS), np.inf)
        for shape in self._within(at[0], at[1], range_m):
            if isinstance(shape, Prism):
                if shape.low <= -at[2] <= shape.high:
                    np.minimum(distances, _to_edges(rays, at, (*shape.outline, shape.outline[0])), out=distances)
            elif isinstance(shape, Cylinder):
                if shape.low <= -at[2] <= shape.high:
                    np.minimum(distances, _to_circle(rays, at, shape.middle, shape.radius), out=distances)
            else:
                np.minimum(distances, _to_wire(rays, at, shape), out=distances)
        distances[distances > range_m] = np.inf
        nearest: Floats = distances.reshape(SECTORS, _RAYS).min(axis=1)
        return nearest


def _to_edges(rays: Rays, at: Ned, corners: Sequence[Place]) -> Floats:
    """Distance along each ray to the nearest edge between corners, m; inf if there is none."""
    north, east = np.array(corners).T[:, :, np.newaxis]
    bn, be = north[:-1] - at[0], east[:-1] - at[1]
    dn, de = np.diff(north, axis=0), np.diff(east, axis=0)
    across = rays[0] * de - rays[1] * dn
    with np.errstate(divide="ignore", invalid="ignore"):
        away = (bn * de - be * dn) / across
        share = (bn * rays[1] - be * rays[0]) / across
    found: Floats = np.where((away >= 0.0) & (share >= 0.0) & (share <= 1.0), away, np.inf).min(axis=0)
    return found


def _to_circle(rays: Rays, at: Ned, middle: Place, radius: float) -> Floats:
    """Distance along each ray to a circle, m; inf if there is none."""
    n, e = middle[0] - at[0], middle[1] - at[1]
    along = n * rays[0] + e * rays[1]
    discriminant = radius * radius - (n * n + e * e - along * along)
    away = along - np.sqrt(np.maximum(discriminant, 0.0))
    found: Floats = np.where((discriminant >= 0.0) & (away >= 0.0), away, np.inf)
    return found


def _to_wire(rays: Rays, at: Ned, wire: Cable) -> Floats:
    """Distance along each ray to a wire, m. A level scanner sees a sloping wire where it crosses the scanner's plane,
    and a level wire at this height all along."""
    (n1, e1, d1), (n2, e2, d2) = wire.begin, wire.end
    low, high = min(d1, d2) - wire.radius, max(d1, d2) + wire.radius
    if not low <= at[2] <= high:
        return np.full(len(_BEARINGS), np.inf)
    if abs(d2 - d1) <= 2.0 * wire.radius:
        return _to_edges(rays, at, ((n1, e1), (n2, e2)))
    share = min(max((at[2] - d1) / (d2 - d1), 0.0), 1.0)
    return _to_circle(rays, at, (n1 + share * (n2 - n1), e1 + share * (e2 - e1)), wire.radius)
