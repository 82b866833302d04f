"""Database of recently seen objects (OA_DB_). It keeps a sensor's objects for a time, so that ways avoid objects that
are no longer visible.

An object has a place and the radius of the sensor's beam there. A point within the larger of two radii belongs to an
existing object and renews it. Source: ArduPilot AC_Avoidance/AP_OADatabase.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import radians
from typing import Final

import numpy as np
import numpy.typing as npt

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.mathematics import cos, hypot, sin

_NEAR_HOME_M: Final = 3.0
_REFRESH_MS: Final = 500
_NORTH, _EAST, _DOWN, _RADIUS, _SEEN_MS = range(5)
Floats = npt.NDArray[np.float64]


class ObjectDatabase:
    """Objects of one vehicle, m from the origin, as columns; empty while no planner uses them."""

    def __init__(self, facts: VehicleFacts) -> None:
        self._facts = facts
        self._objects: Floats = np.empty((5, 0))

    def see(self, points: Sequence[tuple[float, float]], now_ms: int) -> None:
        """Add points (north, east) from a look, at the vehicle's height."""
        param = self._facts.param
        if not points or not int(param("OA_TYPE")) & 1 or self._is_low():
            return
        here = self._facts.vehicle.state.position
        beam = radians(max(param("OA_DB_BEAM_WIDTH", 5.0), 1.0))
        rise, run = sin(beam), cos(beam)
        most_m, least_m = param("OA_DB_DIST_MAX"), param("OA_DB_RADIUS_MIN", 0.01)
        self._expire(now_ms)
        for north, east in points:
            distance_m = hypot(north - here[0], east - here[1])
            radius = max(distance_m * rise / run, least_m)
            if most_m <= 0.0 or distance_m - radius <= most_m:
                self._take((north, east, here[2], radius, float(now_ms)))

    def _is_low(self) -> bool:
        """True near home below OA_DB_ALT_MIN."""
        lowest, home = self._facts.param("OA_DB_ALT_MIN"), self._facts.home_ned
        here = self._facts.vehicle.state.position
        near = hypot(here[0] - home[0], here[1] - home[1]) < _NEAR_HOME_M
        return lowest != 0.0 and near and self._facts.height < lowest

    def _take(self, item: tuple[float, float, float, float, float]) -> None:
        objects, radius = self._objects, np.maximum(self._objects[_RADIUS], item[_RADIUS])
        north, east, down = objects[_NORTH] - item[_NORTH], objects[_EAST] - item[_EAST], objects[_DOWN] - item[_DOWN]
        same = north * north + east * east + down * down < radius * radius
        if same.any():
            first = int(same.argmax())
            renewed = item[_SEEN_MS] - self._objects[_SEEN_MS, first] >= _REFRESH_MS
            if renewed or self._objects[_RADIUS, first] != item[_RADIUS]:
                self._objects[_RADIUS:, first] = item[_RADIUS:]
        elif self._objects.shape[1] < self._facts.param("OA_DB_SIZE", 100.0):
            self._objects = np.column_stack([self._objects, item])

    def _expire(self, now_ms: int) -> None:
        lifetime_ms = 1000.0 * self._facts.param("OA_DB_EXPIRE", 10.0)
        if lifetime_ms > 0.0:
            self._objects = self._objects[:, now_ms - self._objects[_SEEN_MS] <= lifetime_ms]

    def around(self, down: float, now_ms: int) -> Floats:
        """North, east, height difference to `down`, and radius of each object."""
        self._expire(now_ms)
        objects: Floats = self._objects[:_SEEN_MS].copy()
        objects[_DOWN] -= down
        return objects
