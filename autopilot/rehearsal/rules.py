"""The static rules: findings about a plan without a flight. They are pure: plan and parameters in, findings out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, isfinite
from typing import Final

import numpy as np

from autopilot.control import arrays
from autopilot.interface.geo import ABOVE_GROUND, ABOVE_HOME, ABOVE_SEA
from autopilot.interface.mathematics import cos, hypot, sin, whole_power
from autopilot.interface.records import dataclass
from autopilot.mav import Cmd, MissionType
from autopilot.mission.commands import TAKEOFFS, Slot, command_name, drives_navigation, has_position, is_fitted, spec_of
from autopilot.mission.fence import parse_fence
from autopilot.mission.items import MissionItem
from autopilot.mission.plan import Plan
from autopilot.mission.state import speed_change, waits_s
from autopilot.rehearsal.energy import energy_wh, leg_wh
from autopilot.rehearsal.field import VERTICAL
from autopilot.rehearsal.findings import Finding, found
from autopilot.rehearsal.photos import Photos, check_photos
from autopilot.rehearsal.room import Points, Segments, room
from autopilot.rehearsal.terrain import check_terrain
from autopilot.rehearsal.way import LOWEST_TAKEOFF_M, FlyingField, PlannedLeg, Way
from autopilot.rehearsal.wing_way import check_wings, ends_least_speed
from autopilot.safety.fence_limits import FenceType
from autopilot.vehicles.kinds import class_of_type
from autopilot.vehicles.vehicle_class import ParameterUnit

PACK_V: Final = 11.4
"""Mean voltage of the battery during a discharge, V."""
FAR_M: Final = 1000.0
UNREACHABLE_M: Final = 50_000.0
_ANY_INCLUSION: Final = 2  # FENCE_OPTIONS bit 1
_ROUNDING_M: Final = 0.01
_RING: Final = 72
_KEEPS: Final = -1.0  # DO_CHANGE_SPEED param2: "no change"


@dataclass(frozen=True, slots=True)
class RuleQuestion:
    plan: Plan
    field: FlyingField
    way: Way


Check = Callable[[RuleQuestion], Iterator[Finding]]


def check(plan: Plan, field: FlyingField, way: Way, photos: Photos | None) -> list[Finding]:
    """Findings of all rules, unordered. `photos`: result of `look_at_photos`."""
    question = RuleQuestion(plan, field, way)
    wings = check_wings(field, way.single_legs, plan.items) if field.kind.has_stall_speed else ()
    more = (check_terrain(plan, field, way), check_photos(plan, field, way, photos), wings)
    return [finding for found_ones in (*(rule(question) for rule in CHECKS), *more) for finding in found_ones]


def _named(item: MissionItem) -> str:
    return command_name(item.command)


def _kind(q: RuleQuestion) -> Iterator[Finding]:
    """Compare the vehicle type in the plan file with the vehicle."""
    made_for = None if q.plan.vehicle_type is None else class_of_type(q.plan.vehicle_type)
    if made_for is not None and made_for.has_stall_speed and not q.field.kind.has_stall_speed:
        yield found("plan-kind", f"made for a {made_for.name}, rehearsed with a {q.field.kind.name}")


# --- fence and rally --------------------------------------------------------------------------------------------------
def _fence(q: RuleQuestion) -> Iterator[Finding]:
    """Check legs against zones, with the vehicle's turns and stops."""
    fence = parse_fence(q.plan.fence)
    if not fence:
        return
    union = bool(int(q.field.param("FENCE_OPTIONS")) & _ANY_INCLUSION)

    def free(begin: Points, end: Points) -> Points:
        return room(Segments(begin, end), fence, q.field, any_inclusion=union)

    home = np.zeros((1, 2))
    if free(home, home)[0] < 0.0:
        yield found("fence-home", "home lies outside the fence")
    legs = q.way.single_legs
    if not legs:
        return
    begin, edge, end = (np.array([getattr(leg, side)[:2] for leg in legs]) for side in ("begin", "edge", "end"))
    around = free(end, end) - np.array([leg.radius_m for leg in legs])  # but for a zone within the circle
    least = free(begin, edge)
    for k, leg in enumerate(legs):
        if leg.curve or (leg.radius_m > 0.0 and around[k] < 0.0):
            bent = np.array(leg.bent(_RING))[:, :2]
            around[k] = np.min(free(bent[:-1], bent[1:]))
        least[k] = around[k] if leg.curve else min(least[k], around[k])
    overrun = np.array([_overrun(leg, q.field) for leg in legs])
    goes_on = arrays.hypot(overrun[:, 0], overrun[:, 1]) > _ROUNDING_M
    onward = np.full(len(legs), inf)
    onward[goes_on] = free(end[goes_on], (end + overrun)[goes_on])
    for leg, has, has_onward in zip(legs, least, onward, strict=True):
        needs = _swing_m(leg, q.field)
        if has < -_ROUNDING_M:
            yield found("fence-leg", f"the way to {_named(leg.item)} leaves the fence by {-has:.1f} m", leg.item.seq)
        elif has < needs - _ROUNDING_M:
            text = f"the way to {_named(leg.item)} has {max(has, 0.0):.1f} m to the fence, its turn needs {needs:.1f} m"
            yield found("fence-close", text, leg.item.seq)
        elif has_onward < -_ROUNDING_M:
            text = f"told to stop at {_named(leg.item)}, it comes to rest {-has_onward:.1f} m outside the fence"
            yield found("fence-close", text, leg.item.seq)


def _overrun(leg: PlannedLeg, field: FlyingField) -> tuple[float, float]:
    """Distance beyond its end at which the vehicle stops, north and east, m, if it is told to stop during the turn:
    from its velocity component in the direction of the leg."""
    if leg.length_m == 0.0 or leg.turn_rad is None:
        return 0.0, 0.0
    share = whole_power(leg.speed_mps * max(cos(leg.turn_rad), 0.0), 2) / (2.0 * field.accel_mps2) / leg.length_m
    return (leg.end[0] - leg.begin[0]) * share, (leg.end[1] - leg.begin[1]) * share


def _swing_m(leg: PlannedLeg, field: FlyingField) -> float:
    """Distance from the leg's line that the turn at its end reaches, m; at most the waypoint radius, within which it
    may turn."""
    if leg.turn_rad is None:
        return 0.0
    return field.measure(field.kind.measures.acceptance) * abs(sin(leg.turn_rad / 2.0))


def _limits(q: RuleQuestion) -> Iterator[Finding]:
    """Check heights and the circle about home from the fence's parameters."""
    types = FenceType(int(q.field.param("FENCE_TYPE")) & 15)
    if not q.field.fenced:
        if q.plan.fence:
            yield found("fence-off", "the plan has a fence, and FENCE_ENABLE is 0")
        return
    radius = q.field.param("FENCE_RADIUS", 300.0)
    top, floor = q.field.param("FENCE_ALT_MAX", 100.0), q.field.param("FENCE_ALT_MIN", -10.0)
    high = q.field.kind.flies
    for leg in q.way.single_legs:
        places = (*leg.curve, leg.end)
        distance_m = max(hypot(*place[:2]) for place in places) + leg.radius_m
        name = f"{_named(leg.item)} {'reaches' if leg.curve else 'lies'}"
        highest, lowest = max(place[2] for place in places), min(place[2] for place in places)
        if types & FenceType.CIRCLE and distance_m > radius + _ROUNDING_M:
            text = f"{name} {distance_m:.0f} m from home, FENCE_RADIUS is {radius:.0f} m"
            yield found("fence-leg", text, leg.item.seq)
        if high and types & FenceType.MAX_ALT and highest > top + _ROUNDING_M:
            text = f"{name} {highest:.1f} m above home, FENCE_ALT_MAX is {top:.1f} m"
            yield found("fence-altitude", text, leg.item.seq)
        if high and types & FenceType.MIN_ALT and lowest < floor - _ROUNDING_M:
            text = f"{name} {lowest:.1f} m above home, FENCE_ALT_MIN is {floor:.1f} m"
            yield found("fence-altitude", text, leg.item.seq)


def _rally(q: RuleQuestion) -> Iterator[Finding]:
    fence = parse_fence(q.plan.fence)
    union = bool(int(q.field.param("FENCE_OPTIONS")) & _ANY_INCLUSION)
    limit = q.field.param("RALLY_LIMIT_KM") * 1000.0
    for item in q.plan.rally:
        out = -fence.margin(item.x, item.y, any_inclusion=union)
        if out > _ROUNDING_M:
            yield found("rally-outside", f"the rally point lies {out:.0f} m outside the fence", item.seq, _RALLY)
        distance_m = hypot(*q.field.local(item.x, item.y))
        if limit > 0.0 and distance_m > limit:
            text = f"the rally point is {distance_m:.0f} m from home, RALLY_LIMIT_KM is {limit / 1000.0:g} km"
            yield found("rally-far", text, item.seq, _RALLY)


_RALLY: Final = MissionType.RALLY


# --- where it stands, how far it comes --------------------------------------------------------------------------------
def _home(q: RuleQuestion) -> Iterator[Finding]:
    if not q.field.sea_known and any(has_position(i.command) and i.frame in ABOVE_SEA and i.z for i in q.plan.items):
        yield found("home-unknown", "heights are above sea level, and home's is not known; they are taken as they are")
    first = q.plan.first_place()
    if first is None:
        return
    distance_m = hypot(*q.field.local(first.x, first.y))
    if distance_m > UNREACHABLE_M:
        yield found("home-unreachable", f"{_named(first)} is {distance_m / 1000.0:.0f} km from home", first.seq)
    elif distance_m > FAR_M:
        yield found("home-far", f"{_named(first)} is {distance_m / 1000.0:.1f} km from home", first.seq)


def _battery(q: RuleQuestion) -> Iterator[Finding]:
    capacity = q.field.param("SIM_BATT_CAP_AH") * PACK_V
    if not q.field.kind.flies or capacity <= 0.0:
        return
    used, legs = 0.0, q.way.flown
    for leg in legs:
        used += leg_wh(q.field, leg) or 0.0
        if used > capacity:
            whole = energy_wh(q.field, legs) or used
            text = f"the battery of {capacity:.0f} Wh ends on the way to {_named(leg.item)}, all takes {whole:.0f} Wh"
            yield found("battery", text, leg.item.seq)
            return


# --- the order of the items -------------------------------------------------------------------------------------------
def _order(q: RuleQuestion) -> Iterator[Finding]:
    way, items = q.way, q.plan.items
    tags = {int(item.param1) for item in items if item.command == Cmd.JUMP_TAG and isfinite(item.param1)}
    for item in items:
        if item.command == Cmd.DO_JUMP_TAG and (not isfinite(item.param1) or int(item.param1) not in tags):
            yield found("jump-nowhere", f"jumps to tag {item.param1:g}, which no item has", item.seq)
    if way.idle is not None:
        yield found("jump-idle", "its loop has no item to fly to; the mission ends there", way.idle.seq)
    if not way.legs:
        yield found("nothing-flown", f"a {q.field.kind.name} flies to none of the items")
    if way.endless is not None and way.endless.command == Cmd.NAV_RETURN_TO_LAUNCH:
        text = "circles home for ever; only a person, a failsafe or an empty battery ends the mission"
        yield found("return-circles", text, way.endless.seq)
    elif way.endless is not None and way.endless.command != Cmd.NAV_LOITER_UNLIM:
        yield found("jump-endless", "jumps for ever; only a person or a failsafe ends the mission", way.endless.seq)
    yield from _never(q)
    yield from _behind_landing(q)
    yield from _swallowed(q)
    yield from _ends(q)


def _never(q: RuleQuestion) -> Iterator[Finding]:
    """Items that the mission never reaches; items of the sequencer itself do not count."""
    if not q.way.whole or not q.way.legs:
        return
    last = q.way.legs[-1].item
    for item in q.plan.items:
        spec = spec_of(item.command)
        if item.seq in q.way.visited or spec is None or spec.slot in (Slot.JUMP, Slot.MARK):
            continue
        stays = q.way.endless or q.way.left
        if item.seq < last.seq or drives_navigation(item.command) or stays or q.way.idle is not None:
            why = "" if stays is None else f": the mission stays at item {stays.seq}"
            yield found("never-runs", f"the mission never comes to {_named(item)}{why}", item.seq)


def _behind_landing(q: RuleQuestion) -> Iterator[Finding]:
    """DO items after the landing that ends the mission: the vehicle is on the ground when they begin."""
    if not q.way.whole or q.way.endless or q.way.left or not q.way.legs or not q.field.kind.flies:
        return
    last = q.way.legs[-1].item
    spec = spec_of(last.command)
    if spec is None or not spec.comes_down:
        return
    for item in q.plan.items:
        row = spec_of(item.command)
        if item.seq > last.seq and row is not None and row.slot in (Slot.DO, Slot.CONDITION):
            yield found("behind-landing", f"{_named(item)} stands behind {_named(last)}", item.seq)


def _swallowed(q: RuleQuestion) -> Iterator[Finding]:
    """CONDITION items that outlast their leg: the next NAV item ends them, and skips the items in between (ArduPilot
    AP_Mission.cpp, `update`; docs/reference/mission-semantics.md, 1.2)."""
    waited_s: dict[int, float] = {}
    holding: dict[int, MissionItem] = {}
    reported: set[int] = set()
    for at, item in q.way.passed:
        spec = spec_of(item.command)
        if at >= len(q.way.legs) or spec is None or spec.slot not in (Slot.DO, Slot.CONDITION):
            continue
        leg = q.way.legs[at]
        condition = holding.get(at)
        if condition is not None and condition.seq not in reported:
            reported.add(condition.seq)
            text = f"{_named(condition)} still waits when {_named(leg.item)} is reached after {leg.seconds:.0f} s: "
            yield found("condition-swallows", text + f"{_named(item)} behind it is never done", condition.seq)
        waited_s[at] = waited_s.get(at, 0.0) + waits_s(item)
        if condition is None and waited_s[at] > leg.seconds + leg.wait_s:
            holding[at] = item


def _ends(q: RuleQuestion) -> Iterator[Finding]:
    """Check the beginning and the end of a flying vehicle's mission."""
    if not q.field.kind.flies or not q.way.legs:
        return
    first = next((leg.item for leg in q.way.legs if leg.item.command != Cmd.NAV_DELAY), None)
    if first is not None and first.command not in TAKEOFFS:
        yield found("takeoff-missing", f"begins with {_named(first)}, not with a takeoff", first.seq)
    last = q.way.legs[-1].item
    if q.way.ends_in_air:
        yield found("end-missing", f"ends in the air, after {_named(last)}", last.seq)


# --- items ------------------------------------------------------------------------------------------------------------
def _abilities(q: RuleQuestion) -> Iterator[Finding]:
    for item in q.plan.items:
        if not q.field.kind.carries_out(item.command) and not is_fitted(item.command, q.field.param):
            yield found("skipped", f"a {q.field.kind.name} passes over {_named(item)}", item.seq)


def _speeds(q: RuleQuestion) -> Iterator[Finding]:
    wings = q.field.kind.has_stall_speed
    for item in q.plan.items:
        if item.command != Cmd.DO_CHANGE_SPEED:
            continue
        change = speed_change(item)
        if change is not None and q.field.refuses(change):
            yield found("speed-ignored", f"{item.param2:g} m/s is beyond AIRSPEED_MIN and AIRSPEED_MAX", item.seq)
        elif change is None and item.param2 != _KEEPS and not (wings and ends_least_speed(item)):
            yield found("speed-ignored", f"{item.param2:g} m/s is no speed", item.seq)
        elif change is not None and change.kind in VERTICAL and wings:
            yield found("speed-ignored", f"a {q.field.kind.name} has no climb or descent speed", item.seq)
        elif change is not None and change.speed is not None:
            of_track = change.kind in q.field.kind.track_speeds
            measures = q.field.kind.measures.cruise if of_track else q.field.vertical(change.kind)
            measure = next(iter(measures), None) if of_track or change.kind in VERTICAL else None
            most = inf if measure is None else _most(q.field, measure)
            if measure is not None and change.speed > most:
                yield found("speed-beyond", f"{change.speed:g} m/s, {measure.name} ends at {most:g} m/s", item.seq)


def _most(field: FlyingField, measure: ParameterUnit) -> float:
    """Largest value of a parameter, m/s."""
    definition = next(row for row in field.kind.parameters.definitions if row.name == measure.name)
    return (definition.maximum or inf) / measure.per


def _circles(q: RuleQuestion) -> Iterator[Finding]:
    """Check radii that the vehicle cannot fly."""
    for item in q.plan.items:
        planned_m = abs(item.param3)
        wings = q.field.kind.has_stall_speed  # `check_wings`
        if wings or item.command != Cmd.NAV_LOITER_TURNS or not isfinite(planned_m) or planned_m == 0.0:
            continue
        flown_m = q.field.flown_radius_m(planned_m)
        if flown_m != planned_m:
            yield found("radius-limited", f"a circle of {planned_m:g} m is flown with {flown_m:g} m", item.seq)


def _heights(q: RuleQuestion) -> Iterator[Finding]:
    """Check frames, and heights that are too low."""
    if not q.field.kind.flies:
        return
    placed = [i for i in q.plan.items if drives_navigation(i.command) and has_position(i.command) and i.z != 0.0]
    kinds: dict[str, MissionItem] = {}
    for item in placed:
        kinds.setdefault(_meaning(item), item)
    if len(kinds) > 1:
        (kind, _), (other, item) = list(kinds.items())[:2]
        yield found("frame-mixed", f"{_named(item)} counts from {other}, items before it from {kind}", item.seq)
    low = next((item for item in placed if item.frame in ABOVE_GROUND), None)
    if low is not None and not q.field.follows_ground:
        taken = "which is taken as flat" if q.field.ground is None else "which it does not ask for (TERRAIN_ENABLE 0)"
        yield found("frame-terrain", f"{_named(low)} is above the ground, {taken}", low.seq)
    for leg in q.way.single_legs:
        if leg.end[2] < -_ROUNDING_M and q.field.ground is None:
            yield found("below-home", f"{_named(leg.item)} lies {-leg.end[2]:.1f} m below home", leg.item.seq)
        climb_m = q.field.place(leg.item, leg.begin)[2] - leg.begin[2]
        lowest_m, flown_m = LOWEST_TAKEOFF_M - _ROUNDING_M, leg.end[2] - leg.begin[2]
        if leg.item.command in TAKEOFFS and climb_m < lowest_m <= flown_m:
            yield found("takeoff-low", f"takes off by {max(climb_m, 0.0):.1f} m; the vehicle climbs 1 m", leg.item.seq)
        if q.field.kind.hovers and 0.0 < leg.radius_m < q.field.measure(q.field.kind.measures.acceptance):
            yield found("radius-jerky", f"turns on a radius of {leg.radius_m:.1f} m", leg.item.seq)


def _meaning(item: MissionItem) -> str:
    if item.frame in ABOVE_HOME:
        return "home"
    return "the ground" if item.frame in ABOVE_GROUND else "sea level"


CHECKS: Final[tuple[Check, ...]] = (
    _fence, _limits, _rally, _home, _battery, _order, _abilities, _speeds, _circles, _heights, _kind,
)  # fmt: skip
