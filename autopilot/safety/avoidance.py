"""Avoidance of the fence (AVOID_ENABLE bit 0) and of objects (bit 1) by the vehicle itself: flying vehicles avoid while
sticks or velocities are flown, rovers and boats in every mode. Wings keep the heights of the fence while the pitch
stick moves their height, without AVOID_ENABLE.

The vehicle gets the limits as places (`autopilot.interface.targets.Bounds`) and acts on them in every tick
(`autopilot.control.avoidance`), so they are sent only when they change: at each look of the fence guard in modes that
avoid, and at each scan of a proximity sensor. As in ArduPilot, FENCE_MARGIN is the distance to fences and AVOID_MARGIN
that to objects; beside each other both get the wider one. CRUISE_ALT_FLOOR has no distance. A polygon only holds a
vehicle on its allowed side, and of united zones each holds a vehicle inside it.
Sources: ArduPilot AC_Avoid.cpp, AR_PosControl.cpp, Rover/mode.cpp (calc_throttle), ArduPlane/altitude.cpp
(check_fbwb_altitude).
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import nsmallest
from itertools import pairwise
from math import inf
from typing import Final

from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import GeoPoint, to_local
from autopilot.interface.layout import BARRIERS
from autopilot.interface.mathematics import hypot
from autopilot.interface.targets import Bounds, Edge, Ring
from autopilot.mission.fence import Fence, Polygon, distance_to_segment
from autopilot.modes.mode import Mode
from autopilot.safety.fence_limits import FenceLimits, FenceType
from autopilot.vehicles.mode_table import PLANE_MODES, PlaneMode

_FENCE, _OBJECTS = 1, 2  # AVOID_ENABLE bits 0, 1
_NO_FENCE: Final = FenceType(0)
_HEIGHT_BY_STICK: Final = [PLANE_MODES[number] for number in (PlaneMode.FBWB, PlaneMode.CRUISE, PlaneMode.LOITER)]


class Avoidance:
    """Bounds of one vehicle for its `keep_within`. `mode()` is the present mode."""

    def __init__(
        self,
        facts: VehicleFacts,
        limits: FenceLimits,
        mode: Callable[[], Mode],
        keep_within: Callable[[Bounds | None], None],
    ) -> None:
        self._facts = facts
        self._limits = limits
        self._mode = mode
        self._keep_within = keep_within
        self._sent: Bounds | None = None
        self._acting = _NO_FENCE
        self._objects: tuple[tuple[float, float], ...] = ()
        self._placed: tuple[object, ...] = ()  # fence and origin of the present edges and rings
        self._polygons: tuple[tuple[Edge, ...], ...] = ()
        self._rings: tuple[Ring, ...] = ()

    @property
    def keeps_off_fence(self) -> bool:
        """True while the mode avoids the fence."""
        return self._acts(_FENCE)

    def _acts(self, bit: int) -> bool:
        """True if the mode avoids what this bit of AVOID_ENABLE means; a mode of a package may avoid."""
        mode = self._mode()
        if mode.spec in _HEIGHT_BY_STICK and not self._facts.personality.own_fence_action:
            return bit == _FENCE
        avoids = mode.spec.pilot or mode.takes_targets or mode.spec.flown is None
        return (avoids or not self._facts.vehicle_class.flies) and self._facts.option("AVOID_ENABLE", bit)

    def set_fence(self, acting: FenceType) -> None:
        """Set the limits of the fence that count now; none: no fence to avoid."""
        self._acting = acting
        self._send_bounds()

    def see(self, objects: tuple[tuple[float, float], ...]) -> None:
        """Set the places of objects, m north and east of the origin."""
        if objects or self._objects:
            self._objects = objects
            self._send_bounds()

    def _send_bounds(self) -> None:
        objects = self._objects if self._objects and self._acts(_OBJECTS) else ()
        floor = self._facts.param("CRUISE_ALT_FLOOR") if self._mode().spec in _HEIGHT_BY_STICK else 0.0
        bounds = self._bounds(self._acting, objects, floor) if self._acting or objects or floor > 0.0 else None
        if bounds != self._sent:
            self._sent = bounds
            self._keep_within(bounds)

    def _bounds(self, types: FenceType, objects: tuple[tuple[float, float], ...], floor: float) -> Bounds:
        param, home = self._facts.param, self._facts.home_ned
        off_fence = margin = max(param("FENCE_MARGIN", 2.0), 0.0)
        barriers: list[Edge | Ring] = []
        if types & FenceType.CIRCLE:
            barriers.append(Ring(home[:2], param("FENCE_RADIUS", 300.0), inside=True))
        origin, zones = self._facts.vehicle.origin, self._limits.zones
        if types & FenceType.POLYGON and origin is not None:
            self._place(origin, zones)
            here = self._facts.vehicle.state.place
            depths = self._limits.depths(here.lat, here.lon)
            for polygon, edges, depth in zip(zones.polygons, self._polygons, depths, strict=False):
                if (depth >= 0.0) is polygon.inclusion:
                    barriers += edges
            barriers += self._rings
        barriers = [
            barrier
            for barrier in barriers
            if isinstance(barrier, Edge) or not barrier.inside or barrier.radius >= margin
        ]
        if objects:
            margin = max(margin if barriers else 0.0, param("AVOID_MARGIN", 2.0))
            barriers += [Edge(place, place) for place in objects]
        if len(barriers) > BARRIERS:
            north, east, _ = self._facts.vehicle.state.position
            barriers = nsmallest(BARRIERS, barriers, lambda barrier: _away(barrier, north, east))
        nearer = margin - off_fence  # heights keep the margin of the fence
        ceiling = home[2] - param("FENCE_ALT_MAX", 100.0) - nearer if types & FenceType.MAX_ALT else -inf
        lowest = home[2] - param("FENCE_ALT_MIN", -10.0) + nearer if types & FenceType.MIN_ALT else inf
        lowest = min(lowest, home[2] - floor + margin) if floor > 0.0 else lowest
        return Bounds(margin, tuple(barriers), ceiling, lowest)

    def _place(self, origin: GeoPoint, zones: Fence) -> None:
        """Compute edges and rings in the local frame, for a new fence or origin."""
        if self._placed != (zones, origin):
            self._placed = (zones, origin)
            self._polygons = tuple(_edges(origin, polygon) for polygon in zones.polygons)
            self._rings = tuple(
                Ring(to_local(origin, zone.lat, zone.lon, 0.0)[:2], zone.radius, zone.inclusion)
                for zone in zones.circles
            )


def _edges(origin: GeoPoint, polygon: Polygon) -> tuple[Edge, ...]:
    corners = [to_local(origin, lat, lon, 0.0)[:2] for lat, lon in polygon.vertices]
    return tuple(Edge(start, end) for start, end in pairwise((*corners, corners[0])))


def _away(barrier: Edge | Ring, north: float, east: float) -> float:
    """Distance to the barrier from either side, m."""
    if isinstance(barrier, Ring):
        return abs(barrier.radius - hypot(barrier.middle[0] - north, barrier.middle[1] - east))
    (n1, e1), (n2, e2) = barrier.start, barrier.end
    return distance_to_segment(n1 - north, e1 - east, n2 - north, e2 - east)
