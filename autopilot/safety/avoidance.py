"""Avoidance of the fence by the vehicle itself (AVOID_ENABLE bit 0): by what flies while sticks or velocities are
flown, by what drives in every mode.

The vehicle is told the limits as places (`autopilot.interface.targets.Bounds`) and acts on them at every tick
(`autopilot.control.avoidance`), so that they are told only when others count: the fence guard asks at each of its
looks, in modes that are held off. As in ArduPilot it is FENCE_MARGIN that is kept (AVOID_MARGIN is for objects), a
polygon holds only who is on its right side, and of zones that are united each holds who is in it. Sources: ArduPilot
AC_Avoid.cpp, AR_PosControl.cpp, Rover/mode.cpp (calc_throttle).
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
from autopilot.mission.fence import Fence, Polygon, Zone, distance_to_segment
from autopilot.modes.mode import Mode
from autopilot.safety.fence_limits import FenceLimits, FenceType

_FENCE: Final = 1  # AVOID_ENABLE bit 0


class FenceAvoidance:
    """Tells one vehicle what to keep off, by its `keep_within`."""

    def __init__(self, facts: VehicleFacts, limits: FenceLimits, keep_within: Callable[[Bounds | None], None]) -> None:
        self._facts = facts
        self._limits = limits
        self._keep_within = keep_within
        self._told: Bounds | None = None
        self._placed: tuple[object, ...] = ()  # fence and origin of the edges and rings
        self._polygons: tuple[tuple[Edge, ...], ...] = ()
        self._rings: tuple[Ring, ...] = ()

    def acts_in(self, mode: Mode) -> bool:
        """True where the mode is held off the fence; one of somebody's own may be."""
        kept = mode.spec.pilot or mode.takes_targets or mode.spec.flown is None
        return (kept or not self._facts.vehicle_class.flies) and bool(int(self._facts.param("AVOID_ENABLE")) & _FENCE)

    def tell(self, acting: FenceType) -> None:
        """These limits count now."""
        self._tell(self._bounds(acting))

    def end(self) -> None:
        """There is no fence to be kept off any more."""
        self._tell(None)

    def _tell(self, bounds: Bounds | None) -> None:
        if bounds != self._told:
            self._told = bounds
            self._keep_within(bounds)

    def _bounds(self, types: FenceType) -> Bounds:
        param, home = self._facts.param, self._facts.home_ned
        margin = max(param("FENCE_MARGIN", 2.0), 0.0)
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
        if len(barriers) > BARRIERS:
            north, east, _ = self._facts.vehicle.state.position
            barriers = nsmallest(BARRIERS, barriers, lambda barrier: _away(barrier, north, east))
        ceiling = home[2] - param("FENCE_ALT_MAX", 100.0) if types & FenceType.MAX_ALT else -inf
        lowest = home[2] - param("FENCE_ALT_MIN", -10.0) if types & FenceType.MIN_ALT else inf
        return Bounds(margin, tuple(barriers), ceiling, lowest)

    def _place(self, origin: GeoPoint, zones: Fence) -> None:
        """Edges and rings in the local frame, anew for another fence or origin."""
        if self._placed != (zones, origin):
            self._placed = (zones, origin)
            self._polygons = tuple(_edges(origin, polygon) for polygon in zones.polygons)
            self._rings = tuple(_ring(origin, zone) for zone in zones.circles)


def _edges(origin: GeoPoint, polygon: Polygon) -> tuple[Edge, ...]:
    corners = [to_local(origin, lat, lon, 0.0)[:2] for lat, lon in polygon.vertices]
    return tuple(Edge(start, end) for start, end in pairwise((*corners, corners[0])))


def _ring(origin: GeoPoint, zone: Zone) -> Ring:
    return Ring(to_local(origin, zone.lat, zone.lon, 0.0)[:2], zone.radius, zone.inclusion)


def _away(barrier: Edge | Ring, north: float, east: float) -> float:
    """Metres from there to the barrier, on whichever side."""
    if isinstance(barrier, Ring):
        return abs(barrier.radius - hypot(barrier.middle[0] - north, barrier.middle[1] - east))
    (n1, e1), (n2, e2) = barrier.start, barrier.end
    return distance_to_segment(n1 - north, e1 - east, n2 - north, e2 - east)
