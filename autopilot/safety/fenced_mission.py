"""Check that the mission stays inside a fence that the vehicle enforces itself (docs/reference/real-vehicles.md, 2).

A flight controller in GUIDED silently ignores targets outside its fence, so the mission would stand still, or the fence
would end it. Therefore it is checked before arming: items against heights, circle and zones; legs, in the order of the
list, against the zones.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

from autopilot.context.frames import item_position
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import GeoPoint, Ned, to_global
from autopilot.interface.mathematics import hypot
from autopilot.mission.commands import has_position, is_nav_command, spec_of
from autopilot.mission.items import MissionItem
from autopilot.mission.storage import MissionStorage
from autopilot.safety.fence import FenceGuard
from autopilot.safety.fence_limits import FenceType, fence_names
from autopilot.safety.room import fence_barriers

_LEAST_STEP_M: Final = 0.5
_MOST_STEPS: Final = 500
_LIMITS: Final = ("FENCE_TYPE", "FENCE_OPTIONS", "FENCE_ALT_MAX", "FENCE_ALT_MIN", "FENCE_RADIUS")


class FencedMission:
    """Compares the mission and the fence plan of a vehicle with its own fence (`Capabilities.own_fence`)."""

    def __init__(self, facts: VehicleFacts, mission: MissionStorage, fence: FenceGuard) -> None:
        self._facts = facts
        self._mission = mission
        self._fence = fence
        self._checked: tuple[object, ...] | None = None
        self._outside: tuple[str, ...] = ()

    def complaints(self) -> Sequence[str]:
        """The first item outside, or nothing."""
        facts = self._facts
        if not (facts.vehicle.capabilities.own_fence and self._fence.enabled and facts.has_position):
            return ()
        limits = tuple(facts.param(name) for name in _LIMITS)
        now = (self._mission.revision, self._fence.zones, facts.home, facts.vehicle.origin, limits)
        if now != self._checked:
            self._checked = now
            outside = self._first_outside()
            self._outside = () if outside is None else (outside,)
        return self._outside

    def _first_outside(self) -> str | None:
        before = self._facts.home_ned
        for item in self._mission.items():
            if not (is_nav_command(item.command) and has_position(item.command)):
                continue
            place = item_position(self._facts, item, before)
            beyond = self._beyond(item, place)
            if beyond:
                return f"Mission item {item.seq} beyond {fence_names(beyond)}"
            if self._crosses(before, place):
                return f"Way to mission item {item.seq} leaves the fence"
            before = place
        return None

    def _beyond(self, item: MissionItem, place: Ned) -> FenceType:
        """Limits that the item's place is beyond. For a place on the ground the minimum altitude does not count."""
        spec = spec_of(item.command)
        floor = spec is None or not spec.comes_down
        return self._fence.limits.beyond(self._geo_point(place), floor=floor)

    def _geo_point(self, place: Ned) -> GeoPoint:
        origin = self._facts.vehicle.origin
        assert origin is not None, "there is a position"
        return to_global(origin, place)

    def _room(self, place: Ned) -> float:
        point = self._geo_point(place)
        return self._fence.room(point.lat, point.lon)

    def _crosses(self, begin: Ned, end: Ned) -> bool:
        """True if a leg leaves the zones. It advances along the leg by the free distance in any direction. These steps
        could skip a narrow part in a long leg; each zone that binds by itself is therefore compared with the whole."""
        if self._room(begin) == inf:
            return False
        zones, union = fence_barriers(self._facts, FenceType.POLYGON, self._fence.zones), self._fence.limits.union
        areas = (area for area in zones.areas if not (area.inside and union))
        discs = (disc for disc in zones.discs if not (disc.inside and union))
        if any(area.crossing(begin[:2], end[:2]) != inf for area in areas):
            return True
        if any(disc.room(begin[:2], end[:2]) < 0.0 for disc in discs):
            return True
        north, east = end[0] - begin[0], end[1] - begin[1]
        length = hypot(north, east)
        least, along_m = max(_LEAST_STEP_M, length / _MOST_STEPS), 0.0
        while along_m < length:
            part = along_m / length
            room = self._room((begin[0] + north * part, begin[1] + east * part, end[2]))
            if room < 0.0:
                return True
            along_m += max(room, least)
        return False
