"""NAV items of a mission for planes (ArduPilot ArduPlane/commands_logic.cpp)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isfinite, radians
from typing import Final

from autopilot.context.frames import above_the_highest, item_down, item_position, over_ground
from autopilot.context.staying import loiter
from autopilot.interface import report
from autopilot.interface.geo import Ned
from autopilot.interface.mathematics import hypot
from autopilot.interface.targets import Circle, Leg
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd, VtolState
from autopilot.mission.commands import has_position
from autopilot.mission.items import MissionItem, positive
from autopilot.mission.state import hold_time_ms
from autopilot.modes.auto_nav import Build, NavTools, end_of_delay, next_place
from autopilot.modes.glide_slope import GlideSlope, abort_climb
from autopilot.modes.heading import KEEP
from autopilot.modes.hovering import WingsOrUpright
from autopilot.modes.maneuver import Follow, Maneuver, WaitUntil
from autopilot.modes.mode import VehicleContext
from autopilot.modes.returning import Destination
from autopilot.modes.upright import InTurn, LiftOff, OntoLift, OntoWings, SetDown, WindApproach
from autopilot.modes.wings import KeepCourse, LoiterForever, LoiterItem, UprightBy, WingReturn, WingTakeoff, is_past
from autopilot.vehicles.mode_table import LiftOption
from autopilot.vehicles.vehicle_class import VehicleClass

_PITCH_DEG: Final = 4.0  # pitch of a takeoff without one
_CIRCLES: Final = 1.0  # param1 of NAV_VTOL_LAND: NAV_VTOL_LAND_OPTIONS_FW_SPIRAL_APPROACH


HOVERED: Final = (Cmd.NAV_WAYPOINT, Cmd.NAV_LOITER_UNLIM, Cmd.NAV_LOITER_TIME, Cmd.NAV_LOITER_TO_ALT)
"""Items that are hovers after DO_VTOL_TRANSITION."""


def _or_zero(value: float) -> float:
    return value if isfinite(value) else 0.0


def rises_upright(kind: VehicleClass, item: MissionItem, options: int) -> bool:
    """True for a takeoff on lift motors. `options`: Q_OPTIONS."""
    return kind.lands_anywhere and not (item.command == Cmd.NAV_TAKEOFF and options & LiftOption.TAKEOFF_ON_WINGS)


def lands_upright(kind: VehicleClass, item: MissionItem, options: int) -> bool:
    """True for a landing on lift motors. `options`: Q_OPTIONS."""
    return kind.lands_anywhere and not (item.command == Cmd.NAV_LAND and options & LiftOption.LAND_ON_WINGS)


def circles_down(item: MissionItem, options: int) -> bool:
    """True for an upright landing that comes down in circles. `options`: Q_OPTIONS."""
    return item.command == Cmd.NAV_VTOL_LAND and (item.param1 == _CIRCLES or bool(options & LiftOption.CIRCLE_FIRST))


def hovers_there(item: MissionItem, param: Callable[[str, float], float]) -> bool:
    """True for a circle that lift motors replace by a hover (ArduPlane's guided_mode_enabled)."""
    circles = item.command in HOVERED and item.command != Cmd.NAV_WAYPOINT
    return circles and bool(param("Q_GUIDED_MODE", 0.0))


def accepted_m(item: MissionItem, usual_m: float) -> float:
    """Acceptance radius of a waypoint, m: param2, or a small one where it is passed by."""
    return positive(item.param2) or (1.0 if positive(item.param3) else usual_m)


def passed_by(begin: Ned, end: Ned, item: MissionItem) -> Ned:
    """End of a leg that flies param3 m beyond its waypoint at `end`."""
    north, east = end[0] - begin[0], end[1] - begin[1]
    share = positive(item.param3) / (hypot(north, east) or 1.0)
    return (end[0] + share * north, end[1] + share * east, end[2])


def _or_upright(tools: NavTools, item: MissionItem, wings: Maneuver, wait_ms: int | None = 0) -> Maneuver:
    """The item on wings, or a hover at its place, after DO_VTOL_TRANSITION or instead of a circle."""
    facts = tools.context.facts
    if not facts.vehicle_class.lands_anywhere:
        return wings
    hovers = hovers_there(item, facts.param)
    return WingsOrUpright(wings, item_position(facts, item, tools.before), wait_ms, hovers=hovers)


def _takeoff(tools: NavTools, item: MissionItem) -> Maneuver:
    """Takeoff. Lift motors climb by the item's height from their start in any frame (ArduPlane's do_vtol_takeoff),
    except with Q_OPTIONS."""
    facts = tools.context.facts
    options = int(facts.param("Q_OPTIONS"))
    if rises_upright(facts.vehicle_class, item, options):
        by_frame = options & LiftOption.TAKEOFF_BY_FRAME
        down = item_down(facts, item) if by_frame else facts.vehicle.state.position[2] - item.z
        climb_out = LiftOff(tools.context, down)
        if item.command == Cmd.NAV_VTOL_TAKEOFF and facts.personality.keeps_upright:
            place = item_position(facts, item, facts.vehicle.state.position)
            return InTurn(climb_out, OntoWings(tools.context, place))
        return climb_out
    climb = WingTakeoff(tools.context, item_down(facts, item), radians(positive(item.param1) or _PITCH_DEG))
    tools.climbed = climb
    return climb


def _waypoint(tools: NavTools, item: MissionItem) -> Maneuver:
    """Waypoint. param2: acceptance radius, m; param3: distance to fly beyond it, m. If it lies behind on the line from
    the last place, it is flown to from here (ArduPlane's set_next_WP)."""
    facts, start = tools.context.facts, tools.before
    here, end = facts.vehicle.state.position, item_position(facts, item, tools.before)
    if start is not None and is_past(here, start, end):
        start = None
    onward, _ = next_place(tools, item, end)
    end, radius = passed_by(start or here, end, item), accepted_m(item, facts.acceptance_m)
    leg = Leg(end, start, onward, radius, over_ground=over_ground(facts, item))
    return _or_upright(tools, item, Follow(tools.context, leg, tools.heading, accepts=positive(item.param2) > 0.0))


def _circle(tools: NavTools, item: MissionItem, radius: float, sense: float) -> Circle:
    """Circle about the item's place, `radius` m (0: the kind's default, also its direction), counter-clockwise if
    `sense` is below 0 (ArduPlane's update_loiter)."""
    facts = tools.context.facts
    circle = loiter(facts, item_position(facts, item, tools.before), abs(radius))
    center, direction = circle.center, -1 if sense < 0.0 else circle.direction
    if over_ground(facts, item) is not None:
        center = above_the_highest(facts, center, circle.radius, item.z)
    usual, start = circle.usual and not sense < 0.0, tools.before or facts.vehicle.state.position
    return replace(circle, center=center, direction=direction, start=start, usual=usual)


def _item(tools: NavTools, item: MissionItem, circle: Circle, for_ms: int = 0) -> Maneuver:
    following = tools.following(item.seq)
    onward: Ned | None = None
    heading_required = positive(item.param2 if item.command == Cmd.NAV_LOITER_TIME else item.param1) > 0.0
    if following is not None and (heading_required or not tools.context.facts.personality.circles_level):
        onward, _ = next_place(tools, item, circle.center)
    return LoiterItem(tools.context, circle, for_ms, onward, straight=item.param4 > 0.0)


def _loiter_unlimited(tools: NavTools, item: MissionItem) -> Maneuver:
    circle = LoiterForever(tools.context, _circle(tools, item, _or_zero(item.param3), item.param3))
    return _or_upright(tools, item, circle, None)


def _loiter_time(tools: NavTools, item: MissionItem) -> Maneuver:
    """Circle of a time; ArduPlane gives it WP_LOITER_RAD, whatever param3 says."""
    own = _or_zero(item.param3) if tools.context.facts.personality.circles_level else 0.0
    wait_ms = hold_time_ms(item)
    return _or_upright(tools, item, _item(tools, item, _circle(tools, item, own, item.param3), wait_ms), wait_ms)


def _loiter_turns(tools: NavTools, item: MissionItem) -> Maneuver:
    circle = _circle(tools, item, _or_zero(item.param3), item.param3)
    return _item(tools, item, replace(circle, turns=positive(item.param1)))


def _loiter_to_altitude(tools: NavTools, item: MissionItem) -> Maneuver:
    circle = _circle(tools, item, _or_zero(item.param2), item.param2)
    return _or_upright(tools, item, _item(tools, item, replace(circle, at_height=True)))


def _continue(tools: NavTools, item: MissionItem) -> Maneuver:
    along = None if tools.previous is None or tools.before is None else (tools.previous, tools.before)
    return KeepCourse(tools.context, item_down(tools.context.facts, item), item.param1, along)


class _ReturnToSetDown(Maneuver):
    """Return with lift motors, as RTL and then QRTL: on wings, and straight down by Q_RTL_MODE, or hovering all the way
    if the personality requires it."""

    def __init__(self, context: VehicleContext, destination: Destination) -> None:
        super().__init__(context)
        self._destination = destination
        self._wings = WingReturn(context, destination)
        self._landing: SetDown | None = None

    @property
    def _upright_by(self) -> int:
        hovers = self.helm.upright and self.facts.personality.keeps_upright
        return UprightBy.AT_ONCE if hovers else int(self.facts.param("Q_RTL_MODE"))

    @property
    def is_landing(self) -> bool:
        return self._landing is not None

    def start(self, now_ms: int) -> None:
        self._landing = None
        by = self._upright_by
        self._wings = WingReturn(self.context, self._destination, by)
        if by == UprightBy.AT_ONCE:
            self._set_down(now_ms)
        else:
            self._wings.start(now_ms)
            self.deadline_ms = self._wings.deadline_ms

    def _set_down(self, now_ms: int) -> None:
        self._landing = SetDown(self.context, self._destination()[:2])
        self._landing.start(now_ms)
        self.deadline_ms = self._landing.deadline_ms

    def update(self, now_ms: int, events: VehicleEvent) -> None:
        if self._landing is not None:
            self._landing.update(now_ms, events)
            self.done, self.deadline_ms = self._landing.done, self._landing.deadline_ms
            return
        self._wings.update(now_ms, events)
        self.deadline_ms = self._wings.deadline_ms
        by = self._upright_by
        if by == UprightBy.AT_ONCE or (by and self._wings.arrived):
            self._set_down(now_ms)


def _return(tools: NavTools, item: MissionItem) -> Maneuver:
    """Return, in the mode RTL (ArduPlane's start_command) or within AUTO, at the cruise airspeed."""
    if not tools.context.facts.personality.returns_in_auto:
        tools.leave_for(tools.context.facts.vehicle_class.modes.rtl)
    tools.speeds.override(tools.speeds.default())
    if tools.context.facts.vehicle_class.lands_anywhere:
        return _ReturnToSetDown(tools.context, tools.destination)
    return WingReturn(tools.context, tools.destination)


def _land(tools: NavTools, item: MissionItem) -> Maneuver:
    facts = tools.context.facts
    place = item_position(facts, item, tools.before)
    options = int(facts.param("Q_OPTIONS"))
    if lands_upright(facts.vehicle_class, item, options):
        landing = SetDown(tools.context, place[:2])
        if circles_down(item, options):
            circle = loiter(facts, place, facts.param("Q_FW_LND_APR_RAD"))
            return InTurn(WindApproach(tools.context, circle), landing)
        return landing
    ground = (place[0], place[1], item_down(facts, item))
    return GlideSlope(
        tools.context, ground, tools.before, abort_climb(tools.context, _or_zero(item.param1), tools.climbed)
    )


def _transition(tools: NavTools, item: MissionItem) -> Maneuver:
    """DO_VTOL_TRANSITION for a mission that waits for it: transition to the wings towards the next place."""
    facts, helm = tools.context.facts, tools.context.helm
    flies_so = facts.vehicle.state.report[report.VTOL_STATE] == item.param1
    if item.param1 not in (VtolState.MC, VtolState.FW) or facts.landed:
        return Maneuver(tools.context)
    helm.upright = item.param1 == VtolState.MC
    if flies_so:
        return Maneuver(tools.context)
    if helm.upright:
        return OntoLift(tools.context)
    here, following = facts.vehicle.state.position, tools.following(item.seq)
    placed = following is not None and has_position(following.command)
    return OntoWings(tools.context, item_position(facts, following, here) if placed and following else here)


def _delay(tools: NavTools, item: MissionItem) -> Maneuver:
    """Delay on the ground, and upright at its place; done at once on wings, which cannot stay (ArduPlane's
    verify_nav_delay)."""
    facts = tools.context.facts
    if facts.landed:
        return WaitUntil(tools.context, end_of_delay(tools, item), KEEP)
    place = facts.vehicle.state.position if tools.before is None else tools.before
    return WingsOrUpright(Maneuver(tools.context), place, until_ms=end_of_delay(tools, item))


WING_ITEMS: Final[dict[int, Build]] = {
    Cmd.NAV_WAYPOINT: _waypoint,
    Cmd.NAV_LOITER_UNLIM: _loiter_unlimited,
    Cmd.NAV_LOITER_TURNS: _loiter_turns,
    Cmd.NAV_LOITER_TIME: _loiter_time,
    Cmd.NAV_LOITER_TO_ALT: _loiter_to_altitude,
    Cmd.NAV_RETURN_TO_LAUNCH: _return,
    Cmd.NAV_LAND: _land,
    Cmd.NAV_TAKEOFF: _takeoff,
    Cmd.NAV_VTOL_TAKEOFF: _takeoff,
    Cmd.NAV_VTOL_LAND: _land,
    Cmd.NAV_CONTINUE_AND_CHANGE_ALT: _continue,
    Cmd.NAV_DELAY: _delay,
    Cmd.DO_VTOL_TRANSITION: _transition,
}
"""NAV items that wings fly differently."""
