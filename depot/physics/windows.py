"""Eclipses and comms windows from the depot's position on its orbit (seed 000, 1.2: communication is intermittent but
predictable). Both sides can compute them ahead.

The orbit angle counts from orbit noon. The body's shadow is a cylinder (Vallado, 5.3.3); a circular orbit is in it on
an arc about midnight. The depot keeps one face to the Sun and has its antenna on an arm behind it. On another arc of
each orbit the depot itself blocks the view from the antenna to a skimmer far behind. Near the depot a second antenna
covers all directions.
"""

from __future__ import annotations

from math import degrees, floor, radians, sqrt
from typing import NamedTuple

from msgspec import Struct

from autopilot.interface.mathematics import acos, cos
from depot.physics.orbit import Orbit
from depot.settings import OrbitSettings


class Arc(Struct, frozen=True):
    """Part of each revolution: middle and length in degrees of orbit angle."""

    middle_deg: float
    length_deg: float

    @property
    def start_deg(self) -> float:
        return self.middle_deg - self.length_deg / 2.0


class _Edges(NamedTuple):
    """Next edges of an arc, valid from `from_ms` until `until_ms`, the earlier of them."""

    from_ms: int
    until_ms: int
    inside: bool
    start_ms: int
    end_ms: int


class Almanac:
    """Predictions for one orbit. Times are ms since the loop began."""

    def __init__(self, settings: OrbitSettings) -> None:
        self.orbit = Orbit(settings.mu_m3_s2, settings.body_m, settings.altitude_m)
        self.near_m = settings.near_m
        self._period_ms = self.orbit.period_s * 1000.0
        self._start_deg = settings.start_deg
        self.shadow = Arc(180.0, shadow_deg(self.orbit, settings.beta_deg))
        self._edges_of: dict[Arc, _Edges] = {}
        self.blocked = Arc(settings.blocked_at_deg, settings.blocked_deg)

    def inside(self, arc: Arc, now_ms: int) -> bool:
        """True while the depot is on the arc, from the instant of entry to just before that of exit."""
        return self._edges(arc, now_ms).inside

    def next_start_ms(self, arc: Arc, now_ms: int) -> int:
        """Time of the next entry into the arc, ms; later than `now_ms`."""
        return self._edges(arc, now_ms).start_ms

    def next_end_ms(self, arc: Arc, now_ms: int) -> int:
        """Time of the next exit from the arc, ms; later than `now_ms`."""
        return self._edges(arc, now_ms).end_ms

    def _edges(self, arc: Arc, now_ms: int) -> _Edges:
        """Edges of an arc, cached: they are asked for many times between two edges."""
        edges = self._edges_of.get(arc)
        if edges is None or not edges.from_ms <= now_ms < edges.until_ms:
            count, end_deg = self._revolution(arc.start_deg, now_ms), arc.start_deg + arc.length_deg
            inside = now_ms < self._passes_ms(end_deg, count)
            start_ms = self._passes_ms(arc.start_deg, count + 1)
            end_ms = self._passes_ms(end_deg, self._revolution(end_deg, now_ms) + 1)
            edges = _Edges(now_ms, min(start_ms, end_ms), inside, start_ms, end_ms)
            self._edges_of[arc] = edges
        return edges

    def next_edge_ms(self, arc: Arc, now_ms: int) -> int:
        """Time of the next entry or exit, ms."""
        return self._edges(arc, now_ms).until_ms

    def _revolution(self, degs: float, now_ms: int) -> int:
        """Last revolution in which the angle has been passed."""
        count = floor((self._start_deg + 360.0 * now_ms / self._period_ms - degs) / 360.0) + 1
        while self._passes_ms(degs, count) > now_ms:
            count -= 1
        return count

    def _passes_ms(self, degs: float, count: int) -> int:
        """Whole ms at which the angle is passed in revolution `count`."""
        return round((degs + 360.0 * count - self._start_deg) / 360.0 * self._period_ms)

    # --- eclipses and windows --------------------------------------------------------------------------------------
    def sunlit(self, now_ms: int) -> bool:
        """True while the depot and its skimmer are in sunlight."""
        return not self.inside(self.shadow, now_ms)

    def window_open(self, now_ms: int) -> bool:
        """True while the depot can receive a skimmer that is far behind it."""
        return not self.inside(self.blocked, now_ms)

    def next_window_ms(self, now_ms: int) -> int:
        """Time at which the window opens, ms; now, while it is open."""
        return now_ms if self.window_open(now_ms) else self.next_end_ms(self.blocked, now_ms)

    def window_left_ms(self, now_ms: int) -> int:
        """Time that the window stays open, ms; 0 while it is closed."""
        return self.next_start_ms(self.blocked, now_ms) - now_ms if self.window_open(now_ms) else 0


def shadow_deg(orbit: Orbit, beta_deg: float) -> float:
    """Part of the orbit in the cylindrical shadow, degrees. `beta_deg`: elevation of the Sun above the orbit's
    plane."""
    depth = sqrt((orbit.radius_m - orbit.body_m) * (orbit.radius_m + orbit.body_m)) / (
        orbit.radius_m * cos(radians(beta_deg))
    )
    return 2.0 * degrees(acos(depth)) if depth < 1.0 else 0.0
