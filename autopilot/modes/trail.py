"""The way a vehicle came, for the way back (SMART_RTL).

While armed a point is kept every half second that moved the vehicle by SRTL_ACCURACY; at most SRTL_POINTS of them. For
the return the trail is straightened (Douglas and Peucker 1973) and its loops are cut off. Source: ArduPilot
libraries/AP_SmartRTL.
"""

from __future__ import annotations

from math import hypot
from typing import Final

from autopilot.cockpit import Cockpit
from autopilot.geo import Ned
from autopilot.outcome import Severity

_LOOK_MS: Final = 500
Point = tuple[float, float]


def _beside(p: Point, a: Point, b: Point) -> float:
    """Distance of `p` from the stretch a to b, m."""
    n, e = b[0] - a[0], b[1] - a[1]
    size = n * n + e * e
    share = 0.0 if size == 0.0 else min(max(((p[0] - a[0]) * n + (p[1] - a[1]) * e) / size, 0.0), 1.0)
    return hypot(p[0] - a[0] - share * n, p[1] - a[1] - share * e)


def straightened(points: list[Point], tolerance: float) -> list[Point]:
    """The fewest of the points whose stretches pass all others within `tolerance` m; first and last stay."""
    if len(points) < 3:
        return list(points)
    keep = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        farthest, worst = 0, tolerance
        for i in range(first + 1, last):
            off = _beside(points[i], points[first], points[last])
            if off > worst:
                farthest, worst = i, off
        if farthest:
            keep.add(farthest)
            spans += [(first, farthest), (farthest, last)]
    return [points[i] for i in sorted(keep)]


def without_loops(points: list[Point], gap: float) -> list[Point]:
    """Where the way comes back to within `gap` m of a stretch already gone, what lies between is left out."""
    way = list(points)
    i = 0
    while i < len(way) - 2:
        again = next((j for j in range(len(way) - 1, i + 1, -1) if _beside(way[j], way[i], way[i + 1]) < gap), None)
        if again is not None and again > i + 1:
            del way[i + 1 : again]
        i += 1
    return way


class Trail:
    """Keeps the way since arming. `paused` while it is being driven back."""

    def __init__(self, cockpit: Cockpit) -> None:
        self._cockpit = cockpit
        self._points: list[Point] = []
        self.paused = False
        self.deadline_ms: int | None = None

    def armed_changed(self, armed: bool, now_ms: int) -> None:
        """A new way begins where the vehicle is armed."""
        self._points = []
        self.deadline_ms = None
        if armed and self._limit >= 2:
            self.deadline_ms = (now_ms // _LOOK_MS + 1) * _LOOK_MS
            self._look()

    def update(self, now_ms: int) -> None:
        if self.deadline_ms is None or now_ms < self.deadline_ms:
            return
        self.deadline_ms += _LOOK_MS
        if not self.paused:
            self._look()

    def way_back(self) -> list[Point]:
        """North and east, m, from the newest point to where the vehicle was armed; empty when that is not known."""
        way = without_loops(straightened(self._points, 0.5 * self._accuracy), self._accuracy)
        return way[::-1]

    def shorten(self, way: list[Point]) -> None:
        """The way back is now `way` (as `way_back` gives it)."""
        self._points = way[::-1]

    @property
    def _accuracy(self) -> float:
        return max(self._cockpit.param("SRTL_ACCURACY", 2.0), 0.1)

    @property
    def _limit(self) -> int:
        return int(self._cockpit.param("SRTL_POINTS"))

    def _look(self) -> None:
        if not self._cockpit.has_position:
            return
        north, east, _ = self._cockpit.vehicle.state.position
        last = self._points[-1] if self._points else None
        if last is not None and hypot(north - last[0], east - last[1]) < self._accuracy:
            return
        self._points.append((north, east))
        if len(self._points) > self._limit:
            self._make_room()

    def _make_room(self) -> None:
        """Straighten the trail; one that stays nearly as long is given up: each further point would cost as much."""
        self._points = straightened(self._points, 0.5 * self._accuracy)
        if len(self._points) > 0.9 * self._limit:
            self._points = []
            self.deadline_ms = None
            self._cockpit.say(Severity.WARNING, "SmartRTL deactivated: buffer full")


def at_height(point: Point, down: float) -> Ned:
    """A point of the trail as a place in the local frame."""
    return (point[0], point[1], down)
