"""Track that a skimmer has flown by its reports, kept in few points.

Points arrive one by one. Those since the last kept point are the window. While all of them lie within a tolerance of
the line to the newest point, none is kept; otherwise the farthest from that line is kept (opening window, Keogh et al.
2001, "An online algorithm for segmenting time series"). When `MOST` points are kept, the tolerance doubles and they are
thinned again; of a pattern flown for hours the beginning and the newest part remain. So a track never has more than
`MOST` points.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import radians

from msgspec import Struct, field

from autopilot.interface.geo import wrap_longitude
from autopilot.interface.mathematics import cos, hypot

MOST = 96
_OF_EXTENT = 0.005
_WINDOW = 8
_COARSEST = 2
_QUARTER = MOST // 4

Point = tuple[int, float, float, float]
"""Time in ms since the loop began, latitude, longitude (degrees), altitude (m above mean sea level)."""


def tolerance_deg(waypoints: Iterable[tuple[float, float, float]]) -> float:
    """First tolerance, degrees: 1/200 of the region of the plan."""
    lats, lons, _ = zip(*waypoints, strict=True)
    easts = [wrap_longitude(lon - lons[0]) for lon in lons]
    return max(_OF_EXTENT * hypot(max(lats) - min(lats), max(easts) - min(easts)), 1e-6)


class Track(Struct):
    """Track with bounded memory. `points` are kept, `window` arrived since. `coarser`: doublings of the tolerance."""

    tolerance: float = 0.0
    points: list[Point] = field(default_factory=list)
    window: list[Point] = field(default_factory=list)
    coarser: int = 0

    def add(self, time_ms: int, lat: float, lon: float, alt_m: float) -> None:
        new, window = (time_ms, lat, lon, alt_m), self.window
        if not self.points:
            self.points.append(new)
            return
        start = self.points[-1]
        if (window[-1] if window else start)[1:] == new[1:]:
            return
        off, number = max(
            ((_off_line(start, point, new), number) for number, point in enumerate(window)), default=(0, 0)
        )
        window.append(new)
        if off > self.tolerance:
            self.points.append(window[number])
            self.window = window[number + 1 :]
            if len(self.points) >= MOST:
                self._thin()
            return
        if len(window) > _WINDOW:
            del window[0:-1:2]

    def whole(self) -> list[Point]:
        """All kept points in order, and the newest one."""
        return [*self.points, *self.window[-1:]]

    def _thin(self) -> None:
        if self.coarser < _COARSEST:
            self.coarser += 1
            again = Track(2.0 * self.tolerance)
            for point in self.points:
                again.add(*point)
            self.tolerance, self.points = again.tolerance, again.whole()
        if len(self.points) > MOST - _QUARTER:
            del self.points[_QUARTER:-_QUARTER]


def _off_line(start: Point, middle: Point, end: Point) -> float:
    """Distance of `middle` from the segment between the others, degrees of latitude."""
    scale = cos(radians(start[1]))
    east, north = (wrap_longitude(end[2] - start[2])) * scale, end[1] - start[1]
    to_east, to_north = (wrap_longitude(middle[2] - start[2])) * scale, middle[1] - start[1]
    length_2 = east * east + north * north
    along = 0.0 if length_2 == 0.0 else min(max((to_east * east + to_north * north) / length_2, 0.0), 1.0)
    return hypot(to_east - along * east, to_north - along * north)
