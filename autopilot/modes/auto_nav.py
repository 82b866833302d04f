"""NAV items of a mission as maneuvers: docs/reference/mission-semantics.md, 1.4, items 12 to 17."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from typing import Final

from autopilot.context.frames import above_the_highest, item_down, item_position, over_ground
from autopilot.context.staying import comes_to_rest, stopping_point
from autopilot.interface.geo import ABOVE_GROUND, Ned
from autopilot.interface.layout import TICK_MS
from autopilot.interface.mathematics import hypot
from autopilot.interface.records import dataclass
from autopilot.interface.targets import Circle, Leg
from autopilot.mav import Cmd
from autopilot.mission.commands import LANDINGS, TAKEOFFS, spec_of
from autopilot.mission.items import MissionItem, positive
from autopilot.modes.guided import GuidedFlight
from autopilot.modes.guided_item import GuidedItem, GuidedLimits
from autopilot.modes.heading import KEEP, Heading
from autopilot.modes.landing import Landing
from autopilot.modes.maneuver import CircleTurns, Climb, Follow, GoThenClimb, Maneuver, WaitUntil
from autopilot.modes.mode import VehicleContext
from autopilot.modes.payload import Payload
from autopilot.modes.placing import Placing
from autopilot.modes.returning import Destination, return_maneuver
from autopilot.modes.speeds import SpeedControl, circle_speed
from autopilot.modes.wings import WingTakeoff
from autopilot.vehicles.vehicle_class import VehicleClass

_DAY_MS = 24 * 3600 * 1000


def ms_until(hour: int, minute: int, second: int, utc_ms: int) -> int:
    """Time from `utc_ms` (UTC, ms since 1970) to the next time of day that matches, ms; a field below 0 matches any
    value. 0 if it matches now, or if no field is given."""
    now = utc_ms % _DAY_MS
    hours = range(24) if hour < 0 else (hour,)
    minutes = range(60) if minute < 0 else (minute,)
    if second < 0 and minute < 0 and hour < 0:
        return 0
    best = _DAY_MS
    for h in hours:
        for m in minutes:
            start = (h * 3600 + m * 60 + max(second, 0)) * 1000
            length = 60_000 if second < 0 else 1000  # duration of the match
            wait = (start - now) % _DAY_MS
            best = min(best, 0 if _DAY_MS - wait < length else wait)
    return best


_LOWEST_TAKEOFF = 1.0  # m above the ground
_SAME_PLACE = 0.1  # m
AT_CENTER_M, _NEAR_CENTER_M = 3.0, 5.0  # from the centre of a circle: it begins at once; the nose stays


@dataclass(slots=True)
class NavTools:
    """Tools of NAV items. `before`: NED m of the end of the last leg, None if the vehicle does not come from a leg;
    `previous`: beginning of that leg; `rose`: the last leg was a takeoff; `following`: the NAV item after an index."""

    context: VehicleContext
    heading: Heading
    speeds: SpeedControl
    guided: GuidedFlight
    limits: GuidedLimits
    destination: Destination
    payload: Payload
    following: Callable[[int], MissionItem | None]
    leave_for: Callable[[int], object]
    before: Ned | None = None
    previous: Ned | None = None
    rose: bool = False
    climbed: WingTakeoff | None = None
    """Takeoff of this flight, for wings."""

    @property
    def reached(self) -> Ned | None:
        """Place of an item that gives none: of the last waypoint; None: the vehicle's, also after a takeoff
        (ModeAuto::do_nav_wp)."""
        return None if self.rose else self.before


def passes(kind: VehicleClass, item: MissionItem, following: MissionItem) -> bool:
    """True if the vehicle goes on from `item` to the place of `following` without a stop. A copter does so before some
    items only (ModeAuto::set_next_wp), at the end of a spline before all, and never between a height above the ground
    and another one (AC_WPNav::set_wp_destination_next_NED_m, set_spline_destination_NED_m)."""
    spec = spec_of(following.command)
    if spec is None or not spec.place or kind.drives_through:
        return spec is not None and spec.place
    onward = spec.passed_by or item.command == Cmd.NAV_SPLINE_WAYPOINT
    return onward and (item.frame in ABOVE_GROUND) is (following.frame in ABOVE_GROUND)


def next_place(tools: NavTools, item: MissionItem, end: Ned) -> tuple[Ned | None, MissionItem | None]:
    """Place to fly to after `item` without a stop, and its item; (None, None): stop."""
    kind = tools.context.facts.vehicle_class
    following = tools.following(item.seq) if kind.has_stall_speed or not 0.0 < item.param1 < inf else None
    if following is None or not passes(kind, item, following):
        return None, None
    place = item_position(tools.context.facts, following, end)
    if all(abs(a - b) < _SAME_PLACE for a, b in zip(place, end, strict=True)):
        return None, None
    return place, following


def _origin(tools: NavTools) -> tuple[Ned | None, bool]:
    """Beginning of a leg, and whether it is flown from rest: the end of the last leg; otherwise, for hovering vehicles
    and rovers, the stopping point (AC_WPNav::set_wp_destination_NEU_m, AR_WPNav::set_desired_location)."""
    facts = tools.context.facts
    if tools.before is not None or not comes_to_rest(facts) or (facts.landed and facts.vehicle_class.flies):
        return tools.before, False
    return stopping_point(facts), True


def _resting(tools: NavTools) -> Ned | None:
    """Place of a loiter that gives none: of the last waypoint, else the stopping point of a hovering vehicle, at its
    height (ModeAuto::do_loiter_unlimited)."""
    facts = tools.context.facts
    if tools.reached is not None or not facts.vehicle_class.hovers:
        return tools.reached
    return (*stopping_point(facts)[:2], facts.vehicle.state.position[2])


def _leg(tools: NavTools, item: MissionItem, *, stops: bool = True) -> Leg:
    tools.speeds.begin_leg()
    end = item_position(tools.context.facts, item, _resting(tools) if stops else tools.reached)
    spline = item.command == Cmd.NAV_SPLINE_WAYPOINT
    onward, following = (None, None) if stops else next_place(tools, item, end)
    origin, from_rest = (tools.before, False) if spline else _origin(tools)
    return Leg(
        end,
        origin,
        onward,
        tools.context.facts.acceptance_m,
        tools.heading.for_leg(),
        spline,
        tools.previous if spline else None,
        following is not None and following.command == Cmd.NAV_SPLINE_WAYPOINT,
        over_ground=None if spline else over_ground(tools.context.facts, item),
        from_rest=from_rest,
    )


def _waypoint(tools: NavTools, item: MissionItem) -> Maneuver:
    return Follow(tools.context, _leg(tools, item, stops=False), tools.heading)


def _loiter_unlimited(tools: NavTools, item: MissionItem) -> Maneuver:
    by_name = tools.context.facts.vehicle_class.texts.reached_by_name
    arrival = f"Reached waypoint #{item.seq}" if by_name else ""
    return Follow(tools.context, _leg(tools, item), tools.heading, final=False, arrival=arrival)


def _loiter_time(tools: NavTools, item: MissionItem) -> Maneuver:
    return Follow(tools.context, _leg(tools, item), tools.heading)


def _loiter_turns(tools: NavTools, item: MissionItem) -> Maneuver:
    facts = tools.context.facts
    center = item_position(facts, item, tools.before)
    radius = abs(item.param3) if isfinite(item.param3) else 0.0
    if radius == 0.0:
        radius = facts.measure(facts.vehicle_class.measures.circle_radius)
    radius = min(radius, facts.vehicle_class.measures.largest_circle_m)
    turns = positive(item.param1)
    direction = -1 if item.param3 < 0.0 else 1
    if over_ground(facts, item) is not None:
        center = above_the_highest(facts, center, radius, item.z)
    yaw = tools.heading.for_circle(center)
    circle = Circle(center, radius, direction, turns, yaw, circle_speed(facts.vehicle_class, facts.param, radius))
    own_speeds = None if facts.vehicle_class.flies else tools.speeds
    return CircleTurns(tools.context, circle, tools.heading, _way_to_edge(tools, circle), own_speeds)


def _way_to_edge(tools: NavTools, circle: Circle) -> Leg | None:
    """Leg to the nearest place on the edge from the stopping point, with the nose along it from outside; None near the
    centre (ArduCopter/mode_auto.cpp, circle_movetoedge_start; Rover/mode_circle.cpp, update_drive_to_radius)."""
    facts = tools.context.facts
    here = stopping_point(facts)
    north, east, up = (a - b for a, b in zip(here, circle.center, strict=True))
    if hypot(north, east, up) <= AT_CENTER_M:
        return None
    off = hypot(north, east)
    share = circle.radius / off if off > 0.0 else 0.0
    edge = (circle.center[0] + share * north, circle.center[1] + share * east, circle.center[2])
    outside = off > max(circle.radius, _NEAR_CENTER_M)
    yaw = tools.heading.for_leg() if outside else tools.heading.for_hold()
    origin, from_rest = _origin(tools)
    return Leg(edge, origin, None, facts.acceptance_m, yaw, from_rest=from_rest)


def _loiter_to_altitude(tools: NavTools, item: MissionItem) -> Maneuver:
    tools.speeds.begin_leg()
    end = item_position(tools.context.facts, item, _resting(tools))
    return GoThenClimb(tools.context, end, tools.before, tools.context.facts.acceptance_m, tools.heading, tools.speeds)


def _return(tools: NavTools, item: MissionItem) -> Maneuver:
    """Return by the parameters: not at the speeds of DO_CHANGE_SPEED, and DO_SET_REVERSE ends here (ArduCopter's
    ModeRTL::init, ArduRover's ModeRTL::_enter, Mode::enter)."""
    tools.speeds.leave_legs()
    tools.context.helm.backwards = False
    tools.speeds.begin_return()
    return return_maneuver(tools.context, tools.destination, tools.heading)


def _place_of(tools: NavTools, item: MissionItem) -> tuple[float, float] | None:
    """Place at which an item comes down, NED m; None: here."""
    return item_position(tools.context.facts, item)[:2] if item.is_somewhere else None


def _land(tools: NavTools, item: MissionItem) -> Maneuver:
    """Land at the parameters' descent (ModeAuto::land_start)."""
    tools.speeds.leave_legs()
    return Landing(tools.context, _place_of(tools, item), tools.heading)


def _place(tools: NavTools, item: MissionItem) -> Maneuver:
    return Placing(tools.context, item, _place_of(tools, item), tools.heading, tools.speeds, tools.payload)


def _takeoff(tools: NavTools, item: MissionItem) -> Maneuver:
    """Go straight up: at least 1 m from the ground, never down in the air. A region of interest or a fixed heading ends
    (ArduCopter mode_auto.cpp, takeoff_start), but not as a PX4 (mission_base.cpp, on_active)."""
    facts = tools.context.facts
    if not facts.personality.turns_to_items:
        tools.heading.reset()
    here, down = facts.vehicle.state.position[2], item_down(facts, item)
    if item.frame in ABOVE_GROUND and facts.height_over_ground is None:  # an unknown ground: it counts from here
        down = here - item.z
    return Climb(tools.context, min(down, here - (_LOWEST_TAKEOFF if facts.landed else 0.0)), KEEP)


def end_of_delay(tools: NavTools, item: MissionItem) -> int:
    """Vehicle time at which a NAV_DELAY that begins now ends, ms; says how long it takes."""
    facts = tools.context.facts
    if item.param1 > 0.0:
        wait_ms = int(item.param1 * 1000.0)
    else:
        hour, minute, second = (int(p) if isfinite(p) else -1 for p in (item.param2, item.param3, item.param4))
        wait_ms = ms_until(hour, minute, second, int(facts.boot_unix_s * 1000.0) + facts.now_ms)
    tools.context.announcer.step(f"Delaying {wait_ms // 1000} sec")
    return facts.now_ms + -(-wait_ms // TICK_MS) * TICK_MS


def _delay(tools: NavTools, item: MissionItem) -> Maneuver:
    return WaitUntil(tools.context, end_of_delay(tools, item), tools.heading.for_hold())


def _guided(tools: NavTools, item: MissionItem) -> Maneuver:
    if not item.param1 > 0.0:
        return Maneuver(tools.context)
    tools.speeds.begin_leg()
    tools.context.helm.backwards = False
    drives_there = not tools.context.facts.vehicle_class.flies and item.is_somewhere
    goal = item_position(tools.context.facts, item) if drives_there else None
    return GuidedItem(tools.context, tools.guided, tools.limits, goal)


Build = Callable[[NavTools, MissionItem], Maneuver]

NAV_ITEMS: Final[dict[int, Build]] = {
    Cmd.NAV_WAYPOINT: _waypoint,
    Cmd.NAV_SPLINE_WAYPOINT: _waypoint,
    Cmd.NAV_LOITER_UNLIM: _loiter_unlimited,
    Cmd.NAV_LOITER_TURNS: _loiter_turns,
    Cmd.NAV_LOITER_TIME: _loiter_time,
    Cmd.NAV_LOITER_TO_ALT: _loiter_to_altitude,
    Cmd.NAV_RETURN_TO_LAUNCH: _return,
    **dict.fromkeys(LANDINGS, _land),
    **dict.fromkeys(TAKEOFFS, _takeoff),
    Cmd.NAV_DELAY: _delay,
    Cmd.NAV_GUIDED_ENABLE: _guided,
    Cmd.NAV_PAYLOAD_PLACE: _place,
}
