"""Feasibility of a mission by PX4's checks after an upload: its texts, and whether Mission may be entered.

Source: PX4 1.16 src/modules/navigator (MissionFeasibility/FeasibilityChecker.cpp, mission_feasibility_checker.cpp).
Items that PX4 does not know are already refused in the upload.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import pairwise
from math import radians, sqrt
from typing import Final

from autopilot.commands.vehicle_parts import VehicleParts
from autopilot.context.vehicle_context import VehicleFacts
from autopilot.interface.geo import GeoPoint, distance
from autopilot.interface.mathematics import tan
from autopilot.mav import Cmd, Severity
from autopilot.mission.commands import LANDINGS, TAKEOFFS
from autopilot.mission.fence import Fence, parse_fence
from autopilot.mission.items import MissionItem
from autopilot.personality.px4.parameters import Px4Parameters

_OF_VTOL: Final = (Cmd.NAV_VTOL_TAKEOFF, Cmd.NAV_VTOL_LAND, Cmd.DO_VTOL_TRANSITION)
_PLACES: Final = (
    *TAKEOFFS, *LANDINGS, Cmd.NAV_WAYPOINT, Cmd.NAV_LOITER_UNLIM, Cmd.NAV_LOITER_TIME, Cmd.NAV_LOITER_TO_ALT,
)  # fmt: skip
_BUFFER_DEG: Final = 0.1


class MissionFinding(Enum):
    """Findings with their texts. All except FAR prevent flying the mission."""

    FAR = "First waypoint far away from home: {0:.0f}m. Correct mission loaded?"
    LANDS_FIRST = "Mission rejected: starts with landing"
    LOW_TAKEOFF = "Mission rejected: Takeoff altitude below home altitude!"
    LATE_TAKEOFF = "Mission rejected: takeoff not first waypoint item"
    VTOL_ITEMS = "Mission rejected: Mission contains VTOL items but vehicle is not a VTOL"
    TWO_STARTS = "Mission rejected: more than one land start."
    RETURNS = "Mission rejected: land start item before RTL item not possible."
    NO_LANDING_BEHIND = "Mission rejected: invalid land start."
    LOW_APPROACH = "Mission rejected: the approach waypoint must be above the landing point."
    INSIDE_ORBIT = "Mission rejected: the landing point must be outside the orbit radius."
    NO_APPROACH = (
        "Mission rejected: unsupported landing approach entrance waypoint type. Only ORBIT_TO_ALT or WAYPOINT allowed."
    )
    STEEP = "Mission rejected: the landing glide slope is steeper than the vehicle setting of {0:.1f} degrees."
    NO_TAKEOFF = "Mission rejected: Takeoff waypoint required."
    NO_LANDING = "Mission rejected: Landing waypoint/pattern required."
    NOT_BOTH = "Mission rejected: Takeoff or Landing item missing."
    ADD_LANDING = "Mission rejected: Add Landing item or remove Takeoff."
    ADD_TAKEOFF = "Mission rejected: Add Takeoff item or remove Landing."
    OUTSIDE_FENCE = "Geofence violation for waypoint {0:.0f}"


Found = tuple[MissionFinding, float]


def findings(
    items: Sequence[MissionItem], facts: VehicleFacts, parameters: Px4Parameters, fence: Fence
) -> Iterator[Found]:
    """Findings in a mission with a known home, in PX4's order, each with its number."""
    assert facts.home is not None
    first = next((item for item in items if item.command in _PLACES), None)
    if items and items[0].command == Cmd.NAV_LAND and facts.landed:
        yield MissionFinding.LANDS_FIRST, 0.0
        return
    farthest = parameters["MIS_DIST_1WP"]
    if first is not None and 0.0 < farthest <= (distance_m := distance(_place(first, facts), facts.home)):
        yield MissionFinding.FAR, distance_m
    yield from _takeoff(items, first, facts)
    wings, lifts = facts.vehicle_class.has_stall_speed, facts.vehicle_class.lands_anywhere
    if not (wings and lifts) and any(item.command in _OF_VTOL for item in items):
        yield MissionFinding.VTOL_ITEMS, 0.0
    if wings:
        yield from _land_start(items)
    if wings and not lifts:
        yield from _approach(items, facts, parameters["FW_LND_ANG"])
    yield from _required(items, facts, int(parameters["MIS_TKO_LAND_REQ"]))
    yield from _fence(items, facts, parameters, fence)


class MissionFeasibility:
    """Feasibility of the present mission, checked again after each change of the mission or the fence. `ok` False:
    Mission is refused."""

    def __init__(self, parts: VehicleParts, parameters: Px4Parameters) -> None:
        self._parts, self._parameters = parts, parameters
        self._fence_revision = self._mission_revision = -1
        self.ok = True

    def follow(self) -> None:
        """Check what is new, and announce the findings."""
        plans, facts = self._parts.plans, self._parts.facts
        if self._fence_revision != plans.fence.revision:
            self._fence_revision = plans.fence.revision
            self._parameters.fence_uploaded(any_items=plans.fence.total() > 0)
            self._mission_revision = -1  # check it again (mission_base.cpp, `on_active` by geofence_status)
        if self._mission_revision == plans.mission.revision or facts.home is None:
            return
        self._mission_revision = plans.mission.revision
        self.ok = True
        if plans.mission.total() == 0:
            return
        fence = parse_fence(plans.fence.items())
        for finding, value in findings(plans.mission.items(), facts, self._parameters, fence):
            self.ok &= finding is MissionFinding.FAR
            self._parts.announcer.say(Severity.CRITICAL, finding.value.format(value))


def _place(item: MissionItem, facts: VehicleFacts) -> GeoPoint:
    altitude = facts.altitude(item.frame, item.z, item.x, item.y)
    return GeoPoint(item.x, item.y, altitude if altitude is not None else item.z)


def _takeoff(items: Sequence[MissionItem], first: MissionItem | None, facts: VehicleFacts) -> Iterator[Found]:
    assert facts.home is not None
    for item in items:
        if item.command in TAKEOFFS and _place(item, facts).alt <= facts.home.alt:
            yield MissionFinding.LOW_TAKEOFF, 0.0
            return
        if item.command in TAKEOFFS and item is not first:
            yield MissionFinding.LATE_TAKEOFF, 0.0
            return


def _land_start(items: Sequence[MissionItem]) -> Iterator[Found]:
    starts = [n for n, item in enumerate(items) if item.command == Cmd.DO_LAND_START]
    approach = max((n - 1 for n, item in enumerate(items) if item.command in LANDINGS), default=-1)
    returns = max((n for n, item in enumerate(items) if item.command == Cmd.NAV_RETURN_TO_LAUNCH), default=-1)
    if len(starts) > 1:
        yield MissionFinding.TWO_STARTS, 0.0
    elif starts and starts[0] < returns:
        yield MissionFinding.RETURNS, 0.0
    elif starts and starts[0] > approach:
        yield MissionFinding.NO_LANDING_BEHIND, 0.0


def _approach(items: Sequence[MissionItem], facts: VehicleFacts, steepest_deg: float) -> Iterator[Found]:
    """Check the approach from the place before a landing; a circle is left along its tangent."""
    for before, item in pairwise(items):
        if item.command != Cmd.NAV_LAND or before.command not in _PLACES:
            continue
        entrance, land = _place(before, facts), _place(item, facts)
        way, height = distance(entrance, land), entrance.alt - land.alt
        radius = abs(before.param2) if before.command == Cmd.NAV_LOITER_TO_ALT else 0.0
        if height <= 0.0:
            yield MissionFinding.LOW_APPROACH, 0.0
        elif radius > 0.0 and way <= radius:
            yield MissionFinding.INSIDE_ORBIT, 0.0
        elif before.command not in (Cmd.NAV_LOITER_TO_ALT, Cmd.NAV_WAYPOINT):
            yield MissionFinding.NO_APPROACH, 0.0
        elif height > tan(radians(steepest_deg + _BUFFER_DEG)) * sqrt(way * way - radius * radius):
            yield MissionFinding.STEEP, steepest_deg
        else:
            continue
        return


def _required(items: Sequence[MissionItem], facts: VehicleFacts, requirement: int) -> Iterator[Found]:
    """Check MIS_TKO_LAND_REQ."""
    wings = facts.vehicle_class.has_stall_speed
    takes_off = any(item.command in TAKEOFFS for item in items)
    lands = any(item.command in (LANDINGS if wings else (Cmd.NAV_LAND,)) for item in items)
    if requirement == 1 and not takes_off:
        yield MissionFinding.NO_TAKEOFF, 0.0
    elif not lands and (requirement == 2 or (requirement == 5 and not facts.landed)):
        yield MissionFinding.NO_LANDING, 0.0
    elif requirement == 3 and not (takes_off and lands):
        yield MissionFinding.NOT_BOTH, 0.0
    elif (requirement == 4 or (requirement == 5 and facts.landed)) and takes_off is not lands:
        yield (MissionFinding.ADD_LANDING if takes_off else MissionFinding.ADD_TAKEOFF), 0.0


def _fence(
    items: Sequence[MissionItem], facts: VehicleFacts, parameters: Px4Parameters, fence: Fence
) -> Iterator[Found]:
    """The first place outside the fence, counted from 1 (`checkMissionAgainstGeofence`), independent of GF_ACTION."""
    assert facts.home is not None
    far, high = parameters["GF_MAX_HOR_DIST"], parameters["GF_MAX_VER_DIST"]
    for number, item in enumerate(items, 1):
        if item.command not in _PLACES or not item.is_somewhere:
            continue  # 0/0 is flown here, as a plan file for ArduPilot means it
        place = _place(item, facts)
        beyond = 0.0 < far <= distance(place, facts.home) or 0.0 < high <= place.alt - facts.home.alt
        if beyond or not fence.inside(place.lat, place.lon):
            yield MissionFinding.OUTSIDE_FENCE, float(number)
            return
